import { quote } from './complaint.ts'

/**
 * Rows as CSV, the titles first (RFC 4180), every cell in quotes. A cell that a spreadsheet would take for a formula gets an apostrophe in
 * front, after which spreadsheets show text. Names from outside are escaped: no cell has a line end.
 * (OWASP, "CSV Injection".)
 */
export function renderCsv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(renderCell).join(',')}\r\n`).join('')
}

function renderCell(text: string): string {
  // In front of spaces as well: some spreadsheets trim them. The wide forms count in East Asian versions.
  const isFormula = /^\s*[=+\-@\t\r\n＝＋－＠]/u.test(text)
  return `"${isFormula ? "'" : ''}${quote(text, 10_000).replaceAll('"', '""')}"`
}

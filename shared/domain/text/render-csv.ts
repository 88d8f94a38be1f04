import { quote } from '../statuses/complaint.ts'

/** A column of a table. `values`: their type in Parquet, where an empty text is null; absent: texts. */
export type TableColumn<Row> = {
  readonly title: string
  readonly values?: 'instants' | 'numbers'
  readonly text: (row: Row) => string
}

/**
 * Rows as CSV (RFC 4180), every cell in quotes. If a spreadsheet would take a cell for a formula, the cell gets a leading
 * apostrophe, so that the spreadsheet shows text. Names from outside are escaped: no cell has a line end. (OWASP, "CSV Injection".)
 */
export function renderCsv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(renderCell).join(',')}\r\n`).join('')
}

/** A table as CSV, the titles first. */
export function renderTable<Row>(columns: readonly TableColumn<Row>[], rows: readonly Row[]): string {
  return renderCsv([columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ text }) => text(row)))])
}

/** Reads the rows of `renderCsv`, without the apostrophes before formulas. */
export function* parseOwnCsv(text: string): Generator<readonly string[]> {
  for (const [line] of text.matchAll(/[^\r\n]+/g))
    yield [...line.matchAll(/"((?:[^"]|"")*)"/g)].map(([, cell = '']) =>
      cell.replaceAll('""', '"').replace(/^'(?=\s*[=+\-@＝＋－＠])/u, ''),
    )
}

/** Printable ASCII without quotes that no spreadsheet takes for a formula: nearly every cell of millions. */
const plain = /^(?![ =+\-@])[ !#-~]*$/
const cellMost = 10_000

function renderCell(text: string): string {
  if (text.length <= cellMost && plain.test(text)) return `"${text}"`
  // Spaces may come first, since some spreadsheets trim them. The wide forms count in East Asian versions.
  const isFormula = /^\s*[=+\-@\t\r\n＝＋－＠]/u.test(text)
  return `"${isFormula ? "'" : ''}${quote(text, cellMost).replaceAll('"', '""')}"`
}

import { renderCsv } from '../domain/text/render-csv.ts'

/** A person opens the file: without the mark, spreadsheets take UTF-8 for the encoding of the country. */
const byteOrderMark = '\ufeff'

/** The browser saves these rows as a file. */
export function saveCsv(name: string, rows: readonly (readonly string[])[]): void {
  const url = URL.createObjectURL(new Blob([byteOrderMark, renderCsv(rows)], { type: 'text/csv' }))
  const link = document.createElement('a')
  Object.assign(link, { href: url, download: `${name}.csv` })
  link.click()
  URL.revokeObjectURL(url)
}

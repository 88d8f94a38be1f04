import { renderCsv } from '../domain/text/render-csv.ts'

/** The browser saves these rows as a file. */
export function saveCsv(name: string, rows: readonly (readonly string[])[]): void {
  const url = URL.createObjectURL(new Blob([renderCsv(rows)], { type: 'text/csv' }))
  const link = document.createElement('a')
  Object.assign(link, { href: url, download: `${name}.csv` })
  link.click()
  URL.revokeObjectURL(url)
}

import { CsvError, parse } from 'csv-parse/sync'
import * as z from 'zod'

const lines = z.array(z.object({ record: z.array(z.string()), info: z.object({ lines: z.number() }) }))

/**
 * Reads CSV (RFC 4180) as spreadsheets write it: separated by commas, semicolons, tabs or bars. `info.lines`: the line in the file. A text
 * says what is wrong.
 */
export function readCsvLines(text: string): z.infer<typeof lines> | string {
  // Excel takes the separator from a first line `sep=;`. The empty line keeps the numbers of the others.
  const [separatorLine = '', named] = /^\s*"?sep=(.)"?(?=\r?\n)/i.exec(text) ?? []
  const rows = text.slice(separatorLine.length).replace(/^(\s*#.*\n)+/, (comments) => comments.replace(/[^\n]/g, ''))
  const [header = ''] = rows.trimStart().split('\n')
  const [likely = ','] = [',', ';', '\t', '|'].toSorted((a, b) => header.split(b).length - header.split(a).length)
  const delimiter = named ?? likely
  try {
    const options = { delimiter, info: true, skip_empty_lines: true, trim: delimiter !== '\t' }
    return lines.parse(parse(rows, options))
  } catch (error) {
    if (error instanceof CsvError) return error.message
    throw error
  }
}

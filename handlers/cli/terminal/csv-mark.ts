import { fstatSync } from 'node:fs'

/**
 * What comes before CSV on stdout. A person opens a file: without a byte order mark, spreadsheets take UTF-8 for the encoding of the country.
 * A program reads a pipe, where a mark would be a part of the first title. A file that has something already (`>>`) gets none in the middle.
 */
export function csvMark(stdout: number = process.stdout.fd): '\ufeff' | '' {
  const found = fstatSync(stdout)
  return found.isFile() && found.size === 0 ? '\ufeff' : ''
}

import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { renderCsv, type TableColumn } from '../../../../shared/domain/text/render-csv.ts'
import { TableWriter } from '../../../../shared/modules/reports/table-writer.ts'
import { runsOf } from '../../../depth.ts'
import { World } from '../../../world.ts'
import { anyCharacter } from '../../domain/arbitraries.ts'

type Row = { readonly name: string; readonly since: string; readonly days: string }

const columns: readonly TableColumn<Row>[] = [
  { title: 'OU path', text: ({ name }) => name },
  { title: 'since', values: 'instants', text: ({ since }) => since },
  { title: 'unused days', values: 'numbers', text: ({ days }) => days },
]

const path = 'reports/2026-03-03/access'

async function write(pieces: Iterable<readonly Row[]>) {
  const { objects } = new World()
  const writer = await TableWriter.begin(objects, path, columns)
  for (const piece of pieces) await writer.write(piece)
  await writer.end()
  const body = async (key: string) => new Uint8Array((await objects.get(key))?.body ?? new Uint8Array())
  const csv = new TextDecoder().decode(await body(`${path}.csv`))
  const { buffer } = await body(`${path}/access.parquet`)
  return { csv, file: buffer, rows: await parquetReadObjects({ file: buffer }) }
}

const toText = (value: unknown) => (value instanceof Date ? value.toISOString() : String(value ?? ''))
const titles = columns.map(({ title }) => title)

const texts = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: anyCharacter }),
  fc.constantFrom(
    '',
    '=cmd|calc',
    "'",
    '@x',
    '-1',
    ' =1',
    '\u202e',
    '\ud800',
    'a"b',
    'a;b\r\n',
    '0012',
    'ä',
    'e\u0301',
    '🦊',
  ),
)
const instants = fc.date({ min: new Date(0), max: new Date('9999-01-01'), noInvalidDate: true })
const rows = fc.record({
  name: texts,
  since: fc.oneof(
    fc.constant(''),
    instants.map((date) => date.toISOString()),
  ),
  days: fc.oneof(fc.constant(''), fc.nat().map(String)),
})

test('Parquet and CSV have the same rows, and an empty text is null', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(rows)), async (pieces) => {
      const written = await write(pieces)
      const read = written.rows.map((row) => ['ou_path', 'since', 'unused_days'].map((name) => row[name]))
      expect(read.flat()).not.toContain('')
      const given = pieces.flat()
      expect(read.map((row) => row.map(toText))).toEqual(
        given.map(({ name, since, days }) => [name.toWellFormed(), since, days]),
      )
      expect(written.csv).toBe(renderCsv([titles, ...given.map(({ name, since, days }) => [name, since, days])]))
    }),
    { numRuns: runsOf(100) },
  )
})

test('a table without rows has its columns', async () => {
  const { file, rows } = await write([])
  expect(rows).toEqual([])
  const leaves = parquetMetadata(file).schema.slice(1)
  expect(leaves.map(({ name, type, converted_type }) => [name, type, converted_type])).toEqual([
    ['ou_path', 'BYTE_ARRAY', 'UTF8'],
    ['since', 'INT64', 'TIMESTAMP_MILLIS'],
    ['unused_days', 'INT32', undefined],
  ])
})

test('an instant that is none is null in Parquet', async () => {
  const { csv, rows } = await write([[{ name: 'a', since: 'soon', days: 'few' }]])
  expect(rows).toEqual([{ ou_path: 'a', since: null, unused_days: null }])
  expect(csv).toContain('"soon","few"')
})

test('rows leave memory with each group of 10,000, however they come', async () => {
  const row = (at: number): Row => ({ name: `name ${at}`, since: '', days: String(at) })
  const all = Array.from({ length: 20_001 }, (_, at) => row(at))
  for (const size of [1, 20_001]) {
    const pieces = Array.from({ length: Math.ceil(all.length / size) }, (_, at) =>
      all.slice(at * size, at * size + size),
    )
    const { file, rows } = await write(pieces)
    expect(parquetMetadata(file).row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([10_000, 10_000, 1])
    expect(rows.at(-1)).toEqual({ ou_path: row(20_000).name, since: null, unused_days: 20_000 })
  }
})

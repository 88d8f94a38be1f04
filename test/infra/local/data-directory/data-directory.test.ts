import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { DataDirectoryError, openDataDirectory } from '../../../../infra/local/data-directory/data-directory.ts'

type Row = { readonly name: string; readonly at?: Date; readonly body?: Uint8Array }

let directory = ''

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ssofile-test-'))
})

afterEach(() => rm(directory, { recursive: true, force: true }))

/** What another process would find now: the files as they are, without a word to who has them open. */
function read(): readonly string[] {
  const database = new DatabaseSync(join(directory, 'ssofile-local.sqlite'), { readOnly: true })
  const rows = database.prepare('SELECT tab, key FROM entries ORDER BY rowid').all()
  database.close()
  return rows.map(({ tab, key }) => `${tab} ${key}`)
}

test('what was set, replaced and deleted is found again, in the order in which it came', async () => {
  const before = await openDataDirectory(join(directory, 'made', 'here'))
  const rows = before.openTable<Row>('rows')
  const full = { name: 'データ', at: new Date('2026-03-03T10:15:30.123Z'), body: new Uint8Array([0, 255]) }
  for (const key of ['z', 'a', 'gone', 'm']) rows.set(key, { name: key })
  rows.set('z', full)
  rows.delete('gone')
  before.openTable<number>('other').set('z', 1)
  before.close()
  const after = await openDataDirectory(join(directory, 'made', 'here'))
  expect([...after.openTable<Row>('rows')]).toEqual([
    ['z', full],
    ['a', { name: 'a' }],
    ['m', { name: 'm' }],
  ])
  expect([...after.openTable<number>('other')]).toEqual([['z', 1]])
  after.close()
})

test('nothing is lost that was flushed, or that a turn of the event loop has passed over', async () => {
  const data = await openDataDirectory(directory)
  const rows = data.openTable<Row>('rows')
  rows.set('flushed', { name: '1' })
  data.flush()
  rows.set('later', { name: '2' })
  await setImmediate()
  rows.clear()
  rows.set('last', { name: '3' })
  await setImmediate()
  data.close()
  expect(read()).toEqual(['rows last'])
})

test('what is changed without an await in between is kept as one', async () => {
  const data = await openDataDirectory(directory)
  const [objects, notifications] = [data.openTable<number>('objects'), data.openTable<number>('notifications')]
  objects.set('key', 1)
  notifications.set('key', 1)
  await Promise.resolve()
  notifications.delete('key')
  data.close()
  expect(read()).toEqual(['objects key'])
})

test('a directory that is in use is refused with the way out, and free again when that ends', async () => {
  const first = await openDataDirectory(directory)
  await expect(openDataDirectory(directory)).rejects.toThrow(
    `${directory} is used by another running process; stop that one first, or name another directory`,
  )
  first.close()
  const second = await openDataDirectory(directory)
  second.close()
})

test('a directory of another version is refused and left as it is', async () => {
  const data = await openDataDirectory(directory)
  data.openTable<number>('rows').set('key', 1)
  data.close()
  const database = new DatabaseSync(join(directory, 'ssofile-local.sqlite'))
  database.exec('PRAGMA user_version = 99')
  database.close()
  await expect(openDataDirectory(directory)).rejects.toThrow(/received data format 99, expected 1/)
  expect(read()).toEqual(['rows key'])
})

test.each([
  ['a file in the way', async () => writeFile(join(directory, 'x'), ''), 'x'],
  ['a file that is no database', async () => writeFile(join(directory, 'ssofile-local.sqlite'), 'x'.repeat(5000)), '.'],
])('%s is told as it is', async (_, prepare, name) => {
  await prepare()
  const opening = openDataDirectory(join(directory, name))
  await expect(opening).rejects.toThrow(DataDirectoryError)
  await expect(opening).rejects.toThrow(/cannot be used: .*EEXIST|was not written by ssofile/)
  expect(await readdir(directory)).toHaveLength(1)
})

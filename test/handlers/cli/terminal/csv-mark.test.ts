import { spawnSync } from 'node:child_process'
import { closeSync, openSync, writeSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { csvMark } from '../../../../handlers/cli/terminal/csv-mark.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ssofile-csv-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test.each([
  ['an empty file gets a byte order mark', '', '\ufeff'],
  ['a file that has rows already gets none in the middle', '"a"\r\n', ''],
])('%s', (_, before, mark) => {
  const file = openSync(join(folder, `of-${before.length}.csv`), 'w')
  writeSync(file, before)
  expect(csvMark(file)).toBe(mark)
  closeSync(file)
})

test('a program that reads a pipe gets no byte order mark', () => {
  const script =
    "import { csvMark } from './handlers/cli/terminal/csv-mark.ts'; process.stdout.write('<' + csvMark() + '>')"
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' })
  expect(stdout).toBe('<>')
})

test('every command that writes CSV asks for the mark', async () => {
  const cli = new URL('../../../../handlers/cli/', import.meta.url)
  const files = (await readdir(cli, { recursive: true })).filter((name) => name.endsWith('.ts'))
  const writing = files.map(async (name) => ({ name, text: await readFile(new URL(name, cli), 'utf8') }))
  const without = (await Promise.all(writing)).filter(
    ({ text }) => /output === 'csv'\)/.test(text) && !text.includes('csvMark()'),
  )
  expect(without.map(({ name }) => name)).toEqual([])
})

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { readConfiguration } from '../../../../handlers/cli/bucket/read-configuration.ts'
import { configurationRules, defaultConfiguration } from '../../../../shared/domain/deployment/configuration.ts'
import { fieldsOf } from '../../../../shared/domain/json/json-faults.ts'

let folder: string
let file: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ssofile-configuration-'))
  file = join(folder, 'ssofile.json')
})
afterEach(() => rm(folder, { recursive: true }))

async function refusalOf(text: string): Promise<string> {
  await writeFile(file, text)
  return readConfiguration(file).then(
    () => 'valid',
    (error: Error) => error.message,
  )
}

test('what the file leaves out has its default', async () => {
  await writeFile(file, '{ "onDrift": "report", "brake": { "own": { "count": 5 } } }')
  const { brake } = defaultConfiguration
  expect(await readConfiguration(file)).toEqual({
    ...defaultConfiguration,
    onDrift: 'report',
    brake: { ...brake, own: { ...brake.own, count: 5 } },
  })
  expect(await readConfiguration(undefined)).toEqual(defaultConfiguration)
})

test('all that is wrong is told at once, with its line, what came, what was expected and what to do', async () => {
  expect(await refusalOf('{ "folder": [],\n  "onDrift": "x",\n  "limits": { "outstanding": 16 } }')).toBe(
    [
      `${file} is not a valid configuration:`,
      "  1:13  $  received the unknown field 'folder', expected 'folders'; rename 'folder' to 'folders'",
      "  2:14  $.onDrift  received 'x', expected 'restore' or 'report'; write \"restore\" or \"report\", or leave the field out for its default",
      "  3:30  $.limits.outstanding  received 16, expected a whole number from 1 to 15, which is AWS's limit; write a number such as 15, or leave the field out for its default",
    ].join('\n'),
  )
})

test.each([
  ['a wrong kind of value anywhere', '{ "supportNestedOu": 1, "folders": ["a", 7], "brake": { "own": [] } }'],
  ['a list', '[]'],
  ['a folder twice', '{ "folders": ["a", "a"] }'],
  ['a folder with slashes', '{ "folders": ["/a/"] }'],
])('%s is told by a rule of ours', async (_, text) => {
  const told = await refusalOf(text)
  expect(told).toContain('expected')
  expect(told).not.toMatch(/Invalid|correct it/)
})

test('what is no JSON is told with its place', async () => {
  expect(await refusalOf('{ "onDrift": "report", }')).toMatch(/line 1, column \d+.*expected/)
})

test('a field that comes twice is refused', async () => {
  expect(await refusalOf('{ "onDrift": "report", "onDrift": "restore" }')).toContain('for the second time')
})

test('every key of a configuration has a rule that tells what is wrong with it', () => {
  const pathsOf = (value: unknown, path: string): readonly string[] =>
    typeof value !== 'object' || value === null || Array.isArray(value)
      ? [path]
      : [path, ...Object.entries(value).flatMap(([name, inner]) => pathsOf(inner, `${path}.${name}`))]
  const ruled = Object.keys(configurationRules).flatMap((path) => [
    path,
    ...fieldsOf(path, configurationRules).map((field) => `${path}.${field}`),
  ])
  const paths = new Set(ruled.filter((path) => !path.includes('.[]')))
  // The keys without a default.
  const whole = { ...defaultConfiguration, ownAccount: '111122223333', $schema: 'configuration.schema.json' }
  expect([...paths].sort()).toEqual([...pathsOf(whole, '$')].sort())
})

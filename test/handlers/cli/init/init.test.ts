import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { Command } from 'commander'
import { readConfiguration } from '../../../../handlers/cli/bucket/read-configuration.ts'
import { listFolder } from '../../../../handlers/cli/folder/folder-inputs.ts'
import { addInit } from '../../../../handlers/cli/init/init.ts'
import { isAnswer, questions } from '../../../../handlers/cli/init/questions.ts'
import { renderJsonSchemas } from '../../../../handlers/cli/schemas/json-schemas.ts'
import { readEnvironment } from '../../../../infra/read-environment.ts'
import { allKinds } from '../../../../shared/domain/inputs/kinds.ts'
import { judgeInput } from '../../../../shared/domain/links/judge-input.ts'

let home: string
let printed: string
const { write } = process.stdout
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'ssofile-init-'))
  printed = ''
  process.stdout.write = (text) => {
    printed += String(text)
    return true
  }
})
afterEach(async () => {
  process.stdout.write = write
  await rm(home, { recursive: true })
})

/** Each question answered by its example, or otherwise. */
function flags(other: Readonly<Record<string, string>> = {}): readonly string[] {
  return questions.flatMap(({ flag, example }) => [`--${flag}`, other[flag] ?? example])
}

async function init(...options: readonly string[]): Promise<string> {
  const program = new Command('ssofile').exitOverride()
  addInit(program)
  await program.parseAsync(['init', home, ...options], { from: 'user' })
  return printed
}

test('the files that init writes are valid: the environment, the configuration, and each input', async () => {
  expect(await init(...flags({ group: 'O/ps: night' }))).toMatch(/^written: \d+ files\n/)
  const { access, folders } = await readEnvironment(join(home, 'environment.json'))
  expect(access.uploaders.map(({ folder }) => folder)).toEqual(['', 'team-a', 'team-b'])
  expect((await readConfiguration(join(home, 'configuration.json'))).folders).toEqual(folders)
  const { files, faults, warnings } = await listFolder(join(home, 'access'))
  expect({ faults, warnings, files: files.map(({ key }) => key) }).toEqual({
    faults: [],
    warnings: [],
    files: [
      'links_data/account%777788889999%ReadOnly-ps%O/ps: night%GROUP%ssofile',
      'permission_sets/ReadOnly-ps.json',
    ],
  })
  for (const { key, read, sizeBytes } of files) {
    const { faults: own } = judgeInput({ key, body: await read(sizeBytes), sizeBytes }, folders, new Date(0))
    expect(own).toEqual([])
  }
})

test('a deployment in the management account says so, and a policy has the partition of the Region', async () => {
  const china = (name: string) => `arn:aws-cn:iam::111122223333:role/${name}`
  await init(
    ...flags({
      'management-account': '111122223333',
      region: 'cn-north-1',
      instance: 'arn:aws-cn:sso:::instance/ssoins-1234567890abcdef',
      uploaders: china('pipeline'),
      auditors: china('auditor'),
      operators: china('operator'),
      folders: '',
    }),
  )
  const { includeManagementAccount, folders } = await readEnvironment(join(home, 'environment.json'))
  expect({ includeManagementAccount, folders }).toEqual({ includeManagementAccount: true, folders: [] })
  expect(await readFile(join(home, 'access/permission_sets/ReadOnly-ps.json'), 'utf8')).toContain('arn:aws-cn:iam::aws')
})

test('nothing is written for wrong options, and all of them are told', async () => {
  const wrong = init(...flags({ account: '12', uploaders: '', region: 'moon' }))
  await expect(wrong).rejects.toThrow(/--account '12'[\s\S]*--region 'moon'[\s\S]*--uploaders ''/)
  await expect(init(...flags({ region: 'cn-north-1' }))).rejects.toThrow('do not fit together')
  expect(await readdir(home)).toEqual([])
})

test('without a terminal it names the options that are missing, and writes over no file', async () => {
  await expect(init('--account', '111122223333')).rejects.toThrow(/Add:\n {2}--management-account 444455556666\n/)
  await init(...flags())
  const before = await readFile(join(home, 'environment.json'), 'utf8')
  await expect(init(...flags({ account: '999988887777' }))).rejects.toThrow('already exists')
  expect(await readFile(join(home, 'environment.json'), 'utf8')).toBe(before)
})

test.each(questions)('the example of $flag is an answer', (question) => {
  expect(isAnswer(question, question.example)).toBe(true)
})

test('an editor finds the schema of each kind of input, of the environment and of the configuration', async () => {
  await init(...flags())
  const settings = JSON.parse(await readFile(join(home, '.vscode/settings.json'), 'utf8'))
  const schemas: readonly { fileMatch: readonly string[]; url: string }[] = settings['json.schemas']
  const named = new Set(schemas.flatMap(({ fileMatch }) => fileMatch))
  for (const { at, document } of allKinds()) {
    if (!document) continue
    expect(named).toContain(`/access/${at}**`)
    expect(settings['files.associations'][`**/access/${at}**`]).toBe('json')
  }
  for (const { url } of schemas) {
    const schema = JSON.parse(await readFile(join(home, url), 'utf8'))
    expect({ url, takes: schema.properties ?? schema.anyOf ?? schema.oneOf }).toMatchObject({
      url,
      takes: expect.anything(),
    })
  }
})

test('every kind of file takes $schema', () => {
  const refusing = [...renderJsonSchemas()]
    .filter(([name]) => !/^(export|notification)/.test(name))
    .filter(([, schema]) => !schema.includes('"$schema": {'))
  expect(refusing.map(([name]) => name)).toEqual([])
})

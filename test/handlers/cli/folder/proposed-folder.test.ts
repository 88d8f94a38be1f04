import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { walkFolder } from '../../../../handlers/cli/folder/proposed-folder.ts'
import { proposeSelectors } from '../../../../handlers/cli/guardrails/propose-selectors.ts'
import { readGuardrails, readPolicyTests } from '../../../../handlers/cli/guardrails/read-guardrails.ts'
import type { Complaint, Parsed } from '../../../../shared/domain/statuses/complaint.ts'
import { World } from '../../../world.ts'

const secret = 'ghs_0123456789abcdefghijklmnopqrstuvwxyz'
let above: string
let folder: string
beforeEach(async () => {
  above = await mkdtemp(join(tmpdir(), 'ssofile-proposed-'))
  folder = join(above, 'access')
  await mkdir(join(above, 'elsewhere'))
  await writeFile(join(above, 'elsewhere/secret.json'), secret)
  await mkdir(folder)
})
afterEach(() => rm(above, { recursive: true }))

test('a single file is read by its name, is no fault where it is absent, and a link in its place is one', async () => {
  const paths = async () => {
    const { files, faults } = await walkFolder(folder, 'hygiene.json')
    return [...files.map(({ path }) => path), ...faults.map(({ key, received }) => `${key}: ${received}`)]
  }
  expect(await paths()).toEqual([])
  await symlink(join(above, 'elsewhere/secret.json'), join(folder, 'hygiene.json'))
  expect(await paths()).toEqual(['hygiene.json: a symbolic link'])
  await rm(join(folder, 'hygiene.json'))
  await writeFile(join(folder, 'hygiene.json'), '{}')
  await writeFile(join(folder, 'hygiene.json.bak'), '{}')
  expect(await paths()).toEqual(['hygiene.json'])
})

const complaintsOf = (all: readonly Parsed<unknown>[]) => all.flatMap((one) => (one.ok ? [] : [one.complaint]))
/** Each way of reading files that somebody proposes: its folder, and what it complains of. */
const readers: readonly { readonly of: string; readonly complaints: () => Promise<readonly Complaint[]> }[] = [
  { of: 'policies', complaints: async () => (await readGuardrails(folder)).broken },
  {
    of: 'policies/tests',
    complaints: async () => complaintsOf((await readPolicyTests(folder)).map((one) => one.tests)),
  },
  ...['links_data', 'permission_sets'].map((of) => ({
    of,
    complaints: async () =>
      (await walkFolder(folder, `${of}/`)).faults.map(({ key, path: _, ...fault }) => ({ object: key, ...fault })),
  })),
]
const inEach = readers.flatMap((reader) =>
  [
    { what: 'a link to a file outside', received: 'a symbolic link', target: '../../elsewhere/secret.json' },
    { what: 'a link to a device that never ends', received: 'a symbolic link', target: '/dev/zero' },
    { what: 'a link to a file beside it', received: 'a symbolic link', target: 'good.json' },
  ].map((one) => ({ ...reader, ...one })),
)

test.each(inEach)('$what in $of/ is a fault of it, and its content is not told', async ({ of, complaints, ...one }) => {
  await mkdir(join(folder, of), { recursive: true })
  const target = one.target.startsWith('../../') && of.includes('/') ? `../${one.target}` : one.target
  await symlink(target, join(folder, of, 'bad.json'))
  const found = await complaints()
  expect(found).toMatchObject([{ object: `${of}/bad.json`, received: one.received }])
  expect(JSON.stringify(found)).not.toContain(secret.slice(0, 6))
})

test.each(readers)('$of/ that is itself a link to a folder is a fault of it', async ({ of, complaints }) => {
  await mkdir(dirname(join(folder, of)), { recursive: true })
  await symlink(join(above, 'elsewhere'), join(folder, of))
  expect(await complaints()).toMatchObject([{ object: `${of}/`, received: 'a symbolic link' }])
})

test.each(readers)('a pipe and a socket in $of/ are faults, and nobody waits for them', async ({ of, complaints }) => {
  await mkdir(join(folder, of), { recursive: true })
  execFileSync('mkfifo', [join(folder, of, 'pipe.json')])
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(join(folder, of, 'socket.json'), resolve))
  try {
    expect((await complaints()).map(({ object, received }) => [object, received]).sort()).toEqual([
      [`${of}/pipe.json`, 'a named pipe'],
      [`${of}/socket.json`, 'a socket'],
    ])
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
})

test.each(readers)('a folder in $of/ that is named like a file is no file', async ({ of, complaints }) => {
  await mkdir(join(folder, of, 'folder.json'), { recursive: true })
  expect(await complaints()).toEqual([])
})

describe('of a regular file', () => {
  test('no more is read than is asked for', async () => {
    await mkdir(join(folder, 'links_data'))
    await writeFile(join(folder, 'links_data/a'), '12345')
    const [file] = (await walkFolder(folder, 'links_data/')).files
    expect([await file?.read(5), await file?.read(4)].map((body) => Buffer.from(body ?? '').toString())).toEqual([
      '12345',
      '',
    ])
  })

  test('what has become a link since it was looked at is not read', async () => {
    await mkdir(join(folder, 'links_data'))
    await writeFile(join(folder, 'links_data/a'), '12345')
    const [file] = (await walkFolder(folder, 'links_data/')).files
    await rm(join(folder, 'links_data/a'))
    await symlink(join(above, 'elsewhere/secret.json'), join(folder, 'links_data/a'))
    await expect(file?.read(1000)).rejects.toThrow('ELOOP')
  })

  test('what is too large for a test of policies is told by its size', async () => {
    await mkdir(join(folder, 'policies/tests'), { recursive: true })
    await writeFile(join(folder, 'policies/tests/large.json'), new Uint8Array(1024 * 1024 + 1))
    expect(complaintsOf((await readPolicyTests(folder)).map((one) => one.tests))).toMatchObject([
      { received: 'a file of 1048577 bytes' },
    ])
  })
})

test('the folder that the command names may itself be a link', async () => {
  await mkdir(join(folder, 'selectors'))
  await writeFile(join(folder, 'selectors/prod.json'), '{"accounts":["200000000001"]}')
  await symlink(folder, join(above, 'named'))
  const { uploads } = await proposeSelectors(join(above, 'named'), new World().objects)
  expect(uploads).toMatchObject([{ key: 'selectors/prod.json' }])
})

test('a plan with selectors of a folder is refused where one of them is a link', async () => {
  await mkdir(join(folder, 'selectors'))
  await symlink('../../elsewhere/secret.json', join(folder, 'selectors/prod.json'))
  const planned = proposeSelectors(folder, new World().objects)
  await expect(planned).rejects.toThrow('selectors/prod.json: received a symbolic link')
})

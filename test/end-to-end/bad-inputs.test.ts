import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Status } from '../../shared/domain/statuses/status.ts'
import { someOf } from '../depth.ts'
import { badLinkBodies, badPermissionSetFiles } from '../shared/domain/bad-files.ts'
import { badLinkKeys, declaredFolders } from '../shared/domain/bad-keys.ts'
import { LocalSystem } from './local-system.ts'
import { permissionSetFile, smallOrganization } from './small-organization.ts'

/** The parsers' tests have all of them. */
const [badKeys, badBodies, badSets] = [someOf(badLinkKeys), someOf(badLinkBodies), someOf(badPermissionSetFiles)]
const goodLink = (group: string) => `links_data/account%200000000003%ReadOnly-ps%${group}%GROUP%ssofile`
const goodLinks = Array.from({ length: 14 }, (_, index) => goodLink(`neighbour ${index + 1}`))
const bodyLinks = badBodies.map(({ body }, index) => ({
  key: `links_data/account%200000000001%ReadOnly-ps%body ${index + 1}%GROUP%ssofile`,
  body,
}))
const files = badSets.map(({ fileName, body }) => ({ key: `permission_sets/${fileName}`, body }))
const folderMarkers = ['links_data/', 'links_data/team-a/', 'links_data/payroll/', 'permission_sets/']
const onManagementAccount = 'links_data/account%111111111111%ReadOnly-ps%neighbour 1%GROUP%ssofile'
/** S3 takes it, but with `status/` and `.json` around it the key would have 1,027 bytes. */
const longest = `links_data/root%all%ReadOnly%${'g'.repeat(1015 - 11 - 18 - 14)}%GROUP%ssofile`

let system: LocalSystem
let statuses: ReadonlyMap<string, Status>
beforeAll(async () => {
  const groups = [
    'team',
    ...goodLinks.map((_, index) => `neighbour ${index + 1}`),
    ...bodyLinks.map((_, index) => `body ${index + 1}`),
  ]
  system = await LocalSystem.start({
    organization: smallOrganization({ groups }),
    configuration: { folders: [...declaredFolders] },
  })
  await system.upload('permission_sets/ReadOnly-ps.json', permissionSetFile('ReadOnly-ps'))
  const bad = [
    ...badKeys.map(({ key }) => ({ key, body: '' })),
    ...folderMarkers.map((key) => ({ key, body: '' })),
    ...[onManagementAccount, longest].map((key) => ({ key, body: '' })),
    ...bodyLinks,
    ...files,
  ]
  // Good ones stand between bad ones.
  const goodEvery = Math.floor(bad.length / goodLinks.length)
  const all = bad.flatMap((one, index) => {
    const neighbour = index % goodEvery === 0 ? goodLinks[index / goodEvery] : undefined
    return neighbour === undefined ? [one] : [one, { key: neighbour, body: '' }]
  })
  for (const { key, body } of all) await system.upload(key, body)
  await system.untilQuiet()
  statuses = await readStatuses()
})
afterAll(() => system.stop(), 60_000)

async function readStatuses(): Promise<ReadonlyMap<string, Status>> {
  const { exitCode, stdout, stderr } = await system.ssofile(['status', '--json'])
  if (exitCode > 1) throw new Error(stderr)
  return new Map((JSON.parse(stdout) as Status[]).map((status) => [status.input, status]))
}

type Rejection = { readonly received: string; readonly expected: string; readonly remedy: string }
function expectRejected(input: string, { received, expected, remedy }: Rejection): void {
  const status = statuses.get(input)
  expect(status).toMatchObject({ input, state: 'rejected', etag: expect.any(String), by: { principalId: 'AWS:maria' } })
  const [of, wanted] = (status?.reason ?? '').split(/, expected (?=.*$)/s)
  expect(status?.reason).toContain(received)
  expect(status?.reason).toContain(expected)
  expect({ of, wanted }).toEqual({ of: expect.stringMatching(/^received /), wanted: expect.stringMatching(/./) })
  expect(status?.remedy).toContain(remedy)
}

test.each(badKeys)('a link key with $title is rejected in its status', ({ key, ...told }) => {
  expectRejected(key, told)
})

test.each(badBodies.map((body, index) => ({ ...body, key: bodyLinks[index]?.key ?? '' })))(
  'a link whose body is $title is rejected in its status',
  ({ key, ...told }) => expectRejected(key, told),
)

test.each(badSets)('a permission set file that is $title is rejected in its status', (file) => {
  expectRejected(`permission_sets/${file.fileName}`, file)
})

test('a link for the management account is rejected with the reason', () => {
  expectRejected(onManagementAccount, {
    received: 'account 111111111111, the management account of the organization',
    expected: 'a member account',
    remedy: 'grant it in the management account itself',
  })
})

test('a key that leaves no room for its status key has a status that names it', async () => {
  expectRejected(longest, { received: 'a key of 1015 bytes', expected: 'at most 900 bytes', remedy: 'shorter name' })
  const sha256 = createHash('sha256').update(longest).digest('hex')
  expect(await system.json(`status/too-long/${sha256}.json`)).toMatchObject({ input: longest })
  const { stdout, exitCode } = await system.ssofile(['status', longest])
  expect({ stdout, exitCode }).toEqual({ exitCode: 1, stdout: expect.stringContaining('a key of 1015 bytes') })
})

test('folder markers are ignored: they have no status', () => {
  expect(folderMarkers.filter((key) => statuses.has(key))).toEqual([])
})

test('good links between bad ones are applied, and nothing else is granted', async () => {
  const uploaded = (await system.keys('links_data/')).filter((key) => goodLinks.includes(key))
  expect(uploaded.length).toBeGreaterThan(10)
  expect(uploaded.map((key) => statuses.get(key)?.state)).toEqual(uploaded.map(() => 'applied'))
  expect(await system.named('assignments/')).toEqual(uploaded.map((key) => key.replace('links_data/', '')))
  const access = await Promise.all(
    ['200000000001', '200000000002', '200000000003'].map((id) => system.access.inAccount(id)),
  )
  expect(access.flat()).toHaveLength(uploaded.length)
  expect((await system.keys('owned_permission_sets/')).filter((key) => !key.endsWith('/ReadOnly-ps'))).toEqual([])
})

test('everything that was rejected stands in the attention index, and nothing else does', async () => {
  const rejected = [...statuses.values()].filter(({ state }) => state === 'rejected').length
  expect(rejected).toBe(badKeys.length + badBodies.length + badSets.length + 2)
  const [all, ofRejected] = [await system.keys('attention/'), await system.keys('attention/rejected/')]
  expect(ofRejected).toHaveLength(rejected)
  expect(all).toEqual(ofRejected)
})

describe('somebody who may only upload', () => {
  test.each([
    'access/',
    'assignments/',
    'foreign/',
    'status/',
    'history/',
    'attention/',
    'control/',
    'state/',
    'owned_permission_sets/',
    '',
  ])("is refused a write and a delete under '%s', with the reason", async (prefix) => {
    const key = `${prefix}account%200000000003%ReadOnly-ps%neighbour 1%GROUP%ssofile`
    const there = await system.has(key)
    const denied = (verb: string) => ({
      name: 'AccessDenied',
      message: expect.stringContaining(`'maria' may not ${verb}`),
    })
    await expect(system.upload(key)).rejects.toMatchObject(denied('write'))
    await expect(system.remove(key)).rejects.toMatchObject(denied('delete'))
    expect(await system.has(key)).toBe(there)
  })
})

test('bad inputs that are deleted leave nothing behind', async () => {
  const bad = [...statuses.values()].filter(({ state }) => state === 'rejected').map(({ input }) => input)
  await system.removeAll(bad)
  await system.untilQuiet()
  expect(await system.keys('attention/')).toEqual([])
  expect([...(await readStatuses()).values()].filter(({ state }) => state !== 'applied')).toEqual([])
})

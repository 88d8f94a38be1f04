import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateGroupMembershipCommand } from '@aws-sdk/client-identitystore'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { slowed } from '../slowness.ts'
import { LocalSystem } from './local-system.ts'
import { mayCall, refusalOf } from './may-call.ts'
import { signIn } from './sign-in.ts'
import { until } from './until.ts'

const account = '233000000001'
/** What waits for a minute waits for a quarter of one. */
const timeScale = 4
const kenji = 'kenji.ito@acme.example'
const permissionSet = 'Support-ps'
const link = `links_data/account%${account}%${permissionSet}%${kenji}%USER%ssofile`
const suspension = `suspended/${kenji}`
/** Others put the user into it, and ssofile gives it access. */
const group = 'team-Shop'
const ofGroup = `links_data/account%${account}%${permissionSet}%${group}%GROUP%ssofile`
const inlinePolicyDocument = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: ['s3:*'], Resource: '*' } }

let system: LocalSystem
let folder: string
let user: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ssofile-suspend-'))
  system = await LocalSystem.start({ timeScale })
  await system.upload(
    `permission_sets/${permissionSet}.json`,
    JSON.stringify({ permissionSetName: permissionSet, inlinePolicyDocument }),
  )
  await system.untilStatus(`permission_sets/${permissionSet}.json`, 'applied')
  user = await system.userId(kenji)
  const IdentityStoreId = await system.access.identityStoreId()
  const membership = { IdentityStoreId, GroupId: await system.groupId(group), MemberId: { UserId: user } }
  await system.identityStore.send(new CreateGroupMembershipCommand(membership))
})
afterAll(async () => {
  await system.stop()
  await rm(folder, { recursive: true })
})

const aws = (as: string, ...args: readonly string[]) => system.cli(args, { as })

/** As Identity Center itself lists it. */
async function hasAccess(): Promise<boolean> {
  return (await system.access.inAccount(account)).includes(`${permissionSet}%${kenji}%USER`)
}

const untilAccess = (expected: boolean) =>
  until(`access: ${expected}`, async () => ((await hasAccess()) === expected ? true : undefined), {
    tell: async () => `${JSON.stringify(await system.status(suspension))}\n${system.lastLogLines()}`,
  })

const open = async () => (await signIn(system, { user: kenji, permissionSet, account })).accessKeyId

test('somebody joins: a link gives access, and a session works', async () => {
  await system.upload(ofGroup, '')
  await system.untilStatus(ofGroup, 'applied')
  await system.upload(link, '')
  await untilAccess(true)
  expect(await mayCall(system, await open())).toBe(true)
})

type LeaverReport = {
  readonly access: readonly { readonly permissionSet: string; readonly group?: string; readonly endedAt?: string }[]
}

test('somebody leaves: HR uploads one file, and access and sessions are gone, and the report says what there was', async () => {
  const session = await open()
  const file = join(folder, 'body.json')
  await writeFile(file, '{ "reason": "left", "ticket": "HR-4711" }')
  const { exitCode, stderr } = await system.tryCli(['s3', 'cp', file, `s3://ssofile/${suspension}`], { as: 'maria' })
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining("use the access key id 'hr' for suspended/")])
  const beganMs = Date.now()
  await aws('hr', 's3', 'cp', file, `s3://ssofile/${suspension}`)
  await untilAccess(false)
  expect((Date.now() - beganMs) * timeScale).toBeLessThan(slowed(60_000))
  await until('that the session is denied', () => refusalOf(system, session), {
    withinMs: 150_000,
  })
  await until('the status', async () =>
    ['suspended', 'partly'].includes((await system.status(suspension))?.state ?? '') ? true : undefined,
  )
  const [report = ''] = await system.keys('reports/leavers/')
  expect(report).toMatch(new RegExp(`^reports/leavers/[-0-9]{10}/${kenji}\\.json$`))
  // It is completed after the status is written.
  const told = await until('the end of the access in the report', async () => {
    const read = (await system.json(report)) as LeaverReport
    return read.access.some(({ group: through, endedAt }) => through === undefined && endedAt) ? read : undefined
  })
  expect(told).toMatchObject({ user, name: kenji, reason: 'left', ticket: 'HR-4711' })
  expect(told.access.find((one) => one.permissionSet === permissionSet && one.group === undefined)).toMatchObject({
    ...{ account, givenBy: 'ssofile', links: [link], since: expect.any(String), endedAt: expect.any(String) },
  })
  const { grantedAt: since } = (await system.recordOf(ofGroup)) ?? {}
  expect(told.access.find((one) => one.group === group)).toMatchObject({ links: [ofGroup], since })
  const explained = await system.ssofile(['explain', account, permissionSet, kenji], 'auditor')
  expect(explained.stdout).toContain(`is suspended by ${suspension}`)
})

test('somebody comes back: without the file the link gives the access again', async () => {
  await system.remove(suspension, 'hr')
  await untilAccess(true)
  await system.untilGone(suspension)
  const changes = await system.keys('changes/')
  const told = changes.flatMap((key) => /%(person-[a-z]+)%/.exec(key)?.[1] ?? [])
  expect(told).toEqual(['person-suspended', 'person-restored'])
})

test('the commands write and delete the same file, and say what became of it', async () => {
  const unknown = await system.ssofile(['suspend', 'kenji.ito'], 'hr')
  expect([unknown.exitCode, unknown.stderr]).toEqual([2, expect.stringContaining(`did you mean '${kenji}'?`)])
  const denied = await system.ssofile(['suspend', kenji], 'maria')
  expect([denied.exitCode, denied.stderr]).toEqual([2, expect.stringContaining('AWS_ACCESS_KEY_ID=hr ssofile suspend')])
  const suspended = await system.ssofile(['suspend', kenji, '--reason', 'on leave', '--ticket', 'HR-1'], 'hr')
  expect({ ...suspended, stderr: '' }).toMatchObject({ exitCode: 1, stdout: expect.stringContaining(`(${group})`) })
  expect(await hasAccess()).toBe(false)
  expect(await system.json(suspension)).toEqual({ reason: 'on leave', ticket: 'HR-1' })
  // The report of the first suspension stays as it is.
  const reports = await Promise.all((await system.keys('reports/leavers/')).map((key) => system.json(key)))
  expect(new Map(reports.map((one) => [one?.ticket, typeof one?.restoredAt]))).toEqual(
    new Map([
      ['HR-4711', 'string'],
      ['HR-1', 'undefined'],
    ]),
  )
  const again = await system.ssofile(['suspend', kenji], 'hr')
  expect([again.exitCode, again.stderr]).toEqual([2, expect.stringContaining('already exists')])
  expect(await system.ssofile(['restore-person', kenji], 'hr')).toMatchObject({ exitCode: 0 })
  await untilAccess(true)
  const gone = await system.ssofile(['restore-person', kenji], 'hr')
  expect([gone.exitCode, gone.stderr]).toEqual([2, expect.stringContaining(`there is no ${suspension}`)])
})

test('who is disabled by the provider, and who is deleted, has nothing, without any file', async () => {
  const provider = (act: string) =>
    fetch(`${system.url}/_ssofile/users/${encodeURIComponent(kenji)}/${act}`, { method: 'POST' })
  expect((await provider('disable')).status).toBe(200)
  await untilAccess(false)
  expect((await provider('enable')).status).toBe(200)
  await untilAccess(true)
  const store = await system.access.identityStoreId()
  await aws('test', 'identitystore', 'delete-user', '--identity-store-id', store, '--user-id', user)
  await untilAccess(false)
})

import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { LocalSystem } from './local-system.ts'
import { permissionSetFile, smallOrganization } from './small-organization.ts'

const grant = (group: string) => `ReadOnly-ps%${group}%GROUP`
const key = (group: string, folder = '') => `links_data/${folder}account%200000000001%${grant(group)}%ssofile`
const keeper = key('keeper')
const leaver = key('leaver / 50% off')
const sentBySync = key('team', 'team-a/')
const set = 'permission_sets/ReadOnly-ps.json'
/** What every dispatcher asks on start, whatever woke it (every minute something does): which requests are outstanding. */
const ofStart = ['ListAccountAssignmentCreationStatus', 'ListAccountAssignmentDeletionStatus']
const longAgo = new Date('2026-03-03T10:15:30Z')

let system: LocalSystem
let folder: string
beforeAll(async () => {
  const groups = ['keeper', 'leaver / 50% off', 'team', 'elsewhere']
  const configuration = { folders: ['team-a'] }
  system = await LocalSystem.start({ organization: smallOrganization({ groups }), configuration })
  folder = await mkdtemp(join(tmpdir(), 'ssofile-sync-'))
  await write(set, permissionSetFile('ReadOnly-ps'))
  for (const link of [keeper, leaver, sentBySync]) await write(link, '')
  await setModified(longAgo)
})
afterAll(async () => {
  await system.stop()
  await rm(folder, { recursive: true })
})

async function write(name: string, body: string): Promise<void> {
  await mkdir(dirname(join(folder, name)), { recursive: true })
  await writeFile(join(folder, name), body)
}

/** `aws s3 sync` of what is under a prefix; answers how many objects it changed. */
async function sync(prefix: string, ...more: string[]): Promise<number> {
  const said = await system.cli([
    's3',
    'sync',
    join(folder, prefix),
    `s3://ssofile/${prefix}`,
    '--no-progress',
    ...more,
  ])
  return said.split('\n').filter((line) => /^(upload|delete):/.test(line)).length
}

/** The SSO Admin calls that something caused. */
function callsSince(earlier: number): readonly string[] {
  const calls = system.calls.slice(earlier).map(({ operation }) => operation)
  return calls.filter((operation) => !ofStart.includes(operation))
}

async function expectAccess(...groups: string[]): Promise<void> {
  await system.untilQuiet()
  expect(await system.access.inAccount('200000000001')).toEqual(groups.map(grant).sort())
}

/** The CLI uploads what was modified later than its object was, which S3 tells in whole seconds. */
async function setModified(at: Date): Promise<void> {
  for (const name of [set, keeper, leaver, sentBySync]) await utimes(join(folder, name), at, at)
}

test('a folder that is synced as a whole is in force', async () => {
  expect(await sync('')).toBe(4)
  await system.untilStatuses([keeper, leaver, sentBySync], 'applied')
  await expectAccess('keeper', 'leaver / 50% off', 'team')
})

test('a second sync of unchanged files uploads nothing and causes no call', async () => {
  await system.untilDispatcherRests()
  const earlier = system.calls.length
  expect(await sync('')).toBe(0)
  await system.untilQuiet()
  expect(callsSince(earlier)).toEqual([])
})

test('unchanged files that are uploaded again cause no call to Identity Center', async () => {
  await system.untilDispatcherRests()
  const [earlier, uploadedBefore] = [system.calls.length, (await system.status(keeper))?.lastModified]
  await setModified(new Date(Date.now() + 60_000))
  expect(await sync('')).toBe(4)
  await setModified(longAgo)
  await system.untilQuiet()
  await system.untilStatuses([set, keeper, leaver, sentBySync], 'applied')
  expect((await system.status(keeper))?.lastModified).not.toBe(uploadedBefore)
  expect(callsSince(earlier)).toEqual([])
})

test('without --delete a file that is gone from the folder keeps its access', async () => {
  await rm(join(folder, leaver))
  expect(await sync('links_data/')).toBe(0)
  await expectAccess('keeper', 'leaver / 50% off', 'team')
})

test('with --delete the access of a file that is gone from the folder is revoked, and no other', async () => {
  expect(await sync('links_data/', '--delete')).toBe(1)
  await system.untilGone(leaver)
  await expectAccess('keeper', 'team')
})

test('a sync of one folder with --delete leaves the links of others alone', async () => {
  await system.upload(key('elsewhere'))
  await system.untilStatus(key('elsewhere'), 'applied')
  await rm(join(folder, sentBySync))
  expect(await readdir(join(folder, 'links_data/team-a'))).toEqual([])
  expect(await sync('links_data/team-a/', '--delete')).toBe(1)
  await system.untilGone(sentBySync)
  await expectAccess('keeper', 'elsewhere')
})

test('a sync of the whole bucket with --delete cannot touch what ssofile keeps', async () => {
  const before = await system.keys('assignments/')
  const { exitCode, stderr } = await system.tryCli([
    's3',
    'sync',
    folder,
    's3://ssofile/',
    '--delete',
    '--exclude',
    'links_data/*',
  ])
  expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining('AccessDenied') })
  expect(await system.keys('assignments/')).toEqual(before)
  await expectAccess('keeper', 'elsewhere')
})

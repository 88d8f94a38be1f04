import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateUserCommand } from '@aws-sdk/client-identitystore'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { LocalSystem } from '../local-system.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'
import { until } from '../until.ts'

const [shop, data, sandbox] = ['200000000001', '200000000002', '200000000003'] as const
const role = 'ssofile-operator'
const uma = 'uma@tiny.example'
const readers = 'links_data/ou_id%ou-tiny-workload%ReadOnly-ps%readers%GROUP%ssofile'
const admin = `links_data/team-a/account%${sandbox}%Admin-ps%${uma}%USER%ssofile`
const nobody = `links_data/account%${shop}%ReadOnly-ps%only-there%GROUP%ssofile`
const keyOf = (account: string) => `account%${account}%ReadOnly-ps%readers%GROUP%ssofile`
const configuration = { folders: ['team-a'] }

let there: LocalSystem
let here: LocalSystem
let folder: string
let file: string

const isWrite = ({ operation }: { operation: string }) => /^(Create|Delete|Update|Attach|Put|Provision)/.test(operation)

// The other side has the same accounts; its groups, users and permission sets have other ids.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ssofile-move-'))
  file = join(folder, 'access.jsonl')
  const groups = ['readers', 'only-there']
  there = await LocalSystem.start({ configuration, organization: smallOrganization({ groups, users: [uma] }) })
  here = await LocalSystem.start({ configuration, organization: smallOrganization() })
  for (const side of [there, here]) await side.untilFirstListing()
  for (const set of ['ReadOnly-ps', 'Admin-ps'])
    await there.upload(`permission_sets/${set}.json`, permissionSetFile(set))
  // A grant that begins before a permission set is complete has it provisioned once more, and history says so.
  await there.untilStatuses(['permission_sets/ReadOnly-ps.json', 'permission_sets/Admin-ps.json'], 'applied')
  await there.upload(readers)
  await there.upload(nobody)
  await there.upload(admin, '{"reason":"on call\u2028for the sandbox"}')
  await there.untilStatuses([readers, admin, nobody], 'applied')
  await makeHere()
})
afterAll(async () => {
  await Promise.all([there.stop(), here.stop()])
  await rm(folder, { recursive: true })
})

/** By hand: the group, the user, and of what was granted there one of two accounts. */
async function makeHere(): Promise<void> {
  await here.createGroup('readers')
  const IdentityStoreId = await here.access.identityStoreId()
  const user = { UserName: uma, DisplayName: 'Uma', Name: { GivenName: 'Uma', FamilyName: 'Anders' } }
  await here.identityStore.send(new CreateUserCommand({ IdentityStoreId, ...user }))
  const cli = async (args: readonly string[]) => JSON.parse((await here.cli(args, { as: 'management' })) || '{}')
  const [{ InstanceArn: instance }] = (await cli(['sso-admin', 'list-instances'])).Instances
  const common = ['--instance-arn', instance]
  const made = await cli(['sso-admin', 'create-permission-set', ...common, '--name', 'ReadOnly-ps'])
  const set = made.PermissionSet.PermissionSetArn
  const { Groups } = await cli(['identitystore', 'list-groups', '--identity-store-id', IdentityStoreId])
  const target = ['--target-type', 'AWS_ACCOUNT', '--target-id', shop, '--permission-set-arn', set]
  const principal = ['--principal-type', 'GROUP', '--principal-id', Groups[0].GroupId]
  await cli(['sso-admin', 'create-account-assignment', ...common, ...target, ...principal])
  const isTold = async () => ((await here.history(keyOf(shop))).includes('foreign-found') ? true : undefined)
  await until('what was made by hand is told', isTold, { withinMs: 60_000, tell: () => here.lastLogLines() })
}

test('an export has links, permission sets, ledger and history as lines, and changes nothing', async () => {
  await there.untilDispatcherRests()
  const before = await there.lastingKeys()
  const exported = await there.ssofile(['export', file], role)
  expect(exported).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('3 links, 2 permission sets, 4 assignments of ssofile, 6 records of history'),
  })
  expect(await there.lastingKeys()).toEqual(before)
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
  expect(lines).toHaveLength(1 + 3 + 2 + 4 + 6 + 1)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ ssofile: 'export', v: 1, bucket: 'ssofile' })
  const again = await there.ssofile(['export', file], role)
  expect(again).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('exists') })
})

test('an export that is cut off, or that somebody has changed to write elsewhere, is refused, and nothing is written', async () => {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
  const before = await here.lastingKeys()
  const spoiled = join(folder, 'spoiled.jsonl')
  const attack = JSON.stringify({ kind: 'link', key: 'control/pause.json', body: '{}' })
  for (const wrong of [lines.slice(0, -1), [...lines.slice(0, -1), attack, lines.at(-1)]]) {
    await writeFile(spoiled, `${wrong.join('\n')}\n`)
    const { exitCode, stderr } = await here.ssofile(['import', '--from', spoiled], role)
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: expect.stringMatching(/incomplete file|no line of an export/),
    })
  }
  await appendFile(spoiled, 'x\n')
  expect(await here.lastingKeys()).toEqual(before)
})

test('an import says what has no counterpart, takes over what exists here, and the links ask for the rest', async () => {
  const dry = await here.ssofile(['import', '--from', file, '--dry-run'], role)
  expect(dry.stdout).toContain("the group 'only-there': received a name that does not exist here")
  expect(await here.keys('links_data/')).toEqual([])
  await here.cli(['s3', 'cp', '-', 's3://ssofile/control/pause.json'], {
    as: 'operator',
    input: JSON.stringify({ v: 1, by: 'test', at: new Date().toISOString(), reason: 'to see what the import does' }),
  })
  const since = here.calls.length
  const imported = await here.ssofile(['import', '--from', file, '--json'], role)
  expect({ ...imported, stdout: JSON.parse(imported.stdout) }).toMatchObject({
    exitCode: 1,
    stdout: {
      links: { written: 3, there: 0 },
      permissionSets: { written: 1, there: 0, adopted: 1 },
      history: { written: 6, there: 0 },
      assignments: { adopted: 1, there: 0, toGrant: 3 },
      missing: [{ object: "the group 'only-there'" }],
      left: [],
    },
  })
  expect(here.calls.slice(since).filter(isWrite)).toEqual([])
  expect(await here.keys('links_data/')).toEqual(await there.keys('links_data/'))
  expect(await here.named('assignments/')).toEqual([keyOf(shop)])
  expect(await here.history(keyOf(shop))).toEqual(['granted', 'foreign-found', 'adopted'])

  const again = await here.ssofile(['import', '--from', file, '--json'], role)
  expect(JSON.parse(again.stdout)).toMatchObject({
    links: { written: 0, there: 3 },
    history: { written: 0, there: 6 },
    assignments: { adopted: 0, there: 1, toGrant: 3 },
  })
})

test('a plan says what the links ask for, they are carried out, and nothing is revoked on the old side', async () => {
  const plan = await here.ssofile(['plan', 's3://ssofile', '--json'], role)
  const { grants, revocations } = JSON.parse(plan.stdout)
  expect(revocations).toEqual([])
  expect(JSON.stringify(grants)).toContain(data)
  expect(JSON.stringify(grants)).not.toContain(`"${shop}"`)
  const since = here.calls.length
  expect(await here.ssofile(['resume'], 'operator')).toMatchObject({ exitCode: 0 })
  // The schedule looks every minute whether the pause is over.
  await here.untilStatuses([readers, admin], 'applied', { withinMs: 100_000 })
  await here.untilStatus(nobody, 'waiting')
  expect(await here.named('assignments/')).toEqual([keyOf(shop), keyOf(data), admin.slice('links_data/team-a/'.length)])
  expect(here.calls.slice(since).filter(({ operation }) => /^Delete/.test(operation))).toEqual([])
  expect((await there.keys('assignments/')).length).toBe(4)
})

import { readFile } from 'node:fs/promises'
import { HeadObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { bucket, LocalSystem, type OrganizationInput } from '../local-system.ts'
import { askedFor, readBack } from '../permission-set-reader.ts'
import { until } from '../until.ts'

const operator = new URL('../../../fixtures/acme/permission_sets/CloudOperator-ps.json', import.meta.url)
const members = Array.from({ length: 40 }, (_, index) => String(200_000_000_001 + index))
const handmade = {
  permissionSetName: 'Handmade-ps',
  description: 'Made in the console, « à la main »',
  sessionDurationInMinutes: 90,
  relayState: 'https://console.aws.amazon.com/ec2',
  tags: [{ Key: 'cost centre', Value: 'Finance / 7' }],
  managedPoliciesArnList: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
  customerManagedPoliciesList: [{ Name: 'base', Path: '/ops/' }],
  inlinePolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action: 's3:*', Resource: '*' }] },
  permissionsBoundary: { CustomerManagedPolicyReference: { Name: 'limits', Path: '/' } },
}

function organization(): OrganizationInput {
  const account = (id: string) => ({ id, name: `account-${id}`, email: `aws+${id}@tiny.example`, tags: {} })
  return {
    managementAccountId: '111111111111',
    root: { id: 'r-tiny', accounts: ['111111111111', ...members].map(account), organizationalUnits: [] },
    groups: ['Operators'],
    users: [],
    permissionSets: [handmade, { permissionSetName: 'Other-ps' }],
    assignments: [],
  }
}

let system: LocalSystem
beforeAll(async () => {
  system = await LocalSystem.start({ organization: organization() })
})
afterAll(() => system.stop(), 60_000)

const isWrite = ({ operation }: { operation: string }) => !/^(List|Describe|Get)/.test(operation)
const writesSince = (since: number) => system.calls.slice(since).filter(isWrite)

const upload = (key: string, body: object) => system.upload(key, JSON.stringify(body))

async function untilApplied(key: string): Promise<void> {
  const { ETag } = await system.s3().send(new HeadObjectCommand({ Bucket: bucket, Key: key }))
  const tell = async () => `its status: ${JSON.stringify(await system.status(key))}\n${system.lastLogLines()}`
  await until(
    `the upload of ${key}`,
    async () => {
      const status = await system.status(key)
      return status?.state === 'applied' && `"${status.etag}"` === ETag ? true : undefined
    },
    { tell },
  )
}

const exists = (name: string) =>
  system.access.permissionSetArn(name).then(
    () => true,
    () => false,
  )

test('CloudOperator-ps is created, then changed in every part, and each is read back as its file says', async () => {
  const key = 'permission_sets/CloudOperator-ps.json'
  const first = JSON.parse(await readFile(operator, 'utf8'))
  await upload(key, first)
  await untilApplied(key)
  expect(await readBack(system, 'CloudOperator-ps')).toEqual(askedFor(first))
  const second = {
    ...first,
    sessionDurationInMinutes: 120,
    tags: [
      { Key: 'owner', Value: 'Platform' },
      { Key: 'versionid', Value: '02' },
    ],
    managedPoliciesArnList: [...first.managedPoliciesArnList, 'arn:aws:iam::aws:policy/AWSSupportAccess'],
    permissionsBoundary: { ManagedPolicyArn: 'arn:aws:iam::aws:policy/PowerUserAccess' },
  }
  const since = system.calls.length
  await upload(key, second)
  await untilApplied(key)
  const { tags, ...rest } = await readBack(system, 'CloudOperator-ps')
  const { tags: wantedTags, ...wanted } = askedFor(second)
  expect(rest).toEqual(wanted)
  expect(tags).toHaveLength(2)
  expect(tags).toEqual(expect.arrayContaining(wantedTags))
  // A change too soon after another one is refused and repeated.
  const writes = writesSince(since).filter(({ isAccepted }) => isAccepted)
  expect(writes.map(({ operation }) => operation)).toEqual([
    'UntagResource',
    'TagResource',
    'UpdatePermissionSet',
    'PutPermissionsBoundaryToPermissionSet',
    'AttachManagedPolicyToPermissionSet',
    'ProvisionPermissionSet',
  ])
})

test('a deleted file waits for its link and for a late one, says so, and its permission set goes with the last', async () => {
  const key = 'permission_sets/Passing-ps.json'
  const link = (account: string) => `links_data/account%${account}%Passing-ps%Operators%GROUP%ssofile`
  const [first = '', second = ''] = members
  await upload(key, { permissionSetName: 'Passing-ps' })
  await system.upload(link(first))
  await system.untilStatus(link(first), 'applied')
  await system.remove(key)
  const blocked = await system.untilStatus(key, 'blocked')
  for (const asked of [[], [key]]) expect(await system.ssofile(['status', ...asked])).toMatchObject({ exitCode: 1 })
  expect(blocked.reason).toContain(link(first))
  expect(blocked.reason).toContain(first)
  await system.upload(link(second))
  await system.remove(link(first))
  await system.untilStatus(link(second), 'applied')
  await system.untilGone(link(first))
  expect(await exists('Passing-ps')).toBe(true)
  await system.remove(link(second))
  // Its revocation still runs: only the ledger refers to it now.
  await system.untilGone(link(second), key)
  expect(await exists('Passing-ps')).toBe(false)
  expect(await system.keys('owned_permission_sets/Passing-ps')).toEqual([])
})

test('where provisioning fails in 2 of 40 accounts the status names them, and a retry provisions only those', async () => {
  const key = 'permission_sets/Wide-ps.json'
  const root = 'links_data/root%all%Wide-ps%Operators%GROUP%ssofile'
  await upload(key, { permissionSetName: 'Wide-ps' })
  await system.upload(root)
  await system.untilStatus(root, 'applied')
  const broken = [members[4] ?? '', members[30] ?? '']
  const missing = (account: string, method: string) =>
    fetch(`${system.url}/_ssofile/accounts/${account}/missing-policies/base`, { method })
  for (const account of broken) expect((await missing(account, 'PUT')).status).toBe(204)
  await upload(key, { permissionSetName: 'Wide-ps', customerManagedPoliciesList: [{ Name: 'base' }] })
  const { accounts } = await system.untilStatus(key, 'failed')
  const reason = expect.stringContaining('Not supported policy base')
  const failed = broken.map((account) => ({ account, reason }))
  expect(accounts).toEqual({ desired: 40, applied: 38, open: 0, failed })
  for (const account of broken) await missing(account, 'DELETE')
  const since = system.calls.length
  await upload(key, { permissionSetName: 'Wide-ps', customerManagedPoliciesList: [{ Name: 'base', Path: '/' }] })
  await untilApplied(key)
  const writes = writesSince(since).filter(({ isAccepted }) => isAccepted)
  expect(writes.map(({ operation }) => operation)).toEqual(['ProvisionPermissionSet', 'ProvisionPermissionSet'])
})

test('a permission set made by hand is rejected as a file until it is imported, exactly as it is', async () => {
  const key = 'permission_sets/Handmade-ps.json'
  await upload(key, { permissionSetName: 'Handmade-ps' })
  const rejected = await system.untilStatus(key, 'rejected')
  expect(rejected.remedy).toContain('ssofile import --permission-sets Handmade-ps')
  await system.untilDispatcherRests()
  const since = system.calls.length
  const denied = await system.ssofile(['import', '--permission-sets', 'Handmade-ps'], 'maria')
  expect({ exitCode: denied.exitCode, stderr: denied.stderr }).toEqual({
    exitCode: 2,
    stderr: expect.stringContaining('AWS_ACCESS_KEY_ID=ssofile-operator ssofile import'),
  })
  const refused = await system.ssofile(['import', '--permission-sets', 'Handmade-ps'], 'ssofile-operator')
  expect(refused).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('a file that differs') })
  await system.remove(key)
  await system.untilGone(key)
  await system.untilDispatcherRests()
  const imported = await system.ssofile(
    ['import', '--permission-sets', 'Handmade-ps', 'Nowhere-ps', '--json'],
    'ssofile-operator',
  )
  expect(JSON.parse(imported.stdout)).toMatchObject([
    { name: 'Nowhere-ps', outcome: 'not-found' },
    { name: 'Handmade-ps', outcome: 'adopted', file: key, notes: [] },
  ])
  expect(imported.exitCode).toBe(1)
  const file = await system.json(key)
  expect(file).toEqual(handmade)
  await upload(key, handmade)
  await untilApplied(key)
  expect(await readBack(system, 'Handmade-ps')).toEqual(askedFor(handmade))
  expect(writesSince(since)).toEqual([])
  await upload(key, { ...handmade, sessionDurationInMinutes: 60 })
  await untilApplied(key)
  expect(writesSince(since).map(({ operation }) => operation)).toEqual([
    'UpdatePermissionSet',
    'ProvisionPermissionSet',
  ])
})

test('import without names takes all over that are not ours yet', async () => {
  await system.untilDispatcherRests()
  const { stdout, exitCode } = await system.ssofile(['import', '--permission-sets'], 'ssofile')
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(/^adopted +Other-ps +permission_sets\/Other-ps\.json$/m)
  expect(stdout).toMatch(/^already ours +Handmade-ps$/m)
  await system.untilStatus('permission_sets/Other-ps.json', 'applied')
})

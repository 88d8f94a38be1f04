import { expect, test } from '@jest/globals'
import { parse } from 'csv-parse/sync'
import type { ActionCatalog } from '../../../../shared/domain/iam-policies/access-level.ts'
import { usageOf } from '../../../../shared/domain/iam-policies/set-usage.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { organizationFile } from '../../../../shared/memory/organization-file.ts'
import { MemoryObjectStore } from '../../../../shared/memory/s3/memory-object-store.ts'
import { KeptUsages } from '../../../../shared/modules/credentials/kept-usages.ts'
import { writePermissions } from '../../../../shared/modules/credentials/write-permissions.ts'
import type { Auditor } from '../../../../shared/ports/auditor.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { wrapPort } from '../../../../shared/reconcile/calls/wrap-port.ts'
import { smallOrganization } from '../../../end-to-end/small-organization.ts'
import { intercept } from '../../../intercept.ts'
import { VirtualClock } from '../../../virtual-clock.ts'
import { World } from '../../../world.ts'

const now = new Date('2026-03-03T10:00:00Z')
const ago = (days: number) => new Date(now.getTime() - days * 86_400_000)
const ids = ['200000000001', '200000000002', '200000000003'].map((id) => accountId.parse(id))
const [first = accountId.parse('0'), second = first, third = first] = ids
const allow = (Action: readonly string[]) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
})
const link = 'links_data/root%all%Deploy%auditors%GROUP%ssofile'

/** A world where the set Deploy, which allows all of S3, SQS and EC2, is in each account, with roles that are 200 days old. */
async function open(): Promise<World> {
  const organization = organizationFile.parse(smallOrganization({ groups: ['auditors'] }))
  const world = new World({ organization, configuration: { auditorRole: 'ssofile-auditor' } }).start()
  await world.finish(world.everyHour())
  const file = { permissionSetName: 'Deploy', inlinePolicyDocument: allow(['s3:*', 'sqs:*', 'ec2:*']) }
  await world.objects.put('permission_sets/Deploy.json', JSON.stringify(file))
  await world.objects.put(link, '')
  const isApplied = async () => (await world.json(`status/${link}.json`))?.state === 'applied'
  await world.until(isApplied, 'the link')
  for (const id of ids) world.iam.tell(id, 'Deploy', { madeAt: ago(200) })
  return world
}

const catalog: ActionCatalog = new Map([
  ['s3:putobject', { name: 's3:PutObject', level: 'Write' }],
  ['ec2:runinstances', { name: 'ec2:RunInstances', level: 'Write' }],
  ['sqs:listqueues', { name: 'sqs:ListQueues', level: 'List' }],
])

const inTime = ({ clock }: World) => ({
  readActions: async () => catalog,
  untilMs: clock.monotonicMs() + 6 * 60_000,
})

async function write(world: World, auditor: Auditor = world.iam) {
  return world.finish(writePermissions({ ...world.ports, auditor }, world.configuration, inTime(world)), 5_000)
}

async function read(world: World, name = 'Deploy.csv'): Promise<readonly Readonly<Record<string, string>>[]> {
  const object = await world.objects.get(`reports/permissions/${name}`)
  return parse(new TextDecoder().decode(object?.body), { columns: true })
}
const told = (rows: Awaited<ReturnType<typeof read>>) =>
  rows.map(({ finding, service, action, account }) => [finding, action || service, account].join(' '))

test('what a permission set allows and nobody used in any account is told by service, and by action where the service is used', async () => {
  const world = await open()
  world.iam.tell(first, 'Deploy', { usedAt: ago(3), service: 's3:CreateBucket' })
  world.iam.tell(second, 'Deploy', { usedAt: ago(150), service: 'ec2:RunInstances' })
  const summary = await write(world)
  expect(told(await read(world))).toEqual([
    `unused ec2 ${second}`,
    'unused s3:DeleteBucket ',
    'unused s3:ListAllMyBuckets ',
    'unused s3:PutBucketPolicy ',
    'unused sqs ',
    `used s3 ${first}`,
    `used s3:CreateBucket ${first}`,
  ])
  expect(summary?.sets).toEqual([
    {
      name: 'Deploy',
      levels: ['Write', 'List'],
      accounts: 3,
      unread: 0,
      services: 3,
      unusedServices: 2,
      unusedActions: 3,
    },
  ])
  expect(await world.json('reports/permissions/Deploy.json')).toMatchObject({ v: 1, accounts: 3 })
  const overview = await world.objects.get('reports/permissions.csv')
  expect(new TextDecoder().decode(overview?.body)).toContain('"Deploy","Write ; List","3","0","3","2","3",')
  expect(await world.keys('state/permissions/')).toEqual([])
})

test('an account that cannot be read is a row of each permission set that somebody has there, with the reason', async () => {
  const world = await open()
  world.iam.removeAuditorRole(third)
  await write(world)
  const [row, ...others] = await read(world)
  expect(row).toMatchObject({ finding: 'not read', account: third, detail: expect.stringContaining('sts:AssumeRole') })
  expect(others.map(({ detail }) => detail)).toContain('nobody used it in 2 accounts; 1 account could not be read')
})

test.each([
  { what: 'role is gone when IAM is asked', operation: 'generateServiceLastAccessedDetails', accounts: 2, unread: 0 },
  { what: 'job is gone before its answer', operation: 'getServiceLastAccessedDetails', accounts: 2, unread: 1 },
])('an account whose $what is counted as $unread unread', async ({ operation, accounts, unread }) => {
  const world = await open()
  const gone = async (called: string, call: () => Promise<unknown>) => {
    if (called === operation) throw new ServiceError('iam', 'NoSuchEntity', 'there is no such thing')
    return call()
  }
  const enter: Auditor['enter'] = async (account, name) => {
    const iam = await world.iam.enter(account, name)
    return account === third ? wrapPort(iam, gone) : iam
  }
  expect(await write(world, { enter })).toMatchObject({ sets: [{ accounts, unread }] })
})

test('a month has its reports once, and the next month makes them again', async () => {
  const world = await open()
  expect(await write(world)).toMatchObject({ month: '2026-03' })
  expect(await write(world)).toBeUndefined()
  const summary = await world.json('reports/permissions.json')
  await world.objects.put('reports/permissions.json', JSON.stringify({ ...summary, month: '2026-02' }))
  expect(await write(world)).toMatchObject({ month: '2026-03' })
  await world.objects.put('reports/permissions.json', '{"v":')
  expect(await write(world)).toMatchObject({ month: '2026-03' })
})

test('a run that died goes on with the accounts that are left', async () => {
  const world = await open()
  const asked: string[] = []
  const counting = (fails: boolean): Auditor => ({
    enter: async (account, name) => {
      asked.push(account)
      if (fails) throw new Error('the function died')
      return world.iam.enter(account, name)
    },
  })
  await expect(write(world, counting(true))).rejects.toThrow('the function died')
  // As if the part before had been read.
  await world.objects.put(`state/permissions/2026-03/read/${second}`, '')
  await world.objects.put('state/permissions/2026-02/read/111111111111', '')
  asked.length = 0
  expect(await write(world, counting(false))).toMatchObject({ sets: [{ accounts: 1 }] })
  expect(asked).toEqual([third, '200000000004'])
})

test('a run ends after six minutes, and the next one goes on', async () => {
  const many = Array.from({ length: 70 }, (_, index) => ({
    id: String(300_000_000_000 + index),
    name: 'x',
    email: `${index}@x.example`,
    tags: {},
  }))
  const root = { id: 'r-tiny', accounts: many, organizationalUnits: [] }
  const organization = organizationFile.parse({ managementAccountId: many[0]?.id, root })
  const world = new World({ organization, configuration: { auditorRole: 'ssofile-auditor' } })
  await world.finish(world.everyHour())
  let asked = 0
  const slow: Auditor = {
    enter: async (account, name) => {
      asked++
      await world.clock.sleep(7 * 60_000)
      return world.iam.enter(account, name)
    },
  }
  expect(await write(world, slow)).toBeUndefined()
  expect(asked).toBe(64)
  expect(await write(world, slow)).toMatchObject({ month: '2026-03' })
  expect(asked).toBe(70)
})

test('a run that has no time for all reports is followed by one that writes the others only', async () => {
  const world = await open()
  const kept = new KeptUsages(world.objects, '2026-03')
  const usage = usageOf([], { account: first, madeAt: ago(200), asOf: now })
  const names = ['A', 'B', 'C'].map((name) => permissionSetName.parse(name))
  await kept.keep(accountId.parse('999999999999'), new Map(names.map((name) => [name, usage])))
  const written: string[] = []
  const counting = (untilMs: number) => {
    const ports = intercept(world.ports, async ({ port, operation, args, proceed }) => {
      const result = await proceed()
      const key = String(args[0])
      if (port !== 'objects' || operation !== 'put' || !key.endsWith('.csv')) return result
      written.push(key)
      await world.clock.sleep(60_000)
      return result
    })
    return world.finish(writePermissions(ports, world.configuration, { ...inTime(world), untilMs }), 5_000)
  }
  expect(await counting(world.clock.monotonicMs() + 90_000)).toBeUndefined()
  expect(written).toEqual(['A', 'B'].map((name) => `reports/permissions/${name}.csv`))
  written.length = 0
  const summary = await counting(world.clock.monotonicMs() + 90_000)
  expect(summary?.sets.map(({ name }) => name)).toEqual(names)
  expect(written).toEqual(['reports/permissions/C.csv', 'reports/permissions.csv'])
})

test('the parts of a month are joined by many reads at once', async () => {
  const clock = new VirtualClock(now)
  const objects = new MemoryObjectStore({ bucket: 'ssofile', clock })
  const around = async (operation: string, call: () => Promise<unknown>) => {
    if (operation === 'get') await clock.sleep(20)
    return call()
  }
  const slow = wrapPort(objects, around, { list: (prefix, options) => objects.list(prefix, options) })
  const name = permissionSetName.parse('Deploy')
  const usage = usageOf([], { account: first, madeAt: ago(200), asOf: now })
  const accounts = Array.from({ length: 110 }, (_, index) => accountId.parse(String(300_000_000_000 + index)))
  for (const account of accounts) await new KeptUsages(objects, '2026-03').keep(account, new Map([[name, usage]]))
  const beganMs = clock.monotonicMs()
  const joining = Array.fromAsync(new KeptUsages(slow, '2026-03').merged(new Map()))
  let isOver = false
  const end = () => {
    isOver = true
  }
  joining.then(end, end)
  while (!isOver) await clock.advance(20)
  expect(await joining).toMatchObject([[name, { accounts: 110 }]])
  expect(clock.monotonicMs() - beganMs).toBeLessThan(200)
})

test('without an auditor’s role nothing is asked or written', async () => {
  const world = await open()
  const none = { ...world.configuration, auditorRole: '' }
  expect(await world.finish(writePermissions(world.ports, none, inTime(world)))).toBeUndefined()
})

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetGroupIdCommand } from '@aws-sdk/client-identitystore'
import { GetObjectCommand, PutObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3'
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import {
  DescribeAccountAssignmentCreationStatusCommand,
  DescribePermissionSetCommand,
  ListInstancesCommand,
  paginateListAccountAssignmentCreationStatus,
  paginateListAccountAssignmentsForPrincipal,
  paginateListPermissionSets,
} from '@aws-sdk/client-sso-admin'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pLimit from 'p-limit'
import { eventually, freePort, LocalProcess, sdkClients } from '../infra/local/local-process.ts'

const Bucket = 'ssofile'
const identityStoreId = 'd-9067a1b2c3'
const accounts = [
  ...['210000000001', '210000000002', '220000000001', '220000000002', '220000000011', '220000000012'],
  ...['230000000001', '230000000002', '231000000001', '231000000002', '232000000001', '232000000002'],
  ...['233000000001', '233000000002', '240000000001', '240000000002', '250000000001', '250000000002'],
  ...['260000000001', '260000000002'],
]
const groups = [
  ...['team-security', 'team-CloudOperators', 'team-DataScientists', 'team-Accountants', 'team-Platform', 'team-Web'],
  ...['team-Shop', "Équipe d'audit / 50% nights", "O'Brien & Partners (auditors)", 'データ分析'],
]
/** Account assignments in the grammar of links: 200. */
const wanted = accounts.flatMap((account) => groups.map((group) => `account%${account}%Billing-ps%${group}%GROUP`))
const billing = readFileSync(new URL('../../fixtures/acme/permission_sets/Billing-ps.json', import.meta.url))

let directory = ''
let port = 0
let local: LocalProcess
let clients: ReturnType<typeof sdkClients>

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ssofile-data-'))
  port = await freePort()
  clients = sdkClients(`http://127.0.0.1:${port}`)
})

afterAll(async () => {
  await local?.kill()
  clients?.destroy()
  await rm(directory, { recursive: true, force: true })
})

function start(name: string): LocalProcess {
  local = new LocalProcess(port, ['--data-dir', join(directory, name), '--time-scale', '20'])
  return local
}

test('two hundred assignments survive three kills: none is without a ledger entry at any moment, and each is granted once', async () => {
  await start('assignments').ready()
  const instances = await clients.ssoAdmin.send(new ListInstancesCommand({}))
  await put('permission_sets/Billing-ps.json', billing)
  const names = await namesOfGroups()
  await inParallel(wanted, 20, (key) => put(`links_data/${key}%ssofile`))
  const checks: Checks = { count: 0, grantedThen: 0 }
  for (const granted of [30, 80, 130]) {
    await eventually(async () => (await checkedProgress(names, checks)) >= granted)
    await local.kill()
    // Whatever is read now is what the killed process has left: it does nothing yet.
    await start('assignments').listening()
    await expectRecorded(names, checks)
    const reached = await grantedSoFar()
    process.stdout.write(`killed with ${reached} of ${wanted.length} granted\n`)
    expect(reached).toBeLessThan(wanted.length)
  }
  await local.ready()
  await eventually(async () => (await checkedProgress(names, checks)) === wanted.length)
  await eventually(async () => (await statesOf(wanted)).every((state) => state === 'applied'))
  await expectRecorded(names, checks)
  process.stdout.write(`access was compared with the ledger ${checks.count} times\n`)
  expect(await clients.ssoAdmin.send(new ListInstancesCommand({}))).toMatchObject({ Instances: instances.Instances })
  expect((await assignmentsNow(names)).sort()).toEqual([...wanted].sort())
  const events = (await list('history/account%')).keys.map((key) => key.replace(/\/\d{4}-[^/%]*Z%/, ' '))
  expect(events.sort()).toEqual(wanted.map((key) => `history/${key} granted.json`).sort())
  expect(await creationsPerTarget()).toEqual(new Map(wanted.map((key) => [key, 1])))
}, 180_000)

test('none of ten thousand links is lost', async () => {
  await local?.kill()
  await start('links').ready()
  const keys = Array.from({ length: 10_000 }, (_, index) =>
    index % 10 > 0
      ? `account_tag%nobody^${index}%Billing-ps%team-Web%GROUP%ssofile`
      : `account%210000000001%Missing-ps-${index}%team-Web%GROUP%ssofile`,
  )
  const began = performance.now()
  await inParallel(keys, 50, (key) => put(`links_data/${key}`))
  const uploaded = performance.now()
  await eventually(async () => (await countOpen('uploads')) + (await countOpen('links.fifo')) === 0)
  const told = performance.now()
  const { keys: links, pages } = await list('links_data/')
  expect(links.length).toBe(keys.length)
  expect(pages).toBe(10)
  const statuses = (await list('status/links_data/')).keys
  expect(statuses.sort()).toEqual(keys.map((key) => `status/links_data/${key}.json`).sort())
  const megabytes = residentMegabytes(local.pid)
  await local.kill()
  const killed = performance.now()
  await start('links').listening()
  const seconds = (from: number, to: number) => `${((to - from) / 1000).toFixed(1)} s`
  process.stdout.write(
    `10,000 links: uploaded in ${seconds(began, uploaded)}, all told after ${seconds(began, told)}, ` +
      `${megabytes} MB resident, listening again ${seconds(killed, performance.now())} after a kill\n`,
  )
  expect((await list('links_data/')).keys.length).toBe(keys.length)
  expect(megabytes).toBeLessThan(1500)
}, 240_000)

async function put(key: string, body: Uint8Array = new Uint8Array()): Promise<void> {
  await clients.s3.send(new PutObjectCommand({ Bucket, Key: key, Body: body }))
}

async function inParallel<T>(items: readonly T[], most: number, work: (item: T) => Promise<void>): Promise<void> {
  await pLimit(most).map(items, work)
}

async function list(prefix: string, client: S3Client = clients.s3) {
  const keys: string[] = []
  let pages = 0
  for await (const page of paginateListObjectsV2({ client }, { Bucket, Prefix: prefix })) {
    pages += 1
    for (const { Key } of page.Contents ?? []) keys.push(Key ?? '')
  }
  return { keys, pages }
}

/** Messages that are in a queue, in flight or not: a cheap question, which a listing of ten thousand keys is not. */
async function countOpen(queue: string): Promise<number> {
  const { Attributes = {} } = await clients.sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: `${local.url}/000000000000/ssofile-${queue}`,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  )
  return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0)
}

async function grantedSoFar(): Promise<number> {
  return (await list('history/account%')).keys.length
}

async function statesOf(keys: readonly string[]): Promise<readonly unknown[]> {
  return pLimit(20).map(keys, async (key) => {
    const status = await clients.s3
      .send(new GetObjectCommand({ Bucket, Key: `status/links_data/${key}%ssofile.json` }))
      .catch(() => undefined)
    return JSON.parse((await status?.Body?.transformToString()) ?? '{}').state
  })
}

type Names = ReadonlyMap<string, string>

/** Group names by their ids. */
async function namesOfGroups(): Promise<Names> {
  const ids = await pLimit(5).map(groups, async (AttributeValue) => {
    const AlternateIdentifier = { UniqueAttribute: { AttributePath: 'displayName', AttributeValue } }
    const answer = await clients.identityStore.send(
      new GetGroupIdCommand({ IdentityStoreId: identityStoreId, AlternateIdentifier }),
    )
    return [answer.GroupId ?? '', AttributeValue] as const
  })
  return new Map(ids)
}

async function instanceArn(): Promise<string> {
  const { Instances } = await clients.ssoAdmin.send(new ListInstancesCommand({}))
  return Instances?.[0]?.InstanceArn ?? ''
}

/** What access there is through our permission set, in the grammar of links. */
async function assignmentsNow(names: Names): Promise<string[]> {
  const InstanceArn = await instanceArn()
  const client = clients.ssoAdmin
  const ours = await arnOfOurs(InstanceArn)
  const found: string[] = []
  for (const [PrincipalId, name] of names) {
    const input = { InstanceArn, PrincipalId, PrincipalType: 'GROUP' } as const
    for await (const page of paginateListAccountAssignmentsForPrincipal({ client }, input)) {
      for (const { AccountId = '', PermissionSetArn = '' } of page.AccountAssignments ?? []) {
        if (PermissionSetArn === ours) found.push(`account%${AccountId}%Billing-ps%${name}%GROUP`)
      }
    }
  }
  return found
}

let knownArn: string | undefined

/** Billing-ps, once it is there; the fixture's organization has two others. */
async function arnOfOurs(InstanceArn: string): Promise<string | undefined> {
  const client = clients.ssoAdmin
  for await (const { PermissionSets = [] } of paginateListPermissionSets({ client }, { InstanceArn })) {
    for (const PermissionSetArn of knownArn === undefined ? PermissionSets : []) {
      const { PermissionSet } = await client.send(new DescribePermissionSetCommand({ InstanceArn, PermissionSetArn }))
      if (PermissionSet?.Name === 'Billing-ps') knownArn = PermissionSetArn
    }
  }
  return knownArn
}

type Checks = { count: number; grantedThen: number }

/** How much is granted; compares access with the ledger at every tenth grant, for it costs calls that ssofile needs. */
async function checkedProgress(names: Names, checks: Checks): Promise<number> {
  const granted = await grantedSoFar()
  if (granted >= checks.grantedThen + 10) {
    checks.grantedThen = granted
    await expectRecorded(names, checks)
  }
  return granted
}

/** Access first, the ledger after it: what is granted in between cannot be accused. */
async function expectRecorded(names: Names, checks: Checks): Promise<void> {
  const access = await assignmentsNow(names)
  const ledger = new Set((await list('assignments/')).keys)
  expect(access.filter((key) => !ledger.has(`assignments/${key}%ssofile`))).toEqual([])
  checks.count += 1
}

/** How many creations Identity Center has accepted for each assignment. */
async function creationsPerTarget(): Promise<ReadonlyMap<string, number>> {
  const InstanceArn = await instanceArn()
  const names = await namesOfGroups()
  const client = clients.ssoAdmin
  const counts = new Map<string, number>(wanted.map((key) => [key, 0]))
  for await (const page of paginateListAccountAssignmentCreationStatus({ client }, { InstanceArn })) {
    for (const { RequestId } of page.AccountAssignmentsCreationStatus ?? []) {
      const { AccountAssignmentCreationStatus: status } = await client.send(
        new DescribeAccountAssignmentCreationStatusCommand({
          InstanceArn,
          AccountAssignmentCreationRequestId: RequestId,
        }),
      )
      const key = `account%${status?.TargetId}%Billing-ps%${names.get(status?.PrincipalId ?? '')}%GROUP`
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
  }
  return counts
}

function residentMegabytes(pid: number): number {
  return Math.round(Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024)
}

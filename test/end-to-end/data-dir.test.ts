import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import {
  DescribeAccountAssignmentCreationStatusCommand,
  paginateListAccountAssignmentCreationStatus,
} from '@aws-sdk/client-sso-admin'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pLimit from 'p-limit'
import { eventually, type LocalProcess } from '../infra/local/local-process.ts'
import { KeptSystem } from './kept-system.ts'

const set = 'Billing-ps'
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

const kills = 3
/** Requests for assignments that Identity Center works on at once (limits.assignments of the configuration). */
const mostInFlight = 10

let kept: KeptSystem

beforeAll(async () => {
  kept = await KeptSystem.open()
})

afterAll(() => kept?.close())

test('two hundred assignments survive three kills: none is without a ledger entry at any moment, and each is granted once', async () => {
  let local = await startToDie(30)
  await local.ready()
  await kept.put('permission_sets/Billing-ps.json', billing)
  // It may die meanwhile; the same upload goes on with the next one.
  const uploaded = pLimit(20).map(wanted, (key) => kept.put(`links_data/${key}%ssofile`))
  for (const next of [() => startToDie(50), () => startToDie(50), async () => kept.start('assignments')]) {
    while (local.isAlive) await Promise.race([local.ended, kept.expectRecorded(set)])
    local = await next()
    // Whatever is read now is what the killed process has left: it does nothing yet.
    await local.listening()
    await kept.expectRecorded(set)
    const reached = await kept.granted()
    process.stdout.write(`killed with ${reached} of ${wanted.length} granted\n`)
    expect(reached).toBeLessThan(wanted.length)
  }
  await uploaded
  const progress = followProgress()
  await local.ready()
  await eventually(async () => (await progress()) === wanted.length)
  await eventually(async () => (await kept.statesOf(wanted)).every((state) => state === 'applied'))
  await kept.expectRecorded(set)
  process.stdout.write(`access was compared with the ledger ${kept.looks} times\n`)
  await kept.expectGrantedOnce(set, wanted)
  // A creation whose answer a kill has swallowed is asked for again, once for each kill.
  const creations = await creationsPerTarget()
  expect([...creations.keys()].sort()).toEqual(wanted.toSorted())
  const repeated = [...creations.values()].filter((count) => count > 1)
  expect(repeated.every((count) => count <= 1 + kills)).toBe(true)
  expect(repeated.length).toBeLessThanOrEqual(kills * mostInFlight)
}, 300_000)

/** Short: ten thousand took three minutes of both cores. KEPT_LINKS=10000 for more. */
const links = Number(process.env.KEPT_LINKS ?? 1_000)

test('none of many links is lost', async () => {
  await kept.discard()
  // Nothing here waits for time to pass.
  const asFastAsTime = ['--time-scale', '1']
  let local = kept.start('links', ...asFastAsTime)
  await local.ready()
  const keys = Array.from({ length: links }, (_, index) =>
    index % 10 > 0
      ? `account_tag%nobody^${index}%Billing-ps%team-Web%GROUP%ssofile`
      : `account%210000000001%Missing-ps-${index}%team-Web%GROUP%ssofile`,
  )
  const began = performance.now()
  await pLimit(50).map(keys, (key) => kept.put(`links_data/${key}`))
  const uploaded = performance.now()
  await eventually(
    async () => (await countOpen(local.url, 'uploads')) + (await countOpen(local.url, 'links.fifo')) === 0,
  )
  const told = performance.now()
  expect((await kept.list('links_data/')).length).toBe(keys.length)
  const statuses = await kept.list('status/links_data/')
  expect(statuses.sort()).toEqual(keys.map((key) => `status/links_data/${key}.json`).sort())
  const megabytes = residentMegabytes(local.pid)
  await local.kill()
  const killed = performance.now()
  local = kept.start('links', ...asFastAsTime)
  await local.listening()
  const seconds = (from: number, to: number) => `${((to - from) / 1000).toFixed(1)} s`
  process.stdout.write(
    `${links} links: uploaded in ${seconds(began, uploaded)}, all told after ${seconds(began, told)}, ` +
      `${megabytes} MB resident, listening again ${seconds(killed, performance.now())} after a kill\n`,
  )
  expect((await kept.list('links_data/')).length).toBe(keys.length)
  expect(megabytes).toBeLessThan(1500)
}, 480_000)

/** Starts one that is killed after it has asked for so many assignments. */
async function startToDie(asked: number): Promise<LocalProcess> {
  const rule = { service: 'sso-admin', operation: 'CreateAccountAssignment', fault: 'kill', skip: asked } as const
  return kept.start('assignments', ...(await kept.faults(rule)))
}

/** How much is granted; compares access with the ledger at every tenth grant, for it costs calls that ssofile needs. */
function followProgress(): () => Promise<number> {
  let comparedAt = 0
  return async () => {
    const granted = await kept.granted()
    if (granted >= comparedAt + 10) {
      comparedAt = granted
      await kept.expectRecorded(set)
    }
    return granted
  }
}

/** Messages that are in a queue, in flight or not: a cheap question, which a listing of ten thousand keys is not. */
async function countOpen(url: string, queue: string): Promise<number> {
  const { Attributes = {} } = await kept.clients.sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: `${url}/000000000000/ssofile-${queue}`,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  )
  return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0)
}

/** How many creations Identity Center has accepted for each assignment. */
async function creationsPerTarget(): Promise<ReadonlyMap<string, number>> {
  const { InstanceArn } = await kept.instance()
  const names = await kept.groups()
  const client = kept.clients.ssoAdmin
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

import { describe, expect, test } from '@jest/globals'
import { usage } from '../../handlers/usage.ts'
import { toSqsRecord } from '../../infra/local/sqs/sqs-record.ts'
import { configuration } from '../../shared/domain/deployment/configuration.ts'
import { principalId } from '../../shared/domain/principals/identity-center-ids.ts'
import { readLastUses } from '../../shared/modules/usage/use-records.ts'
import { ServiceError } from '../../shared/ports/service-error.ts'
import { isShallow } from '../depth.ts'
import { intercept } from '../intercept.ts'
import { World } from '../world.ts'

const idOf = (number: number) => principalId.parse(`5f3c7f0a-1111-4222-8333-${String(number).padStart(12, '0')}`)
const useOf = (world: World, user = idOf(1), over: object = {}) => ({
  detail: {
    eventSource: 'sso.amazonaws.com',
    eventName: 'GetRoleCredentials',
    eventTime: `${world.clock.now().toISOString().slice(0, 19)}Z`,
    userAgent: 'aws-cli/2.27',
    userIdentity: { onBehalfOf: { userId: user } },
    serviceEventDetails: { account_id: '111122223333', role_name: 'Billing-ps' },
    ...over,
  },
})
/** As Lambda gives them: through the queue. */
async function batchOf(world: World, ...bodies: readonly unknown[]) {
  await world.queues.send(
    'usage',
    bodies.map((body) => ({ body: JSON.stringify(body) })),
  )
  const delivered = []
  while (delivered.length < bodies.length)
    delivered.push(...(await world.queues.receiveDelivered('usage', { most: 10, waitSeconds: 0 })))
  for (const { receiptHandle } of delivered) await world.queues.delete('usage', receiptHandle)
  return { Records: delivered.map((message) => toSqsRecord('usage', message)) }
}
const settings = configuration.parse({})

/** Counts the calls of S3. */
function counting(world: World) {
  const calls = { get: 0, put: 0, list: 0, others: 0 }
  const ports = intercept(world.ports, ({ operation, proceed }) => {
    if (operation === 'get' || operation === 'put' || operation === 'list') calls[operation]++
    else calls.others++
    return proceed()
  })
  return { calls, ports }
}

const many = isShallow ? 9_000 : 100_000

test(`${many} events in an hour by one CLI in a loop are one write, and one read for each batch`, async () => {
  const world = new World()
  const { calls, ports } = counting(world)
  const handle = usage(ports, settings)
  const batches = 180
  const { Records } = await batchOf(world, useOf(world))
  const event = { Records: Array.from({ length: Math.ceil(many / batches) }, () => Records).flat() }
  for (let batch = 0; batch < batches; batch++) {
    expect(await handle(event)).toEqual({ batchItemFailures: [] })
    await world.clock.advance(19_000)
  }
  process.stdout.write(`${many} events of one CLI in an hour: ${calls.put} write, ${calls.get} reads\n`)
  // The listing: of policies that may watch the one new use.
  expect(calls).toEqual({ put: 1, get: batches, list: 1, others: 0 })
  expect((await readLastUses(world)).uses).toMatchObject([{ hours90: 1 }])
})

test('forged, strange and repeated events claim uses at most, and stop no other', async () => {
  const world = new World()
  const { calls, ports } = counting(world)
  const good = useOf(world)
  const strange = ['{', null, [], {}, useOf(world, idOf(2), { userIdentity: { onBehalfOf: { userId: '../control' } } })]
  expect(await usage(ports, settings)(await batchOf(world, ...strange, good, good, useOf(world, idOf(3))))).toEqual({
    batchItemFailures: [],
  })
  expect(calls.put).toBe(2)
  const people = [idOf(1), idOf(3)].map((user) => `usage/people/${user}.json`)
  expect(await world.keys('')).toEqual(['control/owner.json', ...people])
  expect(world.log.lines).toMatchObject([{ level: 'warn', fields: { unreadable: 5 } }])
  expect([world.metrics.sumOf('UsesUnreadable'), world.metrics.sumOf('UsesRead')]).toEqual([5, 3])
  // Nothing was sent to another queue.
  expect(calls.others).toBe(0)
})

test('an event with hostile fields is a use at most: short, without control characters, under the user’s own key', async () => {
  const world = new World()
  const huge = 'x'.repeat(200_000)
  const identityStoreArn = 'arn:aws:identitystore::999999999999:identitystore/d-9999999999'
  const role = (role_name: unknown) => ({ serviceEventDetails: { account_id: '111122223333', role_name } })
  const by = (userId: unknown) => ({ userIdentity: { onBehalfOf: { userId } } })
  const uses = [
    { userAgent: huge, sourceIPAddress: '\u202e\u0007\n' },
    { ...role('Own-ps'), userAgent: { toString: 'x' }, sourceIPAddress: [] },
    { ...role('Other-ps'), recipientAccountId: '999999999999', awsRegion: '../' },
  ].map((over) => useOf(world, idOf(1), over))
  const stranger = useOf(world, idOf(2), { userIdentity: { onBehalfOf: { userId: idOf(2), identityStoreArn } } })
  const refused = [
    ...[role(huge), role('a/../b'), role('Büro'), role(null), role({}), role('__proto__\u0000')],
    ...[by(undefined), by(huge), by(`${idOf(1)}/../../control`), by('\u202e'), by({}), { userIdentity: [] }],
    ...[{ eventTime: 'now' }, { eventTime: '0001-01-01T00:00:00Z' }, { eventTime: 1e99 }, { eventName: '__proto__' }],
  ].map((over) => useOf(world, idOf(3), over))
  await usage(world.ports, settings)(await batchOf(world, ...uses, stranger, ...refused))
  expect(await world.keys('usage/')).toEqual([1, 2].map((user) => `usage/people/${idOf(user)}.json`))
  expect(world.log.lines).toMatchObject([{ level: 'warn', fields: { unreadable: refused.length } }])
  const stored = await world.objects.get(`usage/people/${idOf(1)}.json`)
  expect(stored?.body.byteLength).toBeLessThan(2_000)
  expect(new TextDecoder().decode(stored?.body)).not.toMatch(/[^\n -~…]/u)
  expect((await readLastUses(world, [idOf(1)])).uses).toHaveLength(3)
})

test('a loop over many accounts, with ever new agents, is one write for each batch, and one notification for each use', async () => {
  const world = new World()
  await world.objects.put('policies/uses.json', JSON.stringify({ contact: 'security', watch: [{ uses: ['any'] }] }))
  const { calls, ports } = counting(world)
  const loop = Array.from({ length: 1_000 }, (_, turn) =>
    useOf(world, idOf(1), {
      userAgent: `aws-cli/${turn}`,
      serviceEventDetails: { account_id: String(200_000_000_000 + (turn % 50)), role_name: 'Read-ps' },
    }),
  )
  const batch = await batchOf(world, ...loop)
  for (let turn = 0; turn < 3; turn++) await usage(ports, settings)(batch)
  expect(await world.keys('usage/')).toHaveLength(1)
  expect((await world.keys('changes/')).length).toBe(50)
  process.stdout.write(`3,000 events of one CLI in 50 accounts: ${calls.put} writes, 50 of them notifications\n`)
  expect(calls.put).toBe(51)
})

describe('a record that cannot be written', () => {
  test('brings back its own messages alone', async () => {
    const world = new World()
    const ports = intercept(world.ports, ({ operation, args: [key], proceed }) => {
      if (operation === 'put' && String(key).includes(idOf(1))) throw new ServiceError('s3', 'SlowDown', 'slow down')
      return proceed()
    })
    const event = await batchOf(world, useOf(world), useOf(world, idOf(2)), useOf(world))
    const [first, , third] = event.Records
    expect(await usage(ports, settings)(event)).toEqual({
      batchItemFailures: [first, third].map((record) => ({ itemIdentifier: record?.messageId })),
    })
    expect(await world.keys('usage/')).toHaveLength(1)
  })

  test('loses no use of two batches at the same time', async () => {
    const world = new World()
    const handle = usage(world.ports, settings)
    const to = (role: string) =>
      useOf(world, idOf(1), { serviceEventDetails: { account_id: '111122223333', role_name: role } })
    const { Records } = await batchOf(world, ...Array.from({ length: 8 }, (_, index) => to(`set-${index}`)))
    await Promise.all(Records.map((record) => handle({ Records: [record] })))
    expect((await readLastUses(world)).uses).toHaveLength(8)
  })
})

test('nothing is recorded if usageDays is 0', async () => {
  const world = new World()
  await usage(world.ports, configuration.parse({ usageDays: 0 }))(await batchOf(world, useOf(world)))
  expect(await world.keys('usage/')).toEqual([])
})

import { beforeAll, describe, expect, test } from '@jest/globals'
import type { Ports } from '../../../../shared/ports/ports.ts'
import { type ReconcileReport, reconcile, sweep } from '../../../../shared/reconcile/differences/reconcile.ts'
import { checkpointRecord } from '../../../../shared/reconcile/records/checkpoint.ts'
import { idOf, manyAccounts } from '../../../bench/many-accounts.ts'
import { putInForce } from '../../../bench/put-in-force.ts'
import { isShallow } from '../../../depth.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const accounts = 12
/** Two entries in a range, so that few accounts have many ranges. */
const small = { entriesOfMark: 1, marksOfRange: 2 }
const grant = 'Some-ps%everybody%GROUP%ssofile'
const all = `links_data/root%all%${grant}`
const minuteMs = 60_000
const members = Array.from({ length: accounts }, (_, index) => index + 1)
const ofOne = (number: number) => `links_data/account%${idOf(number)}%${grant}`.replace('everybody', 'others')

/** Everything is granted and was swept; then each range has a difference of another kind. */
async function differing(): Promise<World> {
  const world = new World({
    organization: manyAccounts({ accounts, groups: ['everybody', 'others'], permissionSets: ['Some-ps'] }),
  })
  await putInForce(world, all, members)
  for (const number of [2, 9]) await putInForce(world, ofOne(number), [number])
  await world.clock.advance(2 * 60 * minuteMs)
  await world.runSchedule('hourly')
  await drain(world)
  await world.clock.advance(10 * minuteMs)
  const entry = (number: number) => `assignments/${world.keyOf(`links_data/account%${idOf(number)}%${grant}`)}`
  // To grant, to revoke, lost in the middle of a revocation, and listed wrongly.
  await world.objects.delete(entry(3))
  await world.objects.delete(entry(12))
  await world.objects.delete(ofOne(9))
  await world.objects.put(entry(6), JSON.stringify({ ...(await world.json(entry(6))), state: 'granting' }))
  await world.objects.delete(`access/account%${idOf(7)}%Some-ps%everybody%GROUP%ours`)
  await world.objects.put(`access/account%${idOf(1)}%Old-ps%nobody%GROUP%ours`, '')
  await world.objects.put('access/nothing', '')
  return world
}

const lanes = ['work-urgent', 'work', 'work-bulk', 'links', 'permission-sets', 'dispatch'] as const

/** Every message of the queues of inputs and work, whatever its lane and its order; and they are gone. */
async function drain(world: World): Promise<readonly string[]> {
  const bodies = lanes.flatMap((lane) =>
    lane === 'dispatch'
      ? []
      : world.queues
          .queue(lane)
          .messages()
          .map(({ body }) => body),
  )
  for (const lane of lanes) world.queues.queue(lane).purge()
  return [...new Set(bodies.map((body) => body.replace(/"id":"[^"]*"/, '"id":"any"')))].sort()
}

const names = ['sweep', 'reconcile'] as const
type Name = (typeof names)[number]

const compare = (world: World, name: Name, ports: Ports = world.ports): Promise<ReconcileReport | undefined> =>
  name === 'sweep'
    ? sweep(ports, world.configuration, small)
    : world.finish(reconcile(ports, world.configuration, { sizes: small }))

/** What a comparison sends and writes. */
async function outcome(world: World, work: () => Promise<ReconcileReport | undefined>) {
  const report = await work()
  return { report, sent: await drain(world), access: await world.keys('access/') }
}

type Whole = Awaited<ReturnType<typeof outcome>>
const whole = new Map<Name, Whole>()
beforeAll(async () => {
  for (const name of names) {
    const world = await differing()
    const { ports, configuration } = world
    const work = () => (name === 'sweep' ? sweep(ports, configuration) : world.finish(reconcile(ports, configuration)))
    whole.set(name, await outcome(world, work))
  }
})

/** Counts the ranges of each comparison: each lists `access/` once. */
function countRanges(world: World) {
  const count = { ranges: 0 }
  const ports = intercept(world.ports, async ({ operation, args: [prefix], proceed }) => {
    if (operation === 'list' && prefix === 'access/') count.ranges++
    return proceed()
  })
  return { count, ports }
}

describe.each(names)('a %s by ranges of accounts', (name) => {
  test('sends, corrects and reports the same as one of all accounts', async () => {
    expect(whole.get(name)?.report).toMatchObject({ grants: 2, revocations: 1, inputs: 1 })
    const world = await differing()
    const { count, ports } = countRanges(world)
    expect(await outcome(world, () => compare(world, name, ports))).toEqual(whole.get(name))
    expect(count.ranges).toBe(7)
  })

  test('ends the same if its process dies before or after any write and the next one begins again', async () => {
    const counting = await differing()
    const count = { writes: 0 }
    await compare(counting, name, dyingAt(counting, Number.POSITIVE_INFINITY, 'before', count))
    expect(count.writes).toBeGreaterThan(10)
    const isTried = (at: number) => at > count.writes - 4 || at % (isShallow ? 5 : 1) === 0
    for (const at of Array.from({ length: count.writes }, (_, before) => before + 1).filter(isTried))
      for (const when of ['before', 'after'] as const) {
        const world = await differing()
        const { sent, access } = await outcome(world, async () => {
          await expect(compare(world, name, dyingAt(world, at, when, { writes: 0 }))).rejects.toThrow('died')
          await world.clock.advance(7 * minuteMs)
          return compare(world, name)
        })
        expect([at, when, sent, access]).toEqual([at, when, whole.get(name)?.sent, whole.get(name)?.access])
      }
  }, 120_000)
})

test('a sweep by ranges of accounts lists inputs and statuses once for all its ranges', async () => {
  const world = await differing()
  const listed: unknown[] = []
  const counting = intercept(world.ports, ({ port, operation, args: [prefix], proceed }) => {
    if (port === 'objects' && operation === 'list') listed.push(prefix)
    return proceed()
  })
  await compare(world, 'sweep', counting)
  for (const prefix of ['links_data/', 'permission_sets/', 'status/'])
    expect(listed.filter((one) => one === prefix)).toEqual([prefix])
})

test('a sweep of all accounts finds the unsettled entries that one by ranges remembers', async () => {
  const world = await differing()
  await compare(world, 'sweep')
  expect(await world.json(checkpointRecord.at)).toMatchObject({ entries: [expect.anything()] })
  await world.clock.advance(30 * minuteMs)
  expect(await compare(world, 'sweep')).toMatchObject({ unfinished: 1 })
  await world.clock.advance(30 * minuteMs)
  expect(await sweep(world.ports, world.configuration)).toMatchObject({ unfinished: 1 })
  expect(await world.json(checkpointRecord.at)).toMatchObject({ entries: [expect.anything()] })
})

test.each(names)('a %s after the restore of a lost ledger has as many ranges as one before the loss', async (name) => {
  const world = await differing()
  const lost = await Promise.all(
    (await world.keys('assignments/')).map(async (key) => ({ key, body: (await world.objects.get(key))?.body ?? '' })),
  )
  for (const { key } of lost) await world.objects.delete(key)
  await compare(world, 'sweep')
  expect((await world.json('state/marks.json'))?.accounts ?? []).toEqual([])
  for (const { key, body } of lost) await world.objects.put(key, body)
  const { count, ports } = countRanges(world)
  await compare(world, name, ports)
  expect(count.ranges).toBe(7)
})

test('a reconcile by ranges evaluates the entries of an account that two readings lack, an hour apart', async () => {
  const gone = await Promise.all(
    (['at once', 'by ranges'] as const).map(async (how) => {
      const world = await differing()
      const key = `assignments/${world.keyOf(`links_data/account%${idOf(5)}%${grant}`)}`
      const stuck = { ...(await world.json(key)), state: 'stuck', reason: 'the account is suspended' }
      await world.objects.put(key.replace(idOf(5), '999999999999'), JSON.stringify(stuck))
      const sent: (readonly string[])[] = []
      for (let hour = 0; hour < 2; hour++) {
        await world.clock.advance(61 * minuteMs)
        const { ports, configuration } = world
        await (how === 'at once' ? world.finish(reconcile(ports, configuration)) : compare(world, 'reconcile'))
        sent.push((await drain(world)).filter((body) => body.includes('999999999999')))
      }
      return sent
    }),
  )
  expect(gone[1]).toEqual(gone[0])
  expect(gone[1]?.[1]).toHaveLength(1)
})

/** The ports of a process that dies once, before or after its write with this number. */
function dyingAt(world: World, at: number, when: 'before' | 'after', count: { writes: number }): Ports {
  return intercept(world.ports, async ({ port, operation, proceed }) => {
    const isWrite = (port === 'objects' || port === 'queues') && ['put', 'delete', 'send'].includes(operation)
    const isNow = isWrite && ++count.writes === at
    if (isNow && when === 'before') throw new Error('the process died')
    const answer = await proceed()
    if (isNow) throw new Error('the process died')
    return answer
  })
}

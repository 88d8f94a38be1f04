import { beforeAll, describe, expect, test } from '@jest/globals'
import type { Ports } from '../../../../shared/ports/ports.ts'
import type { ReceivedMessage } from '../../../../shared/ports/queues.ts'
import {
  beginReconcile,
  compareByRanges,
  reconcile,
  sweep,
} from '../../../../shared/reconcile/differences/reconcile.ts'
import { checkpointKey } from '../../../../shared/reconcile/records/checkpoint.ts'
import { rangeMessage, workOnRange } from '../../../../shared/reconcile/records/ranges.ts'
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
  // As an earlier release wrote it: every account is a mark.
  await world.objects.put(checkpointKey, JSON.stringify({ ...(await world.json(checkpointKey)), marks: undefined }))
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

async function receive(world: World): Promise<readonly ReceivedMessage[]> {
  const received: ReceivedMessage[] = []
  for (;;) {
    const some = await world.queues.receive('ranges', { most: 10, waitSeconds: 0 })
    if (some.length === 0) return received
    received.push(...some)
  }
}

type Order = (messages: readonly ReceivedMessage[]) => readonly ReceivedMessage[]
const inOrder: Order = (messages) => messages

const names = ['sweep', 'reconcile'] as const
type Name = (typeof names)[number]

/** Works on the messages of a run until none is left. A message that fails comes again. */
async function workOff(world: World, ports: Ports, name: Name, order: Order = inOrder): Promise<void> {
  const job = compareByRanges(ports, world.configuration, name, small)
  for (let round = 0; round < 20; round++) {
    const messages = await receive(world)
    if (messages.length === 0) return
    for (const { body, receiptHandle } of order(messages)) {
      const isDone = await workOnRange(ports, job, rangeMessage.parse(JSON.parse(body))).then(
        () => true,
        () => false,
      )
      if (isDone) await world.queues.delete('ranges', receiptHandle)
    }
    await world.clock.advance(7 * minuteMs)
  }
  throw new Error('the run did not end')
}

async function begin(world: World, name: Name, ports: Ports = world.ports): Promise<void> {
  if (name === 'sweep') return expect(await sweep(ports, world.configuration, small)).toBe('ranges')
  const reconciling = beginReconcile(ports, world.configuration, { sizes: small })
  expect(await world.finish(reconciling)).toEqual({ ranges: expect.any(Number) })
}

/** What a run sends and writes. */
async function outcome(world: World, name: Name, work: (ports: Ports) => Promise<void>) {
  await begin(world, name)
  await work(world.ports)
  const told = world.log.lines.filter(({ message }) => message === `${name} by ranges of accounts`)
  const sent = await drain(world)
  return { told: told.map(({ fields }) => fields), sent, access: await world.keys('access/') }
}

type Whole = { readonly sent: readonly string[]; readonly access: readonly string[]; readonly report: object }
const whole = new Map<Name, Whole>()
const wholeOf = (name: Name): Whole => whole.get(name) ?? { sent: [], access: [], report: {} }
beforeAll(async () => {
  for (const name of names) {
    const world = await differing()
    const report =
      name === 'sweep'
        ? await sweep(world.ports, world.configuration)
        : await world.finish(reconcile(world.ports, world.configuration))
    if (report === undefined || report === 'ranges') throw new Error('received no report of a comparison in one')
    whole.set(name, { report, sent: await drain(world), access: await world.keys('access/') })
  }
})

describe.each(names)('a %s by ranges of accounts', (name) => {
  test('sends and corrects the same as one of all accounts', async () => {
    expect(wholeOf(name).report).toMatchObject({ grants: 2, revocations: 1, inputs: 1 })
    const world = await differing()
    const { told, ...found } = await outcome(world, name, (ports) => workOff(world, ports, name))
    expect(told).toEqual([{ ranges: 7, ...wholeOf(name).report }])
    expect(found).toEqual({ sent: wholeOf(name).sent, access: wholeOf(name).access })
  })

  test.each<[string, Order]>([
    ['backwards', (messages) => messages.toReversed()],
    ['each twice', (messages) => [...messages, ...messages]],
    ['the last ones first, and twice', (messages) => [...messages.slice(3), ...messages, ...messages.slice(2)]],
  ])('ends the same, %s, and tells its end once', async (_, order) => {
    const world = await differing()
    const { told, ...found } = await outcome(world, name, (ports) => workOff(world, ports, name, order))
    expect(told).toEqual([{ ranges: 7, ...wholeOf(name).report }])
    expect(found).toEqual({ sent: wholeOf(name).sent, access: wholeOf(name).access })
  })

  test('ends the same if its process dies before or after any write, and tells its end once', async () => {
    const counting = await differing()
    const count = { writes: 0 }
    await outcome(counting, name, () =>
      workOff(counting, dyingAt(counting, Number.POSITIVE_INFINITY, 'before', count), name),
    )
    expect(count.writes).toBeGreaterThan(20)
    const untold: unknown[] = []
    // The last ones, with the end, always.
    const isTried = (at: number) => at > count.writes - 4 || at % (isShallow ? 5 : 1) === 0
    for (const at of Array.from({ length: count.writes }, (_, before) => before + 1).filter(isTried))
      for (const when of ['before', 'after'] as const) {
        const world = await differing()
        const { told, ...found } = await outcome(world, name, () =>
          workOff(world, dyingAt(world, at, when, { writes: 0 }), name),
        )
        if (told.length !== 1) untold.push([when, told])
        expect([at, when, found]).toEqual([at, when, { sent: wholeOf(name).sent, access: wholeOf(name).access }])
        expect(await world.json(`state/ranges/${name}.json`)).toMatchObject({ isOpen: false })
      }
    // Its process dies between the record of the end and the log.
    expect(untold).toEqual([['after', []]])
  }, 120_000)
})

describe('a sweep by ranges of accounts', () => {
  test('lists inputs and statuses once for all its ranges, and once at its end', async () => {
    const world = await differing()
    const listed: string[] = []
    const counting = intercept(world.ports, ({ port, operation, args: [prefix], proceed }) => {
      if (
        port === 'objects' &&
        operation === 'list' &&
        ['links_data/', 'permission_sets/', 'status/'].includes(`${prefix}`)
      )
        listed.push(`${prefix}`)
      return proceed()
    })
    expect(await sweep(counting, world.configuration, small)).toBe('ranges')
    await workOff(world, counting, 'sweep')
    expect(listed.sort()).toEqual([
      'links_data/',
      'links_data/',
      'permission_sets/',
      'permission_sets/',
      'status/',
      'status/',
    ])
  })

  test('reads the inputs itself if the reading of its run is gone', async () => {
    const world = await differing()
    const { told, ...found } = await outcome(world, 'sweep', async (ports) => {
      for (const key of await world.keys('state/ranges/sweep/')) await world.objects.delete(key)
      await workOff(world, ports, 'sweep')
    })
    expect(told).toEqual([{ ranges: 7, ...wholeOf('sweep').report }])
    expect(found).toEqual({ sent: wholeOf('sweep').sent, access: wholeOf('sweep').access })
  })

  test('sends the messages of open ranges again at the next schedule, if they are lost', async () => {
    const world = await differing()
    const { told } = await outcome(world, 'sweep', async (ports) => {
      const [first, ...lost] = await receive(world)
      for (const { receiptHandle } of lost) await world.queues.delete('ranges', receiptHandle)
      if (first)
        await workOnRange(
          ports,
          compareByRanges(ports, world.configuration, 'sweep', small),
          rangeMessage.parse(JSON.parse(first.body)),
        )
      await world.clock.advance(7 * minuteMs)
      expect(await sweep(ports, world.configuration, small)).toBe('ranges')
      await workOff(world, ports, 'sweep')
    })
    expect(told).toEqual([{ ranges: 7, ...wholeOf('sweep').report }])
  })

  test('tells a run that does not end, and begins another one in the end', async () => {
    const world = await differing()
    const runs = new Set<unknown>()
    for (const minutes of [0, 10, 20, 40]) {
      await world.clock.advance(minutes * minuteMs)
      expect(await sweep(world.ports, world.configuration, small)).toBe('ranges')
      runs.add((await world.json('state/ranges/sweep.json'))?.run)
      const errors = world.log.lines.filter(({ level }) => level === 'error')
      expect([minutes, errors.length, runs.size]).toEqual([
        minutes,
        { 20: 1, 40: 2 }[minutes] ?? 0,
        minutes === 40 ? 2 : 1,
      ])
    }
  })

  test('remembers unsettled entries in its ranges, and a sweep of all accounts finds them there', async () => {
    const world = await differing()
    await outcome(world, 'sweep', (ports) => workOff(world, ports, 'sweep'))
    expect(await world.json(checkpointKey)).toMatchObject({ v: 3, entries: [], parts: { ranges: expect.anything() } })
    await world.clock.advance(30 * minuteMs)
    const again = await outcome(world, 'sweep', (ports) => workOff(world, ports, 'sweep'))
    expect(again.told.at(-1)).toMatchObject({ unfinished: 1 })
    await world.clock.advance(30 * minuteMs)
    expect(await sweep(world.ports, world.configuration)).toMatchObject({ unfinished: 1 })
    expect(await world.json(checkpointKey)).toMatchObject({ v: 2, entries: [expect.anything()] })
  })

  test('reads every entry of a range again whose result is gone', async () => {
    const world = await differing()
    await outcome(world, 'sweep', (ports) => workOff(world, ports, 'sweep'))
    for (const key of await world.keys('state/ranges/sweep/')) await world.objects.delete(key)
    await world.clock.advance(30 * minuteMs)
    const { told } = await outcome(world, 'sweep', (ports) => workOff(world, ports, 'sweep'))
    expect(told.at(-1)).toMatchObject({ unfinished: 1 })
  })
})

test.each(names)('a %s after the restore of a lost ledger has as many ranges as one before the loss', async (name) => {
  const world = await differing()
  const lost = await Promise.all(
    (await world.keys('assignments/')).map(async (key) => ({ key, body: (await world.objects.get(key))?.body ?? '' })),
  )
  for (const { key } of lost) await world.objects.delete(key)
  await begin(world, 'sweep')
  await workOff(world, world.ports, 'sweep')
  expect(await world.json(checkpointKey)).toMatchObject({ marks: [] })
  for (const { key, body } of lost) await world.objects.put(key, body)
  await begin(world, name)
  expect((await world.json(`state/ranges/${name}.json`))?.ranges).toHaveLength(7)
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
        if (how === 'at once') await world.finish(reconcile(world.ports, world.configuration))
        else await begin(world, 'reconcile')
        await workOff(world, world.ports, 'reconcile')
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

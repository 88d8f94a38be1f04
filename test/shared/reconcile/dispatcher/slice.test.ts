import { describe, expect, test } from '@jest/globals'
import { renderAssignmentName } from '../../../../shared/domain/assignments/assignment.ts'
import { defaultConfiguration } from '../../../../shared/domain/deployment/configuration.ts'
import { assignmentHint, type Hint } from '../../../../shared/domain/messages/hint.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import type { Lane } from '../../../../shared/ports/queues.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { Lease } from '../../../../shared/reconcile/dispatcher/lease.ts'
import type { SliceOptions, SliceResult } from '../../../../shared/reconcile/dispatcher/slice.ts'
import { beginDriftRun } from '../../../../shared/reconcile/drift/drift-run.ts'
import { groupOf } from '../../../../shared/reconcile/records/lanes.ts'
import { pauseChanges } from '../../../../shared/reconcile/records/pause.ts'
import type { Interceptor } from '../../../intercept.ts'
import { Settling, type SettlingOptions } from '../../../settling.ts'

const accounts = ['233000000001', '233000000002', '250000000003', '210000000001', '210000000002', '210000000003']
const internal = new ServiceError('s3', 'InternalError', 'We encountered an internal error.')
const pauseKey = 'control/pause.json'
const brakeKey = 'control/brake.json'

/** Hints at assignments in the work lanes, and slices of the dispatcher that take them; no handlers. */
function open(options: SettlingOptions = {}) {
  const bench = new Settling(options)
  const { world } = bench
  const assignmentIn = (index: number, principal = 'team-Accountants') => ({
    ...bench.assignment,
    accountId: accountId.parse(accounts[index]),
    principal: principalName.parse(principal),
  })
  const linkIn = (index: number, principal?: string) =>
    `links_data/${renderAssignmentName(assignmentIn(index, principal))}`
  const send = (hint: Hint, lane: Lane = 'work') => {
    const message = { body: JSON.stringify(hint), groupId: groupOf(hint), deduplicationId: world.ports.randomness.id() }
    return world.queues.send(lane, [message])
  }
  /** A hint at the group's assignment in that account; nothing grants it. */
  const hintAt = (index: number, principal?: string, cause?: string) =>
    send(assignmentHint(assignmentIn(index, principal), cause ?? linkIn(index, principal)))
  /** The link is there, and a hint at it. */
  const askFor = async (index: number, principal?: string) => {
    await world.objects.put(linkIn(index, principal), '')
    await hintAt(index, principal)
  }
  const start = (more: Partial<SliceOptions> = {}) => {
    const running: { result?: SliceResult; error?: unknown; endedMs?: number } = {}
    const over = () => {
      running.endedMs = world.clock.monotonicMs()
    }
    world.slice(more).then(
      (result) => {
        running.result = result
        over()
      },
      (error: unknown) => {
        running.error = error
        over()
      },
    )
    return running
  }
  /** Until it is over; a slice that never ends fails after some virtual minutes. */
  const end = async (running: ReturnType<typeof start>) => {
    await world.until(() => running.endedMs !== undefined, 'the end of the slice', 3)
    return running.result
  }
  const slice = (more: Partial<SliceOptions> = {}) => end(start(more))
  const counts = (lane: Lane | 'dispatch' | 'links' = 'work') => world.queues.queue(lane).counts()
  return { bench, world, assignmentIn, linkIn, send, hintAt, askFor, start, end, slice, counts }
}

/** Calls of this operation wait until the gate is opened; `arrived` says how many are waiting, or went through. */
function gate(operation: string) {
  const opening: { open?: () => void } = {}
  const opened = new Promise<void>((resolve) => {
    opening.open = resolve
  })
  const at = { arrived: 0, open: () => opening.open?.() }
  const interceptor: Interceptor = async (call) => {
    if (call.operation !== operation) return call.proceed()
    at.arrived++
    await opened
    return call.proceed()
  }
  return { at, interceptor }
}

const limits = { ...defaultConfiguration.limits, outstanding: 2, provisionings: 1 }
const done = (settled: number, failed = 0) => ({ outcome: 'done', settled, failed })

describe('a slice', () => {
  test('settles the hints that there are, says how many, and wakes nobody', async () => {
    const { bench, world, askFor, hintAt, slice, counts } = open()
    await askFor(0)
    await askFor(1)
    await hintAt(2)
    expect(await slice()).toEqual(done(3))
    expect(world.ssoAdmin.assignments()).toHaveLength(2)
    expect(counts()).toEqual({ visible: 0, inFlight: 0 })
    expect(counts('dispatch').visible).toBe(0)
    expect((await world.json(`status/${bench.link}.json`))?.state).toBe('applied')
    expect(await world.keys('control/')).toEqual(['control/configured.json', 'control/owner.json'])
  })

  test('counts what failed', async () => {
    const { askFor, slice, world } = open({
      interceptor: async ({ operation, proceed }) => {
        if (operation === 'createAccountAssignment') throw new ServiceError('sso-admin', 'ValidationException', 'no')
        return proceed()
      },
    })
    await askFor(0)
    expect(await slice()).toEqual(done(1, 1))
    expect(world.ssoAdmin.assignments()).toEqual([])
  })

  test('with nothing to do ends within seconds, however long it may stay', async () => {
    const { slice, world } = open()
    expect(await slice({ lingerMs: 60_000 })).toEqual(done(0))
    expect(world.clock.monotonicMs()).toBeLessThan(3_000)
  })

  test('that did something stays for what comes next', async () => {
    const { world, hintAt, start, end } = open()
    await hintAt(0)
    const running = start({ lingerMs: 5_000 })
    await world.clock.advance(4_000)
    await hintAt(1)
    await world.clock.advance(4_000)
    expect(running.result).toBeUndefined()
    expect(await end(running)).toEqual(done(2))
    expect(running.endedMs).toBeGreaterThanOrEqual(9_000)
    expect(running.endedMs).toBeLessThan(13_000)
  })

  test('works on what comes while it listens for the last time, and ends later', async () => {
    const { world, hintAt, start, end } = open()
    const running = start({ lingerMs: 3_000 })
    // The first long polls end after a second, and then the last ones begin.
    await world.clock.advance(1_500)
    await hintAt(0)
    await world.clock.advance(2_000)
    await hintAt(1)
    expect(await end(running)).toEqual(done(2))
  })

  test('starts what comes while something runs', async () => {
    const { at, interceptor } = gate('createAccountAssignment')
    const { world, askFor, start, end } = open({ interceptor })
    await askFor(0)
    const running = start()
    await world.clock.advance(10_000)
    expect(at.arrived).toBe(1)
    await askFor(1)
    await world.clock.advance(3_000)
    expect(at.arrived).toBe(2)
    at.open()
    expect(await end(running)).toEqual(done(2))
  })

  test('tells statuses while it goes on', async () => {
    const { bench, world, askFor, start, end } = open()
    await askFor(1)
    const running = start({ lingerMs: 30_000 })
    await world.until(
      async () => (await world.json(`status/${bench.link}.json`))?.state === 'applied',
      'the status',
      0.25,
    )
    expect(running.result).toBeUndefined()
    await end(running)
  })

  test('does nothing while somebody else holds the lease', async () => {
    const { world, askFor, slice, counts } = open()
    await askFor(0)
    const lease = await world.finish(Lease.acquire(world.ports, 'somebody else'))
    void lease?.keep()
    expect(await slice()).toEqual({ outcome: 'lease-held', settled: 0, failed: 0 })
    expect(counts()).toEqual({ visible: 1, inFlight: 0 })
    await world.finish(lease?.release() ?? Promise.resolve())
  })

  test('gives the lease back at once under a pause, and calls nobody', async () => {
    const { world, askFor, slice } = open()
    await askFor(0)
    await pauseChanges(world, { reason: 'migration', by: 'me' })
    const before = world.calls.length
    expect(await slice()).toEqual({ outcome: 'paused', settled: 0, failed: 0 })
    expect(world.calls.length).toBe(before)
    expect(await world.objects.head('control/dispatcher.json')).toBeUndefined()
  })

  test('lets the lease go only when a successor may call as often as it likes', async () => {
    const at: { call: number; release: number } = { call: 0, release: 0 }
    const { world, askFor, slice } = open({
      interceptor: async ({ port, operation, args, proceed }) => {
        if (port === 'ssoAdmin') at.call = world.clock.monotonicMs()
        if (operation === 'delete' && args[0] === 'control/dispatcher.json') at.release = world.clock.monotonicMs()
        return proceed()
      },
    })
    await askFor(0)
    await slice()
    expect(at.release - at.call).toBeGreaterThanOrEqual(1_000)
  })
})

describe('the slots of a slice', () => {
  test('are as many as requests may be outstanding, and all are used', async () => {
    const { at, interceptor } = gate('createAccountAssignment')
    const { world, askFor, start, end } = open({ interceptor, configuration: { limits } })
    for (const index of [0, 1, 2, 3]) await askFor(index)
    const running = start()
    await world.clock.advance(5_000)
    expect(at.arrived).toBe(2)
    at.open()
    expect(await end(running)).toEqual(done(4))
    expect(at.arrived).toBe(4)
  })

  test('are measured: how many requests were in progress at most, and how long a hint has waited', async () => {
    const { world, askFor, slice } = open({ configuration: { limits } })
    for (const index of [0, 1, 2, 3]) await askFor(index)
    await world.clock.advance(60_000)
    await slice()
    expect(world.metrics.of('Outstanding')?.most).toBe(2)
    expect(world.metrics.of('OldestHint')?.most).toBeGreaterThanOrEqual(60)
    await slice()
    expect(world.metrics.of('Outstanding')?.last).toBe(0)
    expect(world.metrics.of('OldestHint')?.last).toBe(0)
    expect(world.metrics.sumOf('Created')).toBe(4)
  })

  test('are measured every half minute, also while one request takes long', async () => {
    const { at, interceptor } = gate('describeAssignmentRequest')
    const { world, askFor, start, end } = open({ interceptor, configuration: { limits } })
    await askFor(0)
    const running = start()
    await world.clock.advance(100_000)
    expect(world.metrics.of('Outstanding')).toMatchObject({ count: 3, last: 1 })
    at.open()
    await end(running)
  })

  test('are fewer while requests of a dispatcher before are in progress', async () => {
    const { at, interceptor } = gate('createAccountAssignment')
    const { bench, world, askFor, start, end } = open({ interceptor, configuration: { limits } })
    await world.ssoAdmin.createAccountAssignment({ ...bench.target(), accountId: accountId.parse(accounts[5]) })
    for (const index of [0, 1, 2]) await askFor(index)
    const running = start()
    await world.until(() => at.arrived > 0, 'the first request', 0.1)
    expect(at.arrived).toBe(1)
    at.open()
    expect(await end(running)).toEqual(done(3))
  })

  test('are one for each account', async () => {
    const { at, interceptor } = gate('createAccountAssignment')
    const { world, askFor, start, end } = open({ interceptor })
    await askFor(0)
    await askFor(0, 'team-Web')
    const running = start()
    await world.clock.advance(3_000)
    expect(at.arrived).toBe(1)
    at.open()
    expect(await end(running)).toEqual(done(2))
  })

  test('of permission sets are as many as may be provisioned, beside those of assignments and the drift check', async () => {
    const [sets, grants] = [gate('createPermissionSet'), gate('createAccountAssignment')]
    const { world, send, askFor, start, end } = open({
      configuration: { limits: { ...limits, outstanding: 1 } },
      interceptor: (call) => sets.interceptor({ ...call, proceed: () => Promise.resolve(grants.interceptor(call)) }),
    })
    await beginDriftRun(world.ports, 'tonight')
    for (const name of ['One-ps', 'Two-ps']) {
      await world.objects.put(`permission_sets/${name}.json`, JSON.stringify({ permissionSetName: name }))
      await send({ v: 1, kind: 'permission-set', permissionSet: permissionSetName.parse(name), cause: 'reconcile' })
    }
    for (const index of [0, 1]) await askFor(index)
    await send({ v: 1, kind: 'drift', run: 'tonight', unit: 'whole', cause: 'drift' }, 'work-bulk')
    const running = start()
    await world.clock.advance(4_000)
    expect([sets.at.arrived, grants.at.arrived]).toEqual([1, 1])
    expect((await world.json('state/drift.json'))?.open).not.toContain('whole')
    sets.at.open()
    await world.clock.advance(8_000)
    expect([sets.at.arrived, grants.at.arrived]).toEqual([2, 1])
    grants.at.open()
    await end(running)
    expect(world.ssoAdmin.assignments()).toHaveLength(2)
    expect(world.ssoAdmin.permissionSetArnOf('Two-ps')).toBeDefined()
  })

  test('are free again at once', async () => {
    const { world, hintAt, start, end, counts } = open({ configuration: { limits: { ...limits, outstanding: 1 } } })
    for (const index of accounts.keys()) await hintAt(index)
    const running = start()
    // Nothing is to be done about any: six ticks would take one and a half seconds.
    await world.until(() => counts().visible + counts().inFlight === 0, 'the end of all', 0.02)
    expect(await end(running)).toEqual(done(6))
  })
})

describe('how far a link is', () => {
  test('is told every ten seconds while something of it is under way, and at once at its end', async () => {
    const toldMs: number[] = []
    const root = 'links_data/ou_id%ou-acme-wrk3fina%Billing-ps%team-Accountants%GROUP%ssofile'
    const { world, hintAt, start, end } = open({
      interceptor: async ({ operation, args, proceed }) => {
        if (operation === 'put' && args[0] === `status/${root}.json`) toldMs.push(world.clock.monotonicMs())
        if (operation === 'createAccountAssignment' && JSON.stringify(args[0]).includes(accounts[1] ?? ''))
          await world.clock.sleep(14_000)
        return proceed()
      },
    })
    await world.objects.put(root, '')
    await hintAt(0, undefined, root)
    await hintAt(1, undefined, root)
    const running = start({ lingerMs: 20_000 })
    await world.until(() => world.ssoAdmin.assignments().length === 1, 'the first', 1)
    const firstMs = world.clock.monotonicMs()
    await world.until(() => world.ssoAdmin.assignments().length === 2, 'the second', 1)
    const secondMs = world.clock.monotonicMs()
    await end(running)
    expect(toldMs).toHaveLength(2)
    const [early = 0, late = 0] = toldMs
    expect(early - firstMs).toBeGreaterThanOrEqual(9_500)
    expect(early).toBeLessThan(secondMs)
    expect(late - secondMs).toBeLessThan(1_500)
  })

  test('is looked at again by its handler where it could not be told in four tries', async () => {
    const triedMs: number[] = []
    const { bench, world, askFor, slice } = open({
      interceptor: async ({ operation, args, proceed }) => {
        if (operation === 'put' && args[0] === `status/${bench.link}.json`) {
          triedMs.push(world.clock.monotonicMs())
          throw internal
        }
        return proceed()
      },
    })
    await askFor(1)
    expect(await slice({ sliceMs: 3_000 })).toEqual(done(1))
    const gaps = triedMs.map((ms, index) => ms - (triedMs[index - 1] ?? ms)).slice(-3)
    for (const [index, mostMs] of [2_000, 4_000, 8_000].entries()) {
      expect(gaps[index]).toBeGreaterThan(0)
      expect(gaps[index]).toBeLessThan(mostMs + 300)
    }
    const sent = world.queues.queue('links').messages()
    expect(sent.map(({ body }) => JSON.parse(body))).toMatchObject([
      { key: bench.link, event: 'ssofile could not write its status' },
    ])
  })

  test('that could be told at last needs no handler', async () => {
    let left = 3
    const { bench, world, askFor, slice, counts } = open({
      interceptor: async ({ operation, args, proceed }) => {
        if (operation === 'put' && args[0] === `status/${bench.link}.json` && left-- > 0) throw internal
        return proceed()
      },
    })
    await askFor(1)
    await slice()
    expect((await world.json(`status/${bench.link}.json`))?.state).toBe('applied')
    expect(counts('links')).toEqual({ visible: 0, inFlight: 0 })
  })
})

describe('the end of a slice', () => {
  test('starts nothing more, leaves its request to the successor, gives back the rest and wakes it', async () => {
    const { bench, world, askFor, slice, counts } = open({
      configuration: { limits: { ...limits, outstanding: 1 } },
      interceptor: async ({ operation, proceed }) => {
        const answer = await proceed()
        if (operation === 'createAccountAssignment') await world.clock.sleep(6_000)
        return answer
      },
    })
    for (const index of [1, 2, 3]) await askFor(index)
    expect(await slice({ sliceMs: 3_000 })).toEqual(done(0))
    const asked = await world.keys('assignments/')
    expect(await Promise.all(asked.map((key) => world.json(key)))).toMatchObject([
      { state: 'granting', call: { id: expect.any(String) } },
    ])
    // What was asked for comes first.
    expect(counts('work-urgent')).toEqual({ visible: 1, inFlight: 0 })
    expect(counts()).toEqual({ visible: 2, inFlight: 0 })
    expect(counts('dispatch').visible).toBe(1)
    expect(await slice()).toEqual(done(3))
    expect(await bench.entry(asked[0])).toMatchObject({ state: 'granted' })
    expect((await world.json(`status/${bench.link}.json`))?.state).toBe('applied')
    expect(world.ssoAdmin.assignments()).toHaveLength(3)
    expect(world.calls.filter((call) => call === 'CreateAccountAssignment')).toHaveLength(3)
  })

  test('comes at once by a pause, which is noted and told', async () => {
    const { at, interceptor } = gate('listAccountAssignments')
    const { world, askFor, start, end, counts } = open({
      interceptor,
      configuration: { limits: { ...limits, outstanding: 1 } },
    })
    // Of one permission set in one account: only one of them is looked at.
    for (const principal of ['team-Accountants', 'team-Web']) await askFor(1, principal)
    const running = start()
    await world.until(() => at.arrived > 0, 'the first', 0.1)
    await pauseChanges(world, { reason: 'migration', by: 'me' })
    await world.clock.advance(2_100)
    expect(await world.keys('state/paused.json')).toHaveLength(1)
    at.open()
    expect(await end(running)).toEqual(done(0))
    expect(counts().visible).toBe(2)
    expect(world.ssoAdmin.assignments()).toEqual([])
    expect(world.log.lines).toContainEqual({
      level: 'info',
      message: 'all changes are paused: the dispatcher starts nothing more',
      fields: { by: 'me', reason: 'migration' },
    })
  })

  test('leaves nothing that goes on where it could not begin', async () => {
    let listings = 0
    const { bench, world, start, end } = open({
      interceptor: async ({ operation, args, proceed }) => {
        if (operation !== 'listAssignmentRequests') return proceed()
        listings++
        if (args[0] === 'deletion') throw new ServiceError('sso-admin', 'AccessDeniedException', 'no')
        return proceed()
      },
    })
    await world.ssoAdmin.createAccountAssignment(bench.target())
    const running = start()
    await end(running)
    expect(running.error).toMatchObject({ code: 'AccessDeniedException' })
    const before = listings
    await world.clock.advance(20_000)
    expect(listings).toBe(before)
  })
})

describe('what a person says in control/', () => {
  /** When these keys were looked at, in milliseconds from the beginning. */
  function looking(isFailing = false) {
    const looks: Record<string, number[]> = { [pauseKey]: [], [brakeKey]: [] }
    const opened = open({
      interceptor: async ({ operation, args, proceed }) => {
        const key = String(args[0])
        if (operation === 'get' || operation === 'head') looks[key]?.push(opened.world.clock.monotonicMs())
        if (isFailing && key === pauseKey && opened.world.clock.monotonicMs() > 1_000) throw internal
        return proceed()
      },
    })
    return { ...opened, looks }
  }

  test('is looked for every two seconds, the brake before anything is done', async () => {
    const { world, askFor, slice, looks } = looking()
    await askFor(1)
    await slice({ lingerMs: 7_000 })
    expect(world.log.lines.filter(({ level }) => level !== 'info')).toEqual([])
    expect(looks[brakeKey]?.[0]).toBeLessThan(100)
    const pauses = looks[pauseKey]?.filter((ms) => ms > 1_000) ?? []
    expect(pauses.length).toBeGreaterThanOrEqual(4)
    for (const [index, ms] of pauses.entries()) expect(Math.abs(ms - 2_000 * (index + 1))).toBeLessThan(400)
    expect(looks[brakeKey]?.filter((ms) => ms > 1_000)).toHaveLength(pauses.length)
  })

  test('that cannot be read ends no slice: it is read again, and the log says so', async () => {
    const { world, askFor, slice, looks } = looking(true)
    await askFor(1)
    expect(await slice({ lingerMs: 5_000 })).toEqual(done(1))
    expect(looks[pauseKey]?.length).toBeGreaterThan(3)
    expect(looks[brakeKey]?.length).toBeGreaterThan(3)
    expect(world.log.lines).toContainEqual({
      level: 'warn',
      message: 'ssofile could not read whether there is a pause, and will read again',
      fields: { error: internal },
    })
  })
})

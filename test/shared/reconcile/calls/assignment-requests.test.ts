import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetArn, principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import type { AssignmentRequest, AssignmentTarget, RequestKind } from '../../../../shared/ports/sso-admin.ts'
import { AssignmentRequests, type RequestEnd } from '../../../../shared/reconcile/calls/assignment-requests.ts'
import type { CallAnswer } from '../../../../shared/reconcile/calls/send-assignment-call.ts'
import { runsOf } from '../../../depth.ts'
import { intercept, noAnswer } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const target: AssignmentTarget = {
  accountId: accountId.parse('233000000002'),
  permissionSetArn: permissionSetArn.parse('arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef'),
  principalId: principalId.parse('11111111-2222-3333-4444-555555555555'),
  principalType: 'GROUP',
}

type Page = {
  /** How many requests a page has; default 1. */
  readonly most?: number
  /** In which order they are listed; default: the newest first. */
  readonly sort?: (ids: readonly string[]) => readonly string[]
}

/** The service knows the requests in `running` as in progress, those in `ended` with their status, and no others. */
function open({ most = 1, sort = (ids) => ids.toReversed() }: Page = {}) {
  const running = new Map<string, { kind: RequestKind; target: AssignmentTarget }>()
  const ended = new Map<string, Pick<AssignmentRequest, 'state' | 'failureReason'>>()
  /** In the order of their beginning. */
  const kinds = new Map<string, RequestKind>()
  const filters: unknown[] = []
  const askedMs: number[] = []
  const listed: unknown[] = []
  const described: unknown[] = []
  let isSilent = false
  const world: World = new World()
  const { ssoAdmin } = intercept(world.ports, async ({ operation, args, proceed }) => {
    if (operation === 'describeAssignmentRequest') {
      described.push(args[1])
      askedMs.push(world.clock.monotonicMs())
      if (isSilent) throw noAnswer('DescribeAccountAssignmentCreationStatus')
      const requestId = String(args[1])
      const request = running.get(requestId)
      return request ? { requestId, state: 'IN_PROGRESS', target: request.target } : ended.get(requestId)
    }
    if (operation !== 'listAssignmentRequests') return proceed()
    askedMs.push(world.clock.monotonicMs())
    if (args[2] === undefined) listed.push(args[0])
    filters.push(args[1])
    if (isSilent) throw noAnswer('ListAccountAssignmentCreationStatus')
    const ids = sort(
      [...kinds].filter(([id, kind]) => kind === args[0] && (running.has(id) || ended.has(id))).map(([id]) => id),
    )
    const rows = ids.map((requestId) => ({ requestId, state: ended.get(requestId)?.state ?? 'IN_PROGRESS' }))
    const found = rows.filter(({ state }) => args[1] === undefined || state === args[1])
    const at = Number(args[2] ?? 0)
    const items = found.slice(at, at + most)
    return at + most < found.length ? { items, nextToken: String(at + most) } : { items }
  })
  const requests = new AssignmentRequests(
    { ...world.ports, ssoAdmin },
    { most: world.configuration.limits.outstanding, waitingIn: () => 0 },
  )
  const start = (requestId: string, kind: RequestKind = 'creation', of = target) => {
    kinds.set(requestId, kind)
    running.set(requestId, { kind, target: of })
  }
  const silence = (is: boolean) => {
    isSilent = is
  }
  const end = (requestId: string, state: 'SUCCEEDED' | 'FAILED' = 'SUCCEEDED', failureReason?: string) => {
    running.delete(requestId)
    ended.set(requestId, { state, failureReason })
  }
  return { world, requests, running, start, end, askedMs, listed, filters, described, silence }
}

const outcomeOf = (end: RequestEnd | 'still') => (end === 'still' ? end : end.outcome)

describe('a request that is waited for', () => {
  test('is over when its own status says so, and everyone who waits hears of it', async () => {
    const { world, requests, start, end } = open()
    start('one')
    start('two', 'deletion')
    const heard: string[] = []
    void requests.wait('creation', 'one', 60_000).then((found) => heard.push(`one ${outcomeOf(found)}`))
    void requests.wait('creation', 'one', 60_000).then((found) => heard.push(`one ${outcomeOf(found)}`))
    void requests.wait('deletion', 'two', 60_000).then((found) => heard.push(`two ${outcomeOf(found)}`))
    await world.clock.advance(5_000)
    expect(heard).toEqual([])
    end('one')
    await world.clock.advance(300)
    expect(heard).toEqual(['one SUCCEEDED', 'one SUCCEEDED'])
    end('two', 'FAILED')
    await world.clock.advance(300)
    expect(heard).toEqual(['one SUCCEEDED', 'one SUCCEEDED', 'two FAILED'])
  })

  test.each([
    ['with the reason that AWS gives', 'no room', 'no room'],
    ['and says so where AWS gives no reason', undefined, 'Identity Center gave no reason'],
  ])('has FAILED %s', async (_, given, reason) => {
    const { world, requests, start, end } = open()
    start('one')
    const waited = requests.wait('creation', 'one', 60_000)
    end('one', 'FAILED', given)
    await world.clock.advance(300)
    expect(await waited).toEqual({ outcome: 'FAILED', reason })
  })

  test('is lost where Identity Center does not know it any more', async () => {
    const { world, requests } = open()
    const waited = requests.wait('creation', 'one', 60_000)
    await world.clock.advance(300)
    expect(await waited).toEqual({ outcome: 'lost' })
    expect(requests.unattended).toBe(0)
  })

  test('is described without a listing where it is the only one of its kind', async () => {
    const { world, requests, start, end, listed, described } = open()
    for (const kind of ['creation', 'deletion'] as const) {
      start(kind, kind)
      requests.watch(kind, kind)
    }
    await world.clock.advance(201)
    end('creation')
    await world.clock.advance(200)
    expect(listed).toEqual([])
    expect(described).toEqual(['creation', 'deletion', 'creation', 'deletion'])
    expect(requests.unattended).toBe(1)
    requests.stop()
  })

  test('is still in progress when nobody wants to wait any longer, and counts as unattended then', async () => {
    const { world, requests, start } = open()
    start('one')
    expect(requests.unattended).toBe(0)
    const waited = requests.wait('creation', 'one', 1_000)
    await world.clock.advance(999)
    expect(requests.unattended).toBe(0)
    await world.clock.advance(2)
    expect(await waited).toBe('still')
    expect(requests.unattended).toBe(1)
    requests.stop()
  })

  test('is asked for every 200 ms while nothing is known of how long requests take', async () => {
    const { world, requests, start, askedMs } = open()
    for (const id of ['r0', 'r1', 'r2', 'r3', 'r4']) {
      start(id)
      requests.watch('creation', id)
    }
    await world.clock.advance(801)
    expect([...new Set(askedMs)]).toEqual([200, 400, 600, 800])
    requests.stop()
  })

  test('is asked for when its answer may be due, by what earlier ones took, and not before', async () => {
    const { world, requests, start, end, askedMs } = open()
    const make = async (id: string) => {
      start(id)
      const patience = { ms: 1_000, signal: new AbortController().signal }
      await requests.make('creation', target, patience, async () => ({ is: 'accepted', requestId: id }))
    }
    for (let index = 0; index < 10; index++) {
      await make(`r${index}`)
      await world.clock.advance(4_000)
      end(`r${index}`)
      await world.clock.advance(1_000)
    }
    await make('last')
    const madeMs = world.clock.monotonicMs()
    await world.clock.advance(4_500)
    const [first = 0, second = 0] = askedMs.filter((ms) => ms >= madeMs).map((ms) => ms - madeMs)
    expect(first).toBeGreaterThan(3_500)
    expect(first).toBeLessThan(4_100)
    expect(second - first).toBeGreaterThanOrEqual(200)
    requests.stop()
  })

  test('is asked for more often where the next of its account waits for it', async () => {
    const { world, requests, start, askedMs } = open()
    start('one')
    requests.watch('creation', 'one', target)
    await world.clock.advance(8_000)
    const patience = { ms: 20_000, signal: new AbortController().signal }
    const before = askedMs.length
    void requests.make('creation', target, patience, async () => ({ is: 'not-now', reason: 'a test' }))
    await world.clock.advance(8_000)
    const pauses = (of: readonly number[]) => of.slice(1).map((ms, index) => ms - (of[index] ?? 0))
    expect(Math.max(...pauses(askedMs.slice(before)))).toBeLessThan(16_000 / 24)
    expect(Math.max(...pauses(askedMs.slice(before)))).toBeGreaterThan(16_000 / 32)
    requests.stop()
  })

  test('is not over because the service does not answer, which the log tells', async () => {
    const { world, requests, start, end, silence } = open()
    start('one')
    const waited = requests.wait('creation', 'one', 60_000)
    silence(true)
    end('one')
    await world.clock.advance(1_000)
    expect(requests.unattended).toBe(0)
    expect(world.log.lines[0]).toMatchObject({ level: 'warn', fields: { kind: 'creation', error: expect.anything() } })
    silence(false)
    await world.clock.advance(300)
    expect(await waited).toEqual({ outcome: 'SUCCEEDED' })
  })

  test('is not asked for after the end of a slice, nor where there is none', async () => {
    const { world, requests, running, start, askedMs } = open()
    await world.clock.advance(5_000)
    expect(askedMs).toEqual([])
    start('one')
    requests.watch('creation', 'one')
    await world.clock.advance(250)
    expect(askedMs.length).toBeGreaterThan(0)
    running.clear()
    await world.clock.advance(1_000)
    const until = askedMs.length
    await world.clock.advance(5_000)
    expect(askedMs).toHaveLength(until)
    start('two')
    requests.watch('creation', 'two')
    requests.stop()
    await world.clock.advance(5_000)
    expect(askedMs).toHaveLength(until)
  })

  test('of one kind only has the other kind not listed', async () => {
    const { world, requests, start, listed } = open()
    for (const id of ['one', 'two', 'three']) {
      start(id, 'deletion')
      requests.watch('deletion', id)
    }
    await world.clock.advance(250)
    expect(new Set(listed)).toEqual(new Set(['deletion']))
    requests.stop()
  })
})

describe('many requests', () => {
  const ids = ['r0', 'r1', 'r2', 'r3']

  /** All of them are waited for: their ends, as they are heard of. */
  function openMany(page?: Page) {
    const opened = open(page)
    const heard = new Map<string, RequestEnd | 'still'>()
    for (const id of ids) {
      opened.start(id)
      void opened.requests.wait('creation', id, 60_000).then((end) => heard.set(id, end))
    }
    return { ...opened, heard }
  }

  test('that SUCCEEDED are known from one page, and those that FAILED are described', async () => {
    const { world, requests, end, heard, described, filters } = openMany({ most: 100 })
    await world.clock.advance(201)
    expect(filters).toEqual([undefined])
    end('r0')
    end('r1', 'FAILED', 'no room')
    end('r3')
    await world.clock.advance(200)
    expect(filters).toEqual([undefined, undefined])
    expect(described).toEqual(['r1'])
    const succeeded = { outcome: 'SUCCEEDED' }
    expect(Object.fromEntries(heard)).toEqual({
      r0: succeeded,
      r1: { outcome: 'FAILED', reason: 'no room' },
      r3: succeeded,
    })
    requests.stop()
  })

  test('some of which others have pushed off the page are looked for among those in progress, then described', async () => {
    const { world, requests, end, heard, described, filters } = openMany({ most: 3 })
    end('r0')
    await world.clock.advance(201)
    expect(filters).toEqual([undefined, 'IN_PROGRESS'])
    expect(described).toEqual(['r0'])
    expect([...heard.keys()]).toEqual(['r0'])
    requests.stop()
  })

  test('are looked for among those in progress only, once a page has shown that the newest are not listed first', async () => {
    const { world, requests, end, heard, described, filters } = openMany({ most: 1, sort: (all) => all })
    await world.clock.advance(201)
    expect(filters.slice(0, 2)).toEqual([undefined, 'IN_PROGRESS'])
    end('r3')
    await world.clock.advance(200)
    expect(filters.slice(1)).not.toContain(undefined)
    expect(described).toEqual(['r3'])
    expect([...heard]).toEqual([['r3', { outcome: 'SUCCEEDED' }]])
    requests.stop()
  })

  test('are judged right in whatever order and on however long pages they are listed', async () => {
    const outcome = fc.constantFrom('SUCCEEDED', 'FAILED', 'IN_PROGRESS', 'lost')
    const drawn = fc.record({
      outcomes: fc.array(outcome, { minLength: 1, maxLength: 6 }),
      others: fc.nat(6),
      most: fc.integer({ min: 1, max: 8 }),
      order: fc.array(fc.nat(), { minLength: 12, maxLength: 12 }),
    })
    await fc.assert(
      fc.asyncProperty(drawn, async ({ outcomes, others, most, order }) => {
        const rankOf = (id: string) => order[Number(id.slice(1))] ?? 0
        const { world, requests, running, start, end } = open({
          most,
          sort: (all) => all.toSorted((a, b) => rankOf(a) - rankOf(b)),
        })
        for (let index = outcomes.length; index < outcomes.length + others; index++) {
          start(`r${index}`)
          end(`r${index}`)
        }
        const waited = outcomes.map((_, index) => {
          start(`r${index}`)
          return requests.wait('creation', `r${index}`, 1_000)
        })
        for (const [index, state] of outcomes.entries()) {
          if (state === 'lost') running.delete(`r${index}`)
          else if (state !== 'IN_PROGRESS') end(`r${index}`, state)
        }
        await world.clock.advance(1_001)
        const ends = await Promise.all(waited)
        expect(ends.map(outcomeOf)).toEqual(outcomes.map((state) => (state === 'IN_PROGRESS' ? 'still' : state)))
        requests.stop()
      }),
      { numRuns: runsOf(100) },
    )
  })
})

describe('requests of a dispatcher before us', () => {
  test('are found with what they are about, on whatever page and of either kind', async () => {
    const { world, requests, start } = open()
    const other = { ...target, principalType: 'USER' as const }
    start('one')
    start('two', 'creation', other)
    start('three', 'deletion', { ...target, accountId: accountId.parse('233000000001') })
    await world.finish(requests.recover())
    expect(requests.findInProgress(target)).toEqual({ kind: 'creation', requestId: 'one' })
    expect(requests.findInProgress(other)).toEqual({ kind: 'creation', requestId: 'two' })
    expect(requests.unattended).toBe(3)
    requests.stop()
  })

  test.each([
    ['another account', { accountId: accountId.parse('233000000001') }],
    [
      'another permission set',
      {
        permissionSetArn: permissionSetArn.parse(
          'arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-ffffffffffffffff',
        ),
      },
    ],
    ['another principal', { principalId: principalId.parse('99999999-2222-3333-4444-555555555555') }],
    ['another type', { principalType: 'USER' as const }],
  ])('about %s are not about this assignment', async (_, change) => {
    const { world, requests, start } = open()
    start('one', 'deletion', { ...target, ...change })
    await world.finish(requests.recover())
    expect(requests.findInProgress(target)).toBeUndefined()
    expect(requests.findInProgress({ ...target, ...change })?.requestId).toBe('one')
    requests.stop()
  })

  test('are not described where we know them; what has ended since is not watched', async () => {
    const { world, requests, running, start, described } = open()
    start('ours')
    requests.watch('creation', 'ours', target)
    start('theirs', 'deletion')
    // At once, before the first round of polling.
    await requests.recover()
    await requests.recover()
    expect(described).toEqual(['theirs'])
    expect(requests.unattended).toBe(2)
    running.clear()
    await world.clock.advance(1_000)
    expect(requests.unattended).toBe(0)
    requests.stop()
  })

  test('that somebody waits for already get to know what they are about, and are waited for all the same', async () => {
    const { world, requests, running, start } = open()
    start('one')
    const waited = requests.wait('creation', 'one', 60_000)
    expect(requests.findInProgress(target)).toBeUndefined()
    await world.finish(requests.recover())
    expect(requests.findInProgress(target)).toEqual({ kind: 'creation', requestId: 'one' })
    running.clear()
    await world.clock.advance(500)
    expect(await waited).toEqual({ outcome: 'lost' })
    expect(requests.findInProgress(target)).toBeUndefined()
  })
})

describe('calls without an answer', () => {
  test('keep the last slots until requests can be looked for, however long that takes, and no longer', async () => {
    const { world, requests, silence } = open()
    const { outstanding } = world.configuration.limits
    const { signal } = new AbortController()
    const make = (index: number, is: 'unknown' | 'accepted') => {
      const of = { ...target, accountId: accountId.parse(String(233_000_000_000 + index)) }
      const answer: CallAnswer = is === 'unknown' ? { is, reason: 'no answer' } : { is, requestId: 'next' }
      return world.finish(requests.make('creation', of, { ms: 15_000, signal }, async () => answer))
    }
    silence(true)
    for (let index = 0; index < outstanding; index++)
      expect(await make(index, 'unknown')).toMatchObject({ is: 'unknown' })
    await world.clock.advance(120_000)
    expect(await make(outstanding, 'accepted')).toBeUndefined()
    silence(false)
    expect(await make(outstanding, 'accepted')).toMatchObject({ is: 'accepted' })
    requests.stop()
  })
})

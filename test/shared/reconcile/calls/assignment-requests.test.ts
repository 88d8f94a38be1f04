import { describe, expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/account-id.ts'
import { permissionSetArn, principalId } from '../../../../shared/domain/identity-center-ids.ts'
import type { AssignmentRequest, AssignmentTarget, RequestKind } from '../../../../shared/ports/sso-admin.ts'
import { AssignmentRequests, type RequestEnd } from '../../../../shared/reconcile/calls/assignment-requests.ts'
import { intercept, noAnswer } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const target: AssignmentTarget = {
  accountId: accountId.parse('233000000002'),
  permissionSetArn: permissionSetArn.parse('arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef'),
  principalId: principalId.parse('11111111-2222-3333-4444-555555555555'),
  principalType: 'GROUP',
}

/** The service knows the requests in `running` as in progress, those in `ended` with their status, and no others. */
function open() {
  const running = new Map<string, { kind: RequestKind; target: AssignmentTarget }>()
  const ended = new Map<string, Pick<AssignmentRequest, 'state' | 'failureReason'>>()
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
    listed.push(args[0])
    if (isSilent) throw noAnswer('ListAccountAssignmentCreationStatus')
    const ids = [...running].filter(([, { kind }]) => kind === args[0]).map(([requestId]) => requestId)
    // A page each.
    const at = Number(args[2] ?? 0)
    const items = ids.slice(at, at + 1).map((requestId) => ({ requestId, state: 'IN_PROGRESS' }))
    return at + 1 < ids.length ? { items, nextToken: String(at + 1) } : { items }
  })
  const requests = new AssignmentRequests({ ...world.ports, ssoAdmin }, world.configuration.limits.outstanding)
  const start = (requestId: string, kind: RequestKind = 'creation', of = target) =>
    running.set(requestId, { kind, target: of })
  const silence = (is: boolean) => {
    isSilent = is
  }
  const end = (requestId: string, state: 'SUCCEEDED' | 'FAILED' = 'SUCCEEDED', failureReason?: string) => {
    running.delete(requestId)
    ended.set(requestId, { state, failureReason })
  }
  return { world, requests, running, start, end, askedMs, listed, described, silence }
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

  test.each([
    [2, 0],
    [3, 1],
  ])(
    'is described without a listing while there are two of a kind: of %i, %i listings a round',
    async (count, listings) => {
      const { world, requests, start, end, listed, described } = open()
      const ids = Array.from({ length: count }, (_, index) => `r${index}`)
      for (const id of ids) {
        start(id)
        requests.watch('creation', id)
      }
      await world.clock.advance(201)
      expect(listed.length > 0).toBe(listings > 0)
      expect(described).toEqual(listings === 0 ? ids : [])
      // Of many, only one that is not listed any more is described.
      end('r0')
      const before = described.length
      await world.clock.advance(200)
      expect(described.slice(before)).toEqual(listings === 0 ? ids : ['r0'])
      expect(requests.unattended).toBe(count - 1)
      requests.stop()
    },
  )

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

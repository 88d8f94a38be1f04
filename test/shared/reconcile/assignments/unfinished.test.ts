import { describe, expect, test } from '@jest/globals'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { type Interceptor, noAnswer } from '../../../intercept.ts'
import { Settling } from '../../../settling.ts'

const ten = '2026-03-03T10:00:00.000Z'
const nine = '2026-03-03T09:00:00.000Z'
const minute = 60_000
const busy = new ServiceError('sso-admin', 'ConflictException', 'There is a conflicting operation in process.')

/** Whatever else is asked passes. */
const answering =
  (operation: string, answer: (call: Parameters<Interceptor>[0]) => unknown): Interceptor =>
  async (call) =>
    call.operation === operation ? answer(call) : call.proceed()

function refusing(operation: string, error: Error): Interceptor {
  return answering(operation, () => {
    throw error
  })
}

describe('a creation that Identity Center refuses in passing', () => {
  test('leaves no entry, and is put off after five minutes', async () => {
    const bench = new Settling({ interceptor: refusing('createAccountAssignment', busy) })
    await bench.upload()
    const beganMs = bench.world.clock.monotonicMs()
    expect(await bench.settle()).toMatchObject({ result: 'open', reason: `ConflictException: ${busy.message}` })
    const tookMs = bench.world.clock.monotonicMs() - beganMs
    expect(tookMs).toBeGreaterThanOrEqual(5 * minute)
    expect(tookMs).toBeLessThan(6 * minute)
    expect(await bench.world.namedKeys('assignments/')).toEqual([])
    expect(await bench.world.keys('history/')).toEqual([])
    expect(await bench.world.keys('state/open/')).toHaveLength(1)
    // One look serves them all.
    expect(bench.calls('ListAccountAssignments')).toBe(1)
  })

  test('leaves an entry as it was before', async () => {
    const bench = new Settling({ interceptor: refusing('createAccountAssignment', busy) })
    const link = await bench.upload()
    const call = {
      kind: 'deletion' as const,
      calledAt: nine,
      answeredAt: nine,
      outcome: 'SUCCEEDED' as const,
      endedAt: nine,
    }
    await bench.own({ state: 'revoking', call, grantedAt: nine, links: [link] })
    expect(await bench.settle()).toMatchObject({ result: 'open' })
    expect(await bench.entry()).toMatchObject({ state: 'revoking', call, grantedAt: nine, attempts: 1 })
    expect((await bench.entry())?.lastCreation).toBeUndefined()
  })
})

test('a deletion that Identity Center refuses for five minutes is put off, and the access is as before', async () => {
  const bench = new Settling({ interceptor: refusing('deleteAccountAssignment', busy) })
  bench.world.ssoAdmin.addAssignment(bench.target())
  await bench.own({ grantedAt: nine })
  const beganMs = bench.world.clock.monotonicMs()
  expect(await bench.settle()).toMatchObject({ result: 'open', reason: `ConflictException: ${busy.message}` })
  expect(bench.world.clock.monotonicMs() - beganMs).toBeLessThan(7 * minute)
  const entry = await bench.entry()
  expect(entry).toMatchObject({ state: 'granted', attempts: 1 })
  const twin = `state/open/urgent/${entry?.openUntil}%${bench.ledgerKey.replace('assignments/', '')}`
  expect(await bench.world.keys('state/open/')).toEqual([twin])

  // The link is back: its next attempt takes nothing away.
  await bench.upload()
  await bench.settle()
  expect(await bench.world.keys('state/open/')).toEqual([])
})

test('a deletion that AWS goes on refusing hinders no grants after three attempts', async () => {
  const bench = new Settling({
    interceptor: refusing('deleteAccountAssignment', new ServiceError('sso-admin', 'AccessDeniedException', 'no')),
  })
  bench.world.ssoAdmin.addAssignment(bench.target())
  await bench.own({ grantedAt: nine })
  const isUrgent: boolean[] = []
  for (let attempts = 1; attempts <= 5; attempts++) {
    expect(await bench.settle()).toMatchObject({ result: 'open' })
    const [twin, ...more] = await bench.world.keys('state/open/')
    expect(more).toEqual([])
    isUrgent.push(twin?.startsWith('state/open/urgent/') ?? false)
    await bench.world.clock.advance(1_000)
  }
  expect(isUrgent).toEqual([true, true, true, false, false])
})

describe('a creation whose answer is lost', () => {
  test('is found in progress by what it is about, and is not sent again', async () => {
    let creations = 0
    const bench = new Settling({
      interceptor: answering('createAccountAssignment', async ({ proceed }) => {
        await proceed()
        creations++
        throw noAnswer('CreateAccountAssignment')
      }),
    })
    await bench.upload()
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
    expect(creations).toBe(1)
    const entry = await bench.entry()
    expect(entry).toMatchObject({ state: 'granted', call: { outcome: 'SUCCEEDED', id: expect.any(String) } })
  })

  test('is sent again where no request for it is in progress any more, and remembered until 15 minutes are over', async () => {
    let isLost = true
    const bench = new Settling({
      interceptor: answering('createAccountAssignment', async ({ proceed }) => {
        if (!isLost) return proceed()
        isLost = false
        throw noAnswer('CreateAccountAssignment')
      }),
    })
    await bench.upload()
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
    expect(await bench.entry()).toMatchObject({ state: 'granted', unansweredAt: ten })
    await bench.world.objects.delete(bench.link)
    await bench.world.clock.advance(5 * minute)
    expect(await bench.settle()).toMatchObject({ result: 'open' })
    expect(bench.world.ssoAdmin.assignments()).toEqual([])
    await bench.world.clock.advance(10 * minute)
    expect(await bench.settle()).toMatchObject({ result: 'absent' })
  })
})

describe('a request that Identity Center does not know', () => {
  test('is one of before: it is sent again, which changes nothing where it took effect', async () => {
    const bench = new Settling()
    const link = await bench.upload()
    const call = { kind: 'creation' as const, calledAt: nine, answeredAt: nine, id: 'forgotten' }
    await bench.own({ state: 'granting', links: [link], call, lastCreation: call })
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
    expect(bench.calls('CreateAccountAssignment')).toBe(1)
  })

  test('though it has just accepted it puts the access off, and is sent once', async () => {
    let isKnown = false
    const bench = new Settling({
      interceptor: answering('describeAssignmentRequest', ({ proceed }) => (isKnown ? proceed() : undefined)),
    })
    await bench.upload()
    const reason = 'Identity Center does not know the request that it accepted'
    expect(await bench.settle()).toMatchObject({ result: 'open', reason })
    expect(bench.calls('CreateAccountAssignment')).toBe(1)
    expect(await bench.entry()).toMatchObject({ state: 'granting', reason, call: { id: expect.any(String) } })
    isKnown = true
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
    expect(bench.calls('CreateAccountAssignment')).toBe(1)
  })

  test('as a deletion that it has just accepted is sent once, too', async () => {
    const bench = new Settling({ interceptor: answering('describeAssignmentRequest', () => undefined) })
    bench.world.ssoAdmin.addAssignment(bench.target())
    await bench.own({ grantedAt: nine })
    expect(await bench.settle()).toMatchObject({ result: 'open' })
    expect(bench.calls('DeleteAccountAssignment')).toBe(1)
    await bench.world.clock.advance(5 * minute)
    expect(await bench.settle()).toMatchObject({ result: 'absent' })
    expect(await bench.history()).toEqual(['adopted', 'revoked'])
  })
})

describe('what is put off', () => {
  const dueOf = async (bench: Settling) => Date.parse((await bench.entry())?.openUntil ?? '') - Date.parse(ten)
  const refused = { kind: 'creation' as const, calledAt: ten, answeredAt: ten, outcome: 'FAILED' as const }

  test('is looked at again no later than a listing counts, however often it was put off before', async () => {
    const bench = new Settling()
    bench.world.ssoAdmin.addAssignment(bench.target())
    const link = await bench.upload()
    await bench.own({ state: 'failed', call: refused, links: [link], attempts: 12 })
    expect(await bench.settle()).toMatchObject({ result: 'open', reason: expect.stringContaining('five minutes') })
    expect(await dueOf(bench)).toBe(5 * minute)
    expect(await bench.entry()).toMatchObject({ attempts: 13 })
  })

  test('is looked at again no later than the 15 minutes of an unanswered creation are over', async () => {
    const bench = new Settling()
    await bench.own({ state: 'failed', call: refused, unansweredAt: ten, attempts: 12 })
    await bench.world.clock.advance(5 * minute)
    expect(await bench.settle()).toMatchObject({ result: 'open', reason: expect.stringContaining('15 minutes') })
    expect(await dueOf(bench)).toBe(15 * minute)
  })

  test('has one twin, that of its next attempt', async () => {
    const bench = new Settling({
      interceptor: refusing('createAccountAssignment', new ServiceError('sso-admin', 'ValidationException', 'no')),
    })
    await bench.upload()
    for (let attempts = 1; attempts <= 2; attempts++) {
      expect(await bench.settle()).toMatchObject({ result: 'open' })
      const entry = await bench.entry()
      expect(entry).toMatchObject({ state: 'failed', attempts })
      expect(await bench.world.keys('state/open/')).toEqual([
        `state/open/${entry?.openUntil}%${bench.ledgerKey.replace('assignments/', '')}`,
      ])
      await bench.world.clock.advance(1_000)
    }
  })
})

test('a link that is deleted while an earlier request is waited for grants nothing', async () => {
  let state: 'IN_PROGRESS' | 'FAILED' = 'IN_PROGRESS'
  const bench: Settling = new Settling({
    interceptor: answering('describeAssignmentRequest', () => ({ requestId: 'theirs', state, target: bench.target() })),
  })
  const link = await bench.upload()
  const call = { kind: 'deletion' as const, calledAt: nine, answeredAt: nine, id: 'theirs' }
  await bench.own({ state: 'revoking', links: [link], call, grantedAt: nine })
  void bench.world.clock.sleep(minute).then(async () => {
    await bench.world.objects.delete(bench.link)
    state = 'FAILED'
  })
  await bench.settle()
  expect(bench.calls('CreateAccountAssignment')).toBe(0)
})

/** A check that fails each time with its link there: the entry is prepared and taken back without end. */
function circling(): Settling {
  let isPrepared = false
  const bench: Settling = new Settling({
    interceptor: async ({ operation, args, proceed }) => {
      if (operation === 'put' && args[0] === bench.ledgerKey) isPrepared = true
      if (operation !== 'get' || args[0] !== bench.link || !isPrepared) return proceed()
      isPrepared = false
      await bench.world.objects.delete(bench.link)
      const answer = await proceed()
      await bench.upload()
      return answer
    },
  })
  return bench
}

test('a circle of steps is put off with the facts in its reason, and does not end the dispatcher', async () => {
  const bench = circling()
  await bench.upload()
  expect(await bench.settle()).toMatchObject({
    result: 'open',
    reason: expect.stringMatching(
      /^its evaluation did not end after 60 steps, which is a defect of ssofile; .*"wish":\{"is":"wanted"/,
    ),
  })
  expect(bench.calls('CreateAccountAssignment')).toBe(0)
  expect(await bench.world.keys('state/open/')).toHaveLength(1)
  expect(bench.world.log.lines).toContainEqual(
    expect.objectContaining({ level: 'error', message: 'an assignment goes round in circles' }),
  )
})

test('the facts of a circle have no earlier reasons in them, which would double each time', async () => {
  let isAway = false
  const bench: Settling = new Settling({
    interceptor: async ({ operation, args, proceed }) => {
      if (operation === 'put' && args[0] === bench.ledgerKey) isAway = String(args[1]).includes('granting')
      if (operation !== 'get' || args[0] !== bench.link || !isAway) return proceed()
      isAway = false
      return undefined
    },
  })
  await bench.upload()
  await bench.own({ state: 'failed', reason: 'as before', missingSince: nine, grantedAt: nine })
  const told = JSON.stringify(await bench.settle())
  expect(told).toContain('its evaluation did not end after 60 steps')
  expect(told).toContain(bench.target().principalId)
  expect(told).not.toContain('as before')
})

import { describe, expect, test } from '@jest/globals'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import type { SsoAdmin } from '../../../../shared/ports/sso-admin.ts'
import {
  isTooManyOutstanding,
  limitSsoAdmin,
  NotStartedError,
} from '../../../../shared/reconcile/calls/limited-sso-admin.ts'
import { type Priority, RateLimiter } from '../../../../shared/reconcile/calls/rate-limiter.ts'
import { type InterceptedCall, intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

/** Every operation, and whom it waits behind. */
const priorities: Record<keyof SsoAdmin, Priority> = {
  instance: 'background',
  getPermissionSetsEnabled: 'grant',
  createAccountAssignment: 'grant',
  deleteAccountAssignment: 'revocation',
  describeAssignmentRequest: 'grant',
  listAssignmentRequests: 'poll',
  listAccountAssignments: 'grant',
  listAccountAssignmentsForPrincipal: 'background',
  listPermissionSets: 'background',
  describePermissionSet: 'background',
  createPermissionSet: 'grant',
  updatePermissionSet: 'grant',
  deletePermissionSet: 'grant',
  listTagsForResource: 'grant',
  tagResource: 'grant',
  untagResource: 'grant',
  listManagedPolicies: 'grant',
  attachManagedPolicy: 'grant',
  detachManagedPolicy: 'grant',
  listCustomerManagedPolicies: 'grant',
  attachCustomerManagedPolicy: 'grant',
  detachCustomerManagedPolicy: 'grant',
  getInlinePolicy: 'grant',
  putInlinePolicy: 'grant',
  deleteInlinePolicy: 'grant',
  getPermissionsBoundary: 'grant',
  putPermissionsBoundary: 'grant',
  deletePermissionsBoundary: 'grant',
  provisionPermissionSet: 'grant',
  describeProvisioning: 'poll',
  listProvisionings: 'poll',
  listAccountsForProvisionedPermissionSet: 'grant',
  listPermissionSetsProvisionedToAccount: 'grant',
  describeAttributes: 'grant',
  createAttributes: 'grant',
  updateAttributes: 'grant',
  listApplications: 'grant',
  getApplicationScope: 'grant',
}
const operations = Object.keys(priorities).filter((name): name is keyof SsoAdmin => name in priorities)
const isWrite = (operation: keyof SsoAdmin) => !/^(list|describe|get|instance)/.test(operation)

class WatchedLimiter extends RateLimiter {
  readonly acquired: Priority[] = []
  readonly places: number[] = []
  readonly pausesMs: number[] = []

  override acquire(priority: Priority, places = 1): Promise<() => void> {
    this.acquired.push(priority)
    this.places.push(places)
    return super.acquire(priority, places)
  }

  override pause(ms: number): void {
    this.pausesMs.push(ms)
    super.pause(ms)
  }
}

const given = ['first', 'second', 'third']
type Terms = Partial<Parameters<typeof limitSsoAdmin>[2]>

/** Every call of the service is answered by `answer`. */
function open(answer: (call: InterceptedCall) => unknown, terms: Terms = {}) {
  const world = new World()
  const calls: InterceptedCall[] = []
  const ports = intercept(world.ports, async (call) => {
    calls.push(call)
    return answer(call)
  })
  const limiter = new WatchedLimiter(world.clock, 20)
  const limited = limitSsoAdmin(ports, limiter, { mayStart: () => true, holdsLease: () => true, ...terms })
  const call = (operation: keyof SsoAdmin): Promise<unknown> => {
    const answered: Promise<unknown> = Reflect.apply(limited[operation], limited, given)
    return world.finish(answered)
  }
  return { calls, limiter, call, metrics: world.metrics }
}

const refusal = new ServiceError('sso-admin', 'AccessDeniedException', 'no')
const throttling = new ServiceError('sso-admin', 'ThrottlingException', 'Rate exceeded')
const outstanding = new ServiceError('sso-admin', 'ThrottlingException', 'Too many requests processing')
const failsWith = (error: Error) => () => {
  throw error
}

describe('SSO Admin behind the limiter', () => {
  test.each(operations)('%s is passed on as it is, once, in its turn', async (operation) => {
    const { calls, limiter, call } = open(() => 'answer')
    expect(await call(operation)).toBe('answer')
    expect(calls).toHaveLength(1)
    expect(calls[0]?.operation).toBe(operation)
    expect(calls[0]?.args).toEqual(given)
    expect(limiter.acquired).toEqual([priorities[operation]])
    // A missing boundary is followed by DescribePermissionSet.
    expect(limiter.places).toEqual([operation === 'getPermissionsBoundary' ? 2 : 1])
  })

  test.each(operations)('%s waits behind the calls of others where it is made in the background', async (operation) => {
    let told = 0
    const { limiter, call } = open(() => 'answer', { background: () => told++ })
    await call(operation)
    expect(limiter.acquired).toEqual(['background'])
    expect(told).toBe(1)
  })

  test.each(operations.filter(isWrite))(
    '%s is never repeated: only reading back tells what became of it',
    async (operation) => {
      const { calls, call } = open(failsWith(throttling))
      await expect(call(operation)).rejects.toBe(throttling)
      expect(calls).toHaveLength(1)
    },
  )

  test('what AWS throttles is counted, each time', async () => {
    const { call, metrics } = open(failsWith(throttling))
    await expect(call('deleteAccountAssignment')).rejects.toBe(throttling)
    expect(metrics.sumOf('Throttles')).toBe(1)
    await expect(call('describePermissionSet')).rejects.toBe(throttling)
    expect(metrics.sumOf('Throttles')).toBe(7)
    const refused = open(failsWith(refusal))
    await expect(refused.call('describePermissionSet')).rejects.toBe(refusal)
    expect(refused.metrics.names).toEqual([])
  })

  test.each(operations.filter(isWrite))('%s is not made when nothing may be started any more', async (operation) => {
    const { calls, call } = open(() => 'answer', { mayStart: () => false })
    await expect(call(operation)).rejects.toBeInstanceOf(NotStartedError)
    expect(calls).toEqual([])
  })

  test.each(operations.filter((operation) => !isWrite(operation)))(
    '%s is read also when nothing may be started any more',
    async (operation) => {
      const { call } = open(() => 'answer', { mayStart: () => false })
      expect(await call(operation)).toBe('answer')
    },
  )

  test.each(operations)('%s is not made once the lease may be lost', async (operation) => {
    let told = 0
    const { calls, call } = open(() => 'answer', { holdsLease: () => false, background: () => told++ })
    await expect(call(operation)).rejects.toThrow('the dispatcher starts nothing more; the call was not made')
    expect(calls).toEqual([])
    expect(told).toBe(0)
  })

  test.each(operations.filter((operation) => !isWrite(operation)))(
    '%s is read six times at most where it is throttled',
    async (operation) => {
      const { calls, limiter, call } = open(failsWith(throttling))
      await expect(call(operation)).rejects.toBe(throttling)
      expect(calls).toHaveLength(6)
      expect(limiter.acquired).toHaveLength(6)
    },
  )

  test('a read that failed in passing is repeated, ever later; one that was refused is not', async () => {
    let failures = 3
    const passing = open(() => {
      if (failures-- > 0) throw new ServiceError('sso-admin', 'InternalServerException', 'oops')
      return 'answer'
    })
    expect(await passing.call('getInlinePolicy')).toBe('answer')
    expect(passing.calls).toHaveLength(4)
    const refused = open(failsWith(refusal))
    await expect(refused.call('getInlinePolicy')).rejects.toBe(refusal)
    expect(refused.calls).toHaveLength(1)
  })

  test('the whole rate rests for half a second to a second when it is exceeded, by reads and writes alike', async () => {
    for (const operation of ['createAccountAssignment', 'getInlinePolicy'] as const) {
      const { limiter, call } = open(failsWith(throttling))
      await expect(call(operation)).rejects.toBe(throttling)
      expect(limiter.pausesMs.length).toBeGreaterThan(0)
      for (const ms of limiter.pausesMs) {
        expect(ms).toBeGreaterThanOrEqual(500)
        expect(ms).toBeLessThanOrEqual(1_000)
      }
    }
  })

  test.each([
    ['too many requests are outstanding', outstanding],
    ['a call is refused', refusal],
  ])('nothing rests when %s', async (_, error) => {
    const { limiter, call } = open(failsWith(error))
    await expect(call('createAccountAssignment')).rejects.toBe(error)
    expect(limiter.pausesMs).toEqual([])
  })

  test('a place is free again when its call failed', async () => {
    const { limiter, call } = open(failsWith(refusal))
    for (let time = 0; time < 60; time++) await expect(call('createAccountAssignment')).rejects.toBe(refusal)
    expect(limiter.acquired).toHaveLength(60)
  })
})

test('too many outstanding is told from too many a second by what the service says', () => {
  expect(isTooManyOutstanding(outstanding)).toBe(true)
  expect(isTooManyOutstanding(throttling)).toBe(false)
  expect(isTooManyOutstanding(new ServiceError('sso-admin', 'ConflictException', 'too many requests processing'))).toBe(
    false,
  )
})

import { describe, expect, test } from '@jest/globals'
import { accountId } from '../../../shared/domain/account-id.ts'
import { permissionSetArn } from '../../../shared/domain/identity-center-ids.ts'
import { permissionSetName } from '../../../shared/domain/permission-set-name.ts'
import { ServiceError } from '../../../shared/ports/service-error.ts'
import type { AssignmentTarget, RequestKind } from '../../../shared/ports/sso-admin.ts'
import { AssignmentRequests } from '../../../shared/reconcile/assignment-requests.ts'
import { type CallContext, callAssignment, isAssigned } from '../../../shared/reconcile/call-assignment.ts'
import { NotStartedError } from '../../../shared/reconcile/limited-sso-admin.ts'
import { type Interceptor, intercept, noAnswer } from '../../intercept.ts'
import { acme, World } from '../../world.ts'

const minutes = 60_000
const refusal = new ServiceError('sso-admin', 'AccessDeniedException', 'not you')

/** SSO Admin with one permission set, and whatever the interceptor makes of its calls. */
function open(interceptor: Interceptor = ({ proceed }) => proceed(), terms: Partial<CallContext> = {}) {
  const world = new World({
    organization: {
      ...acme(),
      assignments: [],
      permissionSets: [{ permissionSetName: permissionSetName.parse('Billing-ps') }],
    },
    wrap: (ports) => intercept(ports, interceptor),
  })
  const { ssoAdmin, clock, randomness, log } = world.ports
  const requests = new AssignmentRequests(ssoAdmin, clock, log)
  const ending = new AbortController().signal
  const patience = { refusals: 0 }
  const usual = { ssoAdmin, requests, clock, randomness, log, patience, ending, mayStart: () => true }
  const context: CallContext = { ...usual, ...terms }
  const principalId = world.identityStore.idOf('GROUP', 'team-Accountants')
  const arn = world.ssoAdmin.permissionSetArnOf('Billing-ps')
  if (!principalId || !arn) throw new Error('the fixture lacks what the test needs')
  const target: AssignmentTarget = {
    accountId: accountId.parse('233000000002'),
    permissionSetArn: permissionSetArn.parse(arn),
    principalId,
    principalType: 'GROUP',
  }
  const answered: string[] = []
  let beganMs = 0
  let refused = 0
  const tookMs = () => world.clock.monotonicMs() - beganMs
  const call = async (kind: RequestKind) => {
    const onRequest = async (requestId: string) => void answered.push(requestId)
    // Some slices are older than five minutes.
    await world.clock.advance(400_000)
    beganMs = world.clock.monotonicMs()
    for (;;) {
      const result = await world.finish(callAssignment({ kind, target }, context, onRequest))
      refused += result.outcome === 'refused' ? 1 : 0
      if (result.outcome === 'refused') continue
      requests.stop()
      return result
    }
  }
  const count = (operation: string) => world.calls.filter((one) => one === operation).length
  return { world, target, call, count, answered, context, tookMs, refused: () => refused }
}

/** Throws these one after the other at the calls of this operation, before they are made. */
function failing(operation: string, ...errors: readonly Error[]): Interceptor {
  const left = [...errors]
  return async (call) => {
    const error = call.operation === operation ? left.shift() : undefined
    if (error) throw error
    return call.proceed()
  }
}

test('a request that was accepted counts as outstanding also where its id cannot be recorded', async () => {
  const { world, target, context } = open()
  const call = callAssignment({ kind: 'creation', target }, context, async () => {
    throw new Error('the entry is spoiled')
  })
  await expect(world.finish(call)).rejects.toThrow('the entry is spoiled')
  expect(context.requests.unattended).toBe(1)
  context.requests.stop()
})

describe('a call that changes an assignment', () => {
  test.each(['creation', 'deletion'] as const)(
    'is confirmed once reading back shows the %s, with its request told before',
    async (kind) => {
      const { world, target, call, count, answered } = open()
      if (kind === 'deletion') world.ssoAdmin.addAssignment(target)
      expect(await call(kind)).toEqual({ outcome: 'confirmed' })
      expect(world.ssoAdmin.isAssigned(target)).toBe(kind === 'creation')
      expect(answered).toHaveLength(1)
      expect(count('CreateAccountAssignment') + count('DeleteAccountAssignment')).toBe(1)
      expect(world.log.lines).toEqual([
        expect.objectContaining({ level: 'info', fields: { requestId: answered[0], kind } }),
      ])
    },
  )

  test.each([
    ['throttled', 3, new ServiceError('sso-admin', 'ThrottlingException', 'Rate exceeded')],
    ['in conflict with another', 3, new ServiceError('sso-admin', 'ConflictException', 'conflicting operation')],
    ['not started before its turn', 3, new NotStartedError()],
    ['without an answer and without effect', 0, noAnswer('CreateAccountAssignment')],
  ])('is repeated, later each time, when it is %s; whoever wants it is asked %i times', async (_, times, error) => {
    const { world, call, answered, tookMs, refused } = open(failing('createAccountAssignment', error, error, error))
    expect(await call('creation')).toEqual({ outcome: 'confirmed' })
    expect(refused()).toBe(times)
    expect(answered).toHaveLength(1)
    const told = world.log.lines.filter(({ message }) => message.startsWith('Identity Center did not take the request'))
    expect(told.map(({ fields }) => fields.attempt)).toEqual([1, 2, 3])
    // A quarter of 400, 800 and 1,600 ms at least.
    expect(tookMs()).toBeGreaterThan(700)
    expect(tookMs()).toBeLessThan(15_000)
  })

  test('is given up after five minutes of throttling: nothing was sent', async () => {
    const throttling = new ServiceError('sso-admin', 'ThrottlingException', 'Rate exceeded')
    const { world, call, count, tookMs } = open(
      failing('createAccountAssignment', ...Array.from({ length: 200 }, () => throttling)),
    )
    expect(await call('creation')).toEqual({
      outcome: 'unfinished',
      reason: 'ThrottlingException: Rate exceeded',
      sent: false,
    })
    expect(tookMs()).toBeGreaterThanOrEqual(5 * minutes)
    expect(tookMs()).toBeLessThan(5.5 * minutes)
    expect(count('CreateAccountAssignment')).toBe(0)
    // Never more than twenty seconds apart.
    expect(world.log.lines.length).toBeGreaterThan(15)
    expect(world.log.lines.length).toBeLessThan(50)
  })

  test('is not sent when nothing may be started any more', async () => {
    const { call, count } = open(undefined, { mayStart: () => false })
    expect(await call('creation')).toEqual({
      outcome: 'unfinished',
      reason: 'the dispatcher is ending its slice',
      sent: false,
    })
    expect(count('CreateAccountAssignment')).toBe(0)
  })

  test('that went unanswered and may be sent no more counts as sent', async () => {
    let may = 2
    const { call } = open(failing('createAccountAssignment', noAnswer('Create')), { mayStart: () => --may > 0 })
    expect(await call('creation')).toMatchObject({ outcome: 'unfinished', sent: true })
  })

  test.each(['creation', 'deletion'] as const)('a %s goes out with the signal that ends the slice', async (kind) => {
    const signals: unknown[] = []
    const { call, context } = open(async ({ operation, args, proceed }) => {
      if (/^(create|delete)AccountAssignment$/.test(operation)) signals.push(args[1])
      return proceed()
    })
    await call(kind).catch(() => undefined)
    expect(signals).toEqual([{ signal: context.ending }])
  })

  test.each([
    ['was not started', new NotStartedError()],
    ['was in conflict with another', new ServiceError('sso-admin', 'ConflictException', 'conflicting operation')],
  ])('that %s and may be sent no more was not sent', async (_, error) => {
    let may = 2
    const { call } = open(failing('createAccountAssignment', error), { mayStart: () => --may > 0 })
    expect(await call('creation')).toMatchObject({ outcome: 'unfinished', sent: false })
  })

  test('that is refused has failed for good, with the reason that AWS gave', async () => {
    const { call, answered } = open(failing('createAccountAssignment', refusal))
    expect(await call('creation')).toEqual({
      outcome: 'failed',
      reason: 'AccessDeniedException: not you',
      isOver: true,
      error: refusal,
    })
    expect(answered).toEqual([])
  })

  test('that is refused after another went unanswered has failed, but the other may take effect', async () => {
    const { call } = open(failing('createAccountAssignment', noAnswer('Create'), refusal))
    expect(await call('creation')).toMatchObject({ outcome: 'failed', isOver: false, error: refusal })
  })

  test.each(['creation', 'deletion'] as const)(
    'a %s whose answer was lost is found again, and not sent twice',
    async (kind) => {
      const operation = kind === 'creation' ? 'createAccountAssignment' : 'deleteAccountAssignment'
      let lost = 0
      const { world, target, call, count, answered } = open(async (one) => {
        const answer = await one.proceed()
        if (one.operation === operation && lost++ === 0) throw noAnswer(operation)
        return answer
      })
      if (kind === 'deletion') world.ssoAdmin.addAssignment(target)
      expect(await call(kind)).toEqual({ outcome: 'confirmed' })
      expect(world.ssoAdmin.isAssigned(target)).toBe(kind === 'creation')
      expect(count(kind === 'creation' ? 'CreateAccountAssignment' : 'DeleteAccountAssignment')).toBe(1)
      expect(answered).toHaveLength(1)
    },
  )

  test('is not taken for a request of the other kind that is in progress', async () => {
    const { world, target, call, answered } = open(failing('createAccountAssignment', noAnswer('Create')))
    world.ssoAdmin.addAssignment(target)
    const { requestId } = await world.ssoAdmin.deleteAccountAssignment(target)
    expect(await call('creation')).toEqual({ outcome: 'confirmed' })
    expect(answered).not.toContain(requestId)
  })

  test('an error that is no answer of the service is thrown', async () => {
    const bug = new TypeError('a bug')
    const { call } = open(failing('createAccountAssignment', bug))
    await expect(call('creation')).rejects.toBe(bug)
  })
})

describe('a request that ends, but not as intended', () => {
  /** The creation takes no effect, and this is what the service says of its request. */
  function openWith(described: object | undefined) {
    return open(async ({ operation, proceed }) => {
      if (operation === 'listAccountAssignments') return { items: [] }
      if (operation === 'describeAssignmentRequest') return described
      return proceed()
    })
  }

  test.each([
    [{ state: 'FAILED', failureReason: 'no such group' }, 'no such group', true],
    [{ state: 'FAILED' }, 'Identity Center gave no reason', true],
    [{ state: 'SUCCEEDED' }, 'the creation ended (SUCCEEDED), but the assignment is not there', false],
    [undefined, 'the creation ended (no longer known), but the assignment is not there', false],
  ])('has failed: %j', async (described, reason, isOver) => {
    expect(await openWith(described).call('creation')).toEqual({ outcome: 'failed', reason, isOver })
  })

  test('has failed where a deletion leaves the assignment', async () => {
    const { world, target, call } = open(async ({ operation, proceed }) => {
      if (operation === 'describeAssignmentRequest') return { state: 'SUCCEEDED' }
      if (operation === 'listAccountAssignments') return { items: [target] }
      return proceed()
    })
    world.ssoAdmin.addAssignment(target)
    expect(await call('deletion')).toMatchObject({
      outcome: 'failed',
      reason: 'the deletion ended (SUCCEEDED), but the assignment is still there',
    })
  })

  test('is looked at again while the service says that it is in progress, for five minutes in all', async () => {
    const { call, answered, tookMs } = openWith({ state: 'IN_PROGRESS' })
    expect(await call('creation')).toEqual({
      outcome: 'unfinished',
      reason: `request ${answered[0]} is still in progress`,
      sent: true,
    })
    expect(tookMs()).toBeGreaterThanOrEqual(5 * minutes)
    expect(tookMs()).toBeLessThan(5.2 * minutes)
  })

  test('is left in progress when it takes longer than five minutes', async () => {
    const { call, answered, tookMs } = open(async ({ operation, args, proceed }) => {
      if (operation === 'listAssignmentRequests' && args[0] === 'creation' && answered[0] !== undefined)
        return { items: [{ requestId: answered[0], state: 'IN_PROGRESS' }] }
      return proceed()
    })
    expect(await call('creation')).toMatchObject({ outcome: 'unfinished', sent: true })
    expect(tookMs()).toBeGreaterThanOrEqual(5 * minutes)
    expect(tookMs()).toBeLessThan(5.2 * minutes)
  })
})

describe('whether an assignment is there', () => {
  const listing = (items: (target: AssignmentTarget) => readonly object[]) => {
    const opened = open(async ({ operation, args, proceed }) => {
      if (operation !== 'listAccountAssignments') return proceed()
      const all = items(opened.target)
      return args[2] === undefined ? { items: all.slice(0, 1), nextToken: 'more' } : { items: all.slice(1) }
    })
    return isAssigned(opened.context.ssoAdmin, opened.target)
  }

  test('is told by a row of the same principal and type, on whatever page it stands', async () => {
    expect(await listing((target) => [target])).toBe(true)
    expect(await listing((target) => [{ ...target, principalId: 'other' }, target])).toBe(true)
    expect(await listing((target) => [{ ...target, principalId: 'other' }])).toBe(false)
    expect(await listing((target) => [{ ...target, principalType: 'USER' }])).toBe(false)
    expect(await listing(() => [])).toBe(false)
  })

  test('is no where the permission set is gone, and not known where it cannot be read', async () => {
    const gone = new ServiceError('sso-admin', 'ResourceNotFoundException', 'gone')
    for (const [error, expected] of [
      [gone, false],
      [refusal, refusal],
    ] as const) {
      const { context, target } = open(failing('listAccountAssignments', error))
      expect(await isAssigned(context.ssoAdmin, target).catch((thrown: unknown) => thrown)).toBe(expected)
    }
  })
})

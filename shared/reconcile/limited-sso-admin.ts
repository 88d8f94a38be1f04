import type { Ports } from '../ports/ports.ts'
import { isServiceError } from '../ports/service-error.ts'
import type { SsoAdmin } from '../ports/sso-admin.ts'
import type { Priority, RateLimiter } from './rate-limiter.ts'

const readAttemptsMost = 6
const pauseMs = 500

/** The slice ended, or the lease may be lost, while a write waited for its turn: it has not left. */
export class NotStartedError extends Error {
  override readonly name = 'NotStartedError'
  constructor() {
    super('the dispatcher starts nothing more; the call was not made')
  }
}

/**
 * SSO Admin behind the one limiter: every call of this process passes it. Reads are repeated when they are throttled or
 * fail in passing; writes never are, since only what is read back tells whether they took effect. A write whose turn
 * comes when nothing may be started any more (`mayStart`) is not made and throws NotStartedError; nor is any call once the
 * lease may be lost (`holdsLease`): a successor has all of the rate then. With `background` every call waits behind those
 * of others.
 */
export function limitSsoAdmin(
  { ssoAdmin: inner, clock, randomness }: Pick<Ports, 'ssoAdmin' | 'clock' | 'randomness'>,
  limiter: RateLimiter,
  {
    mayStart,
    holdsLease,
    background,
  }: {
    readonly mayStart: () => boolean
    readonly holdsLease: () => boolean
    /** Told of each call. */
    readonly background?: () => void
  },
): SsoAdmin {
  const attempt = async <T>(priority: Priority, call: () => Promise<T>): Promise<T> => {
    const end = await limiter.acquire(background ? 'background' : priority)
    try {
      if (!holdsLease()) throw new NotStartedError()
      background?.()
      return await call()
    } catch (error) {
      if (isRateExceeded(error)) limiter.pause(pauseMs * (1 + randomness.fraction()))
      throw error
    } finally {
      end()
    }
  }
  const write = <T>(priority: Priority, call: () => Promise<T>): Promise<T> =>
    attempt(priority, async () => {
      if (!mayStart()) throw new NotStartedError()
      return call()
    })
  const read = async <T>(priority: Priority, call: () => Promise<T>): Promise<T> => {
    for (let tries = 1; ; tries++) {
      try {
        return await attempt(priority, call)
      } catch (error) {
        if (tries === readAttemptsMost || !isPassing(error)) throw error
        await clock.sleep(100 * 2 ** tries * (0.5 + randomness.fraction()))
      }
    }
  }
  return {
    instance: () => read('background', () => inner.instance()),
    createAccountAssignment: (target, options) => write('grant', () => inner.createAccountAssignment(target, options)),
    deleteAccountAssignment: (target, options) =>
      write('revocation', () => inner.deleteAccountAssignment(target, options)),
    describeAssignmentRequest: (kind, id) => read('grant', () => inner.describeAssignmentRequest(kind, id)),
    listAssignmentRequests: (kind, state, token) =>
      read('poll', () => inner.listAssignmentRequests(kind, state, token)),
    listAccountAssignments: (account, arn, token) =>
      read('grant', () => inner.listAccountAssignments(account, arn, token)),
    listAccountAssignmentsForPrincipal: (principal, token) =>
      read('background', () => inner.listAccountAssignmentsForPrincipal(principal, token)),
    listPermissionSets: (token) => read('background', () => inner.listPermissionSets(token)),
    describePermissionSet: (arn) => read('background', () => inner.describePermissionSet(arn)),
    createPermissionSet: (permissionSet, options) =>
      write('grant', () => inner.createPermissionSet(permissionSet, options)),
    updatePermissionSet: (arn, update) => write('grant', () => inner.updatePermissionSet(arn, update)),
    deletePermissionSet: (arn) => write('grant', () => inner.deletePermissionSet(arn)),
    listTagsForResource: (arn, token) => read('grant', () => inner.listTagsForResource(arn, token)),
    tagResource: (arn, tags) => write('grant', () => inner.tagResource(arn, tags)),
    untagResource: (arn, keys) => write('grant', () => inner.untagResource(arn, keys)),
    listManagedPolicies: (arn, token) => read('grant', () => inner.listManagedPolicies(arn, token)),
    attachManagedPolicy: (arn, policy) => write('grant', () => inner.attachManagedPolicy(arn, policy)),
    detachManagedPolicy: (arn, policy) => write('grant', () => inner.detachManagedPolicy(arn, policy)),
    listCustomerManagedPolicies: (arn, token) => read('grant', () => inner.listCustomerManagedPolicies(arn, token)),
    attachCustomerManagedPolicy: (arn, policy) => write('grant', () => inner.attachCustomerManagedPolicy(arn, policy)),
    detachCustomerManagedPolicy: (arn, policy) => write('grant', () => inner.detachCustomerManagedPolicy(arn, policy)),
    getInlinePolicy: (arn) => read('grant', () => inner.getInlinePolicy(arn)),
    putInlinePolicy: (arn, policy) => write('grant', () => inner.putInlinePolicy(arn, policy)),
    deleteInlinePolicy: (arn) => write('grant', () => inner.deleteInlinePolicy(arn)),
    getPermissionsBoundary: (arn) => read('grant', () => inner.getPermissionsBoundary(arn)),
    putPermissionsBoundary: (arn, boundary) => write('grant', () => inner.putPermissionsBoundary(arn, boundary)),
    deletePermissionsBoundary: (arn) => write('grant', () => inner.deletePermissionsBoundary(arn)),
    provisionPermissionSet: (arn, account) => write('grant', () => inner.provisionPermissionSet(arn, account)),
    describeProvisioning: (id) => read('grant', () => inner.describeProvisioning(id)),
    listProvisionings: (state, token) => read('poll', () => inner.listProvisionings(state, token)),
    listAccountsForProvisionedPermissionSet: (arn, status, token) =>
      read('grant', () => inner.listAccountsForProvisionedPermissionSet(arn, status, token)),
    listPermissionSetsProvisionedToAccount: (account, status, token) =>
      read('grant', () => inner.listPermissionSetsProvisionedToAccount(account, status, token)),
  }
}

/** "Rate exceeded" is about calls a second; "too many requests processing" about the 15 outstanding (field reports). */
function isRateExceeded(error: unknown): boolean {
  return isServiceError(error, 'ThrottlingException') && !isTooManyOutstanding(error)
}

export function isTooManyOutstanding(error: unknown): boolean {
  return isServiceError(error, 'ThrottlingException') && /too many requests processing/i.test(error.message)
}

/** Faults that pass by themselves, whatever the call. */
export function isPassing(error: unknown): boolean {
  return isServiceError(
    error,
    'ThrottlingException',
    'TooManyRequestsException',
    'InternalServerException',
    'ServiceUnavailable',
    'ServiceException',
    'SlowDown',
    'InternalError',
    'NoAnswer',
  )
}

import type { Ports } from '../../ports/ports.ts'
import { isServiceError } from '../../ports/service-error.ts'
import type { SsoAdmin } from '../../ports/sso-admin.ts'
import { type Priority, RateLimiter } from './rate-limiter.ts'
import { repeatPatiently } from './repeat-patiently.ts'
import { wrapPort } from './wrap-port.ts'

const repetition = { attemptsMost: 6, firstMs: 400, mostMs: 10_000 }
/** The minimum; the maximum is twice as long. */
const pauseMs = 500

/** The call was not made: its turn came after the end of the slice, or when the lease may be lost. */
export class NotStartedError extends Error {
  override readonly name = 'NotStartedError'
  constructor() {
    super('the dispatcher starts nothing more; the call was not made')
  }
}

/** All other operations have the priority of a grant. */
const prioritiesByOperation: Partial<Record<keyof SsoAdmin, Priority>> = {
  deleteAccountAssignment: 'revocation',
  listAssignmentRequests: 'poll',
  listProvisionings: 'poll',
  describeProvisioning: 'poll',
  instance: 'background',
  listAccountAssignmentsForPrincipal: 'background',
  listPermissionSets: 'background',
  describePermissionSet: 'background',
}
const priorities = new Map(Object.entries(prioritiesByOperation))
/** A missing boundary needs a second request at once: does the permission set exist? */
const placesOf = (operation: string) => (operation === 'getPermissionsBoundary' ? 2 : 1)

type Terms = {
  readonly mayStart: () => boolean
  readonly holdsLease: () => boolean
  /** Receives each call. With it, every call waits behind the calls of others. */
  readonly background?: () => void
}

/**
 * SSO Admin behind the one limiter of this process. Retries throttled reads and passing errors of reads, but no writes: only a
 * read shows whether a write took effect. A write throws NotStartedError if nothing may start (`mayStart`) when its turn comes.
 * Every call throws it once the lease may be lost (`holdsLease`), because the next holder then uses the full rate.
 */
export function limitSsoAdmin(
  ports: Pick<Ports, 'ssoAdmin' | 'clock' | 'randomness' | 'metrics'>,
  limiter: RateLimiter,
  { mayStart, holdsLease, background }: Terms,
): SsoAdmin {
  const attempt = (operation: string, call: () => Promise<unknown>): Promise<unknown> => {
    const make = async () => {
      if (!holdsLease() || !(isRead(operation) || mayStart())) throw new NotStartedError()
      background?.()
      try {
        return await call()
      } catch (error) {
        if (isServiceError(error, 'ThrottlingException')) ports.metrics.record('Throttles')
        if (isRateExceeded(error)) limiter.slowDown(pauseMs * (1 + ports.randomness.fraction()))
        throw error
      }
    }
    return limiter.run(background ? 'background' : (priorities.get(operation) ?? 'grant'), make, placesOf(operation))
  }
  return wrapPort(ports.ssoAdmin, (operation, call) => {
    if (!isRead(operation)) return attempt(operation, call)
    return repeatPatiently(ports, repetition, () => attempt(operation, call))
  })
}

/** Whether an operation reads, by AWS's verbs. Any other name counts as a write, which is never retried. */
function isRead(operation: string): boolean {
  return operation === 'instance' || /^(describe|get|list)[A-Z]/.test(operation)
}

/** "Rate exceeded" means too many calls a second, "too many requests processing" too many outstanding (field reports). */
function isRateExceeded(error: unknown): boolean {
  return isServiceError(error, 'ThrottlingException') && !isTooManyOutstanding(error)
}

export function isTooManyOutstanding(error: unknown): boolean {
  return isServiceError(error, 'ThrottlingException') && /too many requests processing/i.test(error.message)
}

/** A quarter of AWS's rate for all callers together, because a dispatcher may be running. */
const gentlePerSecond = 5

/** Reads at a rate that leaves room for a dispatcher. `perSecond`: a higher rate for callers of a few dozen calls. */
export function readGently(
  ports: Pick<Ports, 'ssoAdmin' | 'clock' | 'randomness' | 'metrics'>,
  perSecond = gentlePerSecond,
): SsoAdmin {
  const limiter = new RateLimiter(ports.clock, perSecond)
  return limitSsoAdmin(ports, limiter, { mayStart: () => false, holdsLease: () => true })
}

import { directoryCalls } from '../../ports/deployment-settings.ts'
import type { IdentityStore } from '../../ports/identity-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { isPassing, isServiceError, proofOf } from '../../ports/service-error.ts'
import { RateLimiter } from './rate-limiter.ts'
import { type Repetition, repeatPatiently } from './repeat-patiently.ts'
import { wrapOnce } from './wrap-port.ts'

/** Operations that may share an API with others, by their API. */
const apis: Readonly<Record<string, string>> = {
  findUser: 'DescribeUser',
  findUserByEmail: 'findPrincipalId',
  findPrincipalName: 'DescribeUser',
  listPeople: 'ListUsers',
  listPrincipals: 'ListUsers',
}
const writes = /^(create|update|delete)/
const repetition = { attemptsMost: 7, firstMs: 300, mostMs: 10_000 }

/**
 * The identity store at three quarters of its rate, or less if others use it up. Retries throttled calls and failed reads for some
 * seconds. A write without an answer may have taken effect: its caller reads again first. Returns a port that is patient already as it is. `onPause` receives each failure.
 */
export function patientIdentityStore(
  ports: Pick<Ports, 'identityStore' | 'clock' | 'randomness'>,
  onPause?: Repetition['onPause'],
): IdentityStore {
  return wrapOnce(ports.identityStore, () => {
    const limiters = new Map<string, RateLimiter>()
    return (operation, call) => {
      const api = apis[operation] ?? operation
      const limiter = limiters.get(api) ?? new RateLimiter(ports.clock, directoryCalls.work)
      limiters.set(api, limiter)
      // Other processes call it too: all slow down, so that each gets through.
      const slowDown = (ms: number, error: unknown) => {
        if (isServiceError(error, 'ThrottlingException')) limiter.slowDown(0)
        onPause?.(ms, error)
      }
      const mayHelp = writes.test(operation) ? isNotNow : isPassing
      return repeatPatiently(ports, { ...repetition, mayHelp, onPause: slowDown }, () => limiter.run('grant', call))
    }
  })
}

function isNotNow(error: unknown): boolean {
  return isServiceError(error) && proofOf(error) === 'not-now'
}

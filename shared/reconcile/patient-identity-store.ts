import type { IdentityStore } from '../ports/identity-store.ts'
import type { Ports } from '../ports/ports.ts'
import { isPassing } from './limited-sso-admin.ts'
import { RateLimiter } from './rate-limiter.ts'

// IAM Identity Center User Guide, "Quotas and limits": 20 calls a second to each API of a store, for everyone together.
const callsPerSecond = 15
const attemptsMost = 7

/** The identity store at three quarters of its rate, with throttled and failed reads repeated for some seconds, with jitter. */
export function patientIdentityStore({
  identityStore: inner,
  clock,
  randomness,
}: Pick<Ports, 'identityStore' | 'clock' | 'randomness'>): IdentityStore {
  const patient = <A extends readonly unknown[], T>(call: (...args: A) => Promise<T>): ((...args: A) => Promise<T>) => {
    const limiter = new RateLimiter(clock, callsPerSecond)
    return async (...args) => {
      for (let attempt = 1; ; attempt++) {
        const end = await limiter.acquire('grant')
        try {
          return await call(...args)
        } catch (error) {
          if (attempt === attemptsMost || !isPassing(error)) throw error
        } finally {
          end()
        }
        await clock.sleep(100 * 2 ** attempt * (0.5 + randomness.fraction() / 2))
      }
    }
  }
  return {
    findPrincipalId: patient(inner.findPrincipalId.bind(inner)),
    findPrincipalName: patient(inner.findPrincipalName.bind(inner)),
    listPrincipals: patient(inner.listPrincipals.bind(inner)),
    listGroupsOf: patient(inner.listGroupsOf.bind(inner)),
  }
}

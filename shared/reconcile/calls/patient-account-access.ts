import type { AccountAccess } from '../../ports/account-access.ts'
import type { Ports } from '../../ports/ports.ts'
import { RateLimiter } from './rate-limiter.ts'
import { repeatPatiently } from './repeat-patiently.ts'
import { wrapOnce } from './wrap-port.ts'

// IAM User Guide, "Account access manager quotas": 20 calls a second, for all callers and operations together.
const callsPerSecond = 12
const repetition = { attemptsMost: 4, firstMs: 400, mostMs: 5_000 }

/** Account access manager at a part of its rate. Retries throttled and passing errors for some seconds. */
export function patientAccountAccess(
  ports: Pick<Ports, 'accountAccess' | 'clock' | 'randomness'>,
): AccountAccess | undefined {
  const { accountAccess } = ports
  if (accountAccess === undefined) return undefined
  return wrapOnce(accountAccess, () => {
    const limiter = new RateLimiter(ports.clock, callsPerSecond)
    return (_, call) => repeatPatiently(ports, repetition, () => limiter.run('background', call))
  })
}

import type { Organizations } from '../../ports/organizations.ts'
import type { Ports } from '../../ports/ports.ts'
import { RateLimiter } from './rate-limiter.ts'
import { type Repetition, repeatPatiently } from './repeat-patiently.ts'
import { wrapOnce } from './wrap-port.ts'

const repetition = { attemptsMost: 9, firstMs: 300, mostMs: 12_000 }
const ratesByOperation: Record<keyof Organizations, number> = {
  managementAccountId: 1,
  listAccounts: 7,
  describeAccount: 15,
  listTags: 9,
  parentName: 4,
}
const rates = Object.entries(ratesByOperation)

/**
 * Organizations, each operation at its own rate. Reads that are throttled or fail are repeated for about half a minute.
 * The rates are a little less than AWS allows to all callers in the account together, since a call that is refused and
 * repeated takes longer than one that waits its turn. (Organizations User Guide, "Quotas for AWS Organizations":
 * ListAccounts 8 a second, DescribeAccount 20, ListTagsForResource 10, most others 5.) Patient ones are answered as they are.
 * `told` hears of each failure.
 */
export function patientOrganizations(
  ports: Pick<Ports, 'organizations' | 'clock' | 'randomness'>,
  told?: Repetition['onPause'],
): Organizations {
  return wrapOnce(ports.organizations, () => {
    const limiters = new Map(
      rates.map(([operation, perSecond]) => [operation, new RateLimiter(ports.clock, perSecond)]),
    )
    return (operation, call) => {
      const limiter = limiters.get(operation)
      if (!limiter) throw new Error(`received ${operation}, expected an operation with a rate`)
      // Others use up the rate, so further calls of this operation would be refused too.
      const onPause = (ms: number, error: unknown) => {
        limiter.pause(ms)
        told?.(ms, error)
      }
      return repeatPatiently(ports, { ...repetition, onPause }, () => limiter.run('background', call))
    }
  })
}

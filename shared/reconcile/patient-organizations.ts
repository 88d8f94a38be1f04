import type { Organizations } from '../ports/organizations.ts'
import type { Ports } from '../ports/ports.ts'
import { isPassing } from './limited-sso-admin.ts'
import { RateLimiter } from './rate-limiter.ts'

/**
 * Calls a second, by operation: a little less than AWS allows, which everyone in the account shares, since a call that is
 * turned away and repeated takes longer than one that waits its turn. (Organizations User Guide, "Quotas for AWS
 * Organizations": ListAccounts 8, DescribeAccount 20, ListTagsForResource 10; of others 5 is the commonest.)
 */
const perSecond = { listAccounts: 7, describeAccount: 15, listTags: 9, parentExists: 4 } as const
const attemptsMost = 9

/** Organizations, each operation at its own rate, with throttled and failed reads repeated for about half a minute. */
export function patientOrganizations({
  organizations: inner,
  clock,
  randomness,
}: Pick<Ports, 'organizations' | 'clock' | 'randomness'>): Organizations {
  const limiters = Object.fromEntries(
    Object.entries(perSecond).map(([operation, rate]) => [operation, new RateLimiter(clock, rate)]),
  )
  const repeat = async <T>(operation: keyof Organizations, call: () => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt++) {
      const end = await limiters[operation]?.acquire('background')
      try {
        return await call()
      } catch (error) {
        if (attempt === attemptsMost || !isPassing(error)) throw error
        // Somebody else uses the rate up: the others of this operation would only be turned away as well.
        const pauseMs = Math.min(8_000, 100 * 2 ** attempt) * (0.5 + randomness.fraction() / 2)
        limiters[operation]?.pause(pauseMs)
        await clock.sleep(pauseMs)
      } finally {
        end?.()
      }
    }
  }
  return {
    managementAccountId: () => repeat('managementAccountId', () => inner.managementAccountId()),
    listAccounts: (nextToken) => repeat('listAccounts', () => inner.listAccounts(nextToken)),
    describeAccount: (accountId) => repeat('describeAccount', () => inner.describeAccount(accountId)),
    listTags: (accountId) => repeat('listTags', () => inner.listTags(accountId)),
    parentExists: (id) => repeat('parentExists', () => inner.parentExists(id)),
  }
}

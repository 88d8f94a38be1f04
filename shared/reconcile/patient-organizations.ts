import pLimit from 'p-limit'
import type { Organizations } from '../ports/organizations.ts'
import type { Ports } from '../ports/ports.ts'
import { isPassing } from './limited-sso-admin.ts'

// Organizations User Guide, "Quotas for AWS Organizations": 8 to 20 calls a second and operation, shared by everyone in
// the account; so few at once, and patience when somebody else is using them up.
const callsAtOnce = 4
const attemptsMost = 9

/** Organizations, with throttled and failed reads repeated for about half a minute, with jitter. */
export function patientOrganizations({
  organizations: inner,
  clock,
  randomness,
}: Pick<Ports, 'organizations' | 'clock' | 'randomness'>): Organizations {
  const limit = pLimit(callsAtOnce)
  const repeat = <T>(call: () => Promise<T>): Promise<T> =>
    limit(async () => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await call()
        } catch (error) {
          if (attempt === attemptsMost || !isPassing(error)) throw error
          await clock.sleep(Math.min(8_000, 100 * 2 ** attempt) * (0.5 + randomness.fraction() / 2))
        }
      }
    })
  return {
    managementAccountId: () => repeat(() => inner.managementAccountId()),
    listAccounts: (nextToken) => repeat(() => inner.listAccounts(nextToken)),
    describeAccount: (accountId) => repeat(() => inner.describeAccount(accountId)),
    listTags: (accountId) => repeat(() => inner.listTags(accountId)),
    parentExists: (id) => repeat(() => inner.parentExists(id)),
  }
}

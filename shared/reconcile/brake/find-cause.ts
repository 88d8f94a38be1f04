import pLimit from 'p-limit'
import type { AccountId } from '../../domain/account-id.ts'
import type { Cause } from '../../domain/brake.ts'
import { isWithin } from '../../domain/expand-scope.ts'
import { type GrantingLink, hasExpired } from '../../domain/ledger-entry.ts'
import type { Account } from '../../domain/organization-view.ts'
import type { Scope } from '../../domain/scope.ts'
import { isSameUpload } from '../../domain/upload.ts'
import type { LinkReading } from '../records/read-link.ts'

const readsAtOnce = 16

/** Where an assignment is: its account as it is now. */
export type Place = {
  readonly accountId: AccountId
  readonly account: Account | undefined
  readonly managementAccountId: AccountId
}

/**
 * Why the links that granted an assignment do so no longer. `undefined`: each of them was withdrawn, so it is their
 * owners' doing. `read` says what a link says now.
 *
 * | the links                                                     | cause         |
 * | ------------------------------------------------------------- | ------------- |
 * | all withdrawn                                                 | none          |
 * | one in force, and under some configuration it would grant it  | configuration |
 * | one in force, and under no configuration it would             | account       |
 * | none in force, or none known                                  | configuration |
 */
export async function findCause(
  links: readonly GrantingLink[],
  read: (key: string) => Promise<LinkReading>,
  place: Place,
): Promise<Cause | undefined> {
  const found = await pLimit(readsAtOnce).map(links, async (link) => {
    const reading = await read(link.key)
    return { reading, isWithdrawn: isWithdrawn(link, reading) }
  })
  if (found.length > 0 && found.every((one) => one.isWithdrawn)) return undefined
  const inForce = found.flatMap(({ reading }) => (reading.state === 'in-force' ? [reading.link] : []))
  const isForgone = inForce.length === 0 || inForce.some(({ scope }) => couldInclude(scope, place))
  return isForgone ? { cause: 'configuration' } : { cause: 'account', name: place.accountId }
}

/** Whether a scope includes the account under some configuration. */
function couldInclude(scope: Scope, { account, managementAccountId }: Place): boolean {
  const most = { supportNestedOu: true, includeManagementAccount: true, managementAccountId }
  return account !== undefined && isWithin(scope, account, most)
}

/**
 * | the file now                                      | withdrawn                                                    |
 * | ------------------------------------------------- | ------------------------------------------------------------ |
 * | absent                                            | yes                                                          |
 * | expired                                           | yes: it counts as absent from then on                        |
 * | not valid, or not in force yet, other content     | yes: whoever overwrote it did that                           |
 * | not valid any more, the content that granted      | no: the configuration has changed, for instance its folders  |
 * | in force, other content, and what granted ran out | yes: the policies refuse the other content                   |
 * | in force                                          | no: it covers the account no more, or its principal is gone  |
 * | S3 does not give it                               | no: it is not known what it says                             |
 */
function isWithdrawn(granting: GrantingLink, reading: LinkReading): boolean {
  switch (reading.state) {
    case 'absent':
    case 'expired':
      return true
    case 'in-force':
      return hasExpired(granting, reading.object.servedAt) && !isSameUpload(granting, reading.object)
    case 'unreadable':
      return false
    case 'rejected':
    case 'not-yet':
      return !isSameUpload(granting, reading.object)
    default:
      return reading satisfies never
  }
}

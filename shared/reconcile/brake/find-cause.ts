import pLimit from 'p-limit'
import { type GrantingLink, hasExpired } from '../../domain/assignments/ledger-entry.ts'
import type { Cause } from '../../domain/brake/brake-record.ts'
import { type Link, temporaryPrefix } from '../../domain/links/link.ts'
import { isSameUpload } from '../../domain/links/upload.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { Account } from '../../domain/organization/organization-view.ts'
import { isWithin, type Membership } from '../../domain/scopes/expand-scope.ts'
import type { Selectors } from '../../domain/scopes/selector-file.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { hasRequestEnded } from '../records/ended-requests.ts'
import { readsAtOnce } from '../records/list-heads.ts'
import { ownerRecord } from '../records/owner.ts'
import type { LinkReading } from '../records/read-link.ts'

/** The place of an assignment: its account as it is now. */
export type RevokedAccount = {
  readonly accountId: AccountId
  readonly account: Account | undefined
  readonly managementAccountId: AccountId
  readonly selectors: Selectors
}

/**
 * Finds out why the links that granted an assignment no longer do. `undefined`: their owners withdrew all of them. `read`
 * returns a link's present state.
 *
 * | the links                                                     | cause         |
 * | ------------------------------------------------------------- | ------------- |
 * | all withdrawn                                                 | none          |
 * | one in force that some configuration would let grant it       | configuration |
 * | one in force that no configuration would let grant it: by selector | selector, whether the selector or the account changed |
 * |                                                               |  else account |
 * | none in force, or none known                                  | configuration |
 */
export async function findCause(
  links: readonly GrantingLink[],
  read: (key: string) => Promise<LinkReading>,
  place: RevokedAccount,
): Promise<Cause | undefined> {
  const found = await pLimit(readsAtOnce).map(links, async (link) => {
    const reading = await read(link.key)
    return { reading, isWithdrawn: isWithdrawn(link, reading) }
  })
  if (found.length > 0 && found.every((one) => one.isWithdrawn)) return undefined
  const inForce = found.flatMap(({ reading }) => (reading.state === 'in-force' ? [reading.link] : []))
  const isForgone = inForce.length === 0 || inForce.some((link) => couldInclude(link, place))
  if (isForgone) return { cause: 'configuration' }
  const [selected] = inForce.flatMap(({ scope }) => (scope.kind === 'select' ? [scope.name] : []))
  return selected === undefined ? { cause: 'account', name: place.accountId } : { cause: 'selector', name: selected }
}

/** Whether some configuration would let a link include the account. */
function couldInclude(link: Link, { account, managementAccountId, selectors }: RevokedAccount): boolean {
  const open = { includeManagementAccount: true, includeOwnAccount: true }
  const most: Membership = { supportNestedOu: true, ...open, managementAccountId, selectors }
  return account !== undefined && isWithin(link, account, most)
}

/**
 * The links without temporary access that has ended: the brake never holds it, or access would outlast its end. The brake
 * counts whatever anyone else does to temporary links.
 *
 * | the temporary link now                  | ended                                                          |
 * | --------------------------------------- | -------------------------------------------------------------- |
 * | expired                                 | yes                                                            |
 * | any other, and not the one that granted | if history says so (before ssofile deletes one)                |
 * |                                         | or its time is over                                            |
 * | the one that granted                    | no                                                             |
 */
export async function withoutEnded(
  links: readonly GrantingLink[],
  read: (key: string) => Promise<LinkReading>,
  objects: ObjectStore,
): Promise<readonly GrantingLink[]> {
  const hasEnded = async (link: GrantingLink): Promise<boolean> => {
    if (!link.key.startsWith(temporaryPrefix)) return false
    const reading = await read(link.key)
    if (reading.state === 'expired') return true
    if (reading.state === 'unreadable') return false
    if (reading.state !== 'absent' && isSameUpload(link, reading.object)) return false
    if (link.ofRequest && (await hasRequestEnded(objects, link.ofRequest))) return true
    // S3's answer about a missing link has no time.
    const now = 'object' in reading ? reading.object : await objects.head(ownerRecord.at)
    return now !== undefined && 'servedAt' in now && hasExpired(link, now.servedAt)
  }
  const found = await pLimit(readsAtOnce).map(links, async (link) => ({ link, isEnded: await hasEnded(link) }))
  return found.flatMap(({ link, isEnded }) => (isEnded ? [] : [link]))
}

/**
 * | the file now                                      | withdrawn                                                    |
 * | ------------------------------------------------- | ------------------------------------------------------------ |
 * | absent                                            | yes                                                          |
 * | expired                                           | yes: it counts as absent from then on                        |
 * | invalid, or not in force yet, other content       | yes: the person who overwrote it did that                    |
 * | invalid now, the content that granted             | no: the configuration changed, for instance its folders      |
 * | in force, other content, and what granted expired | yes: the policies refuse the other content                   |
 * | in force                                          | no: it does not cover the account now, or its principal is gone |
 * | S3 does not return it                             | no: its content is unknown                                   |
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

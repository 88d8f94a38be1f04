import { isLost } from '../../domain/assignments/access-changes.ts'
import { isOurs, type Listing, proveAccess } from '../../domain/assignments/access-proof.ts'
import type { RoleArn, RoleInPlaceOfSet } from '../../domain/assignments/entitlement.ts'
import type { Access, LedgerState } from '../../domain/assignments/ledger-entry.ts'
import type { ToldLink } from '../../domain/links/told-link.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PermissionSetArn, PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalName, PrincipalType } from '../../domain/principals/principal.ts'
import type { RoleUse } from '../usage/rules/role-use.ts'

/** An account assignment that exists. */
export type KnownAccess = {
  readonly accountId: AccountId
  readonly permissionSet: PermissionSetName
  readonly permissionSetArn: PermissionSetArn
  readonly type: PrincipalType
  readonly principalId: PrincipalId
  /** The name at the time of the record, or the id if no link can spell the name. */
  readonly principal: PrincipalName
  /** `foreign`: others granted it. Others: the state of the ledger entry. */
  readonly state: LedgerState | 'foreign'
  /** When it began; for foreign access: when ssofile first saw it. */
  readonly since?: string | undefined
  readonly links: readonly ToldLink[]
  /** Absent: not asked. */
  readonly use?: RoleUse | undefined
}

/** Access by account access manager, never by a link. */
export type KnownEntitlement = Omit<KnownAccess, 'permissionSet' | 'permissionSetArn' | 'state'> & {
  readonly permissionSet: RoleInPlaceOfSet
  readonly roleArn: RoleArn
  readonly state: 'foreign'
}

export type AnyAccess = KnownAccess | KnownEntitlement

/** The bucket's record of an assignment. `ours`: the access in the ledger entry, for a proof. */
export type RecordedAccess = KnownAccess & { readonly ours?: Access | undefined }

/**
 * Whether recorded access exists. Doubtful access counts as existing, because an auditor prefers too much.
 *
 * | recorded                                    | not asked | listed           | not listed                |
 * | ------------------------------------------- | --------- | ---------------- | ------------------------- |
 * | foreign                                     | there     | there            | gone                      |
 * | ours                                        | there     | there            | there until it is settled |
 * | ours, and a drift check misses it           | gone      | there            | gone                      |
 * | ours by history, because its entry was lost | there     | there            | gone                      |
 * | ours, a deletion SUCCEEDED                  | gone      | gone, then foreign | gone                    |
 * | a creation FAILED, an earlier got no answer | there     | there            | there until it is settled |
 * | no creation may have taken effect           | gone      | foreign          | gone                      |
 */
export function judgeRecorded(recorded: RecordedAccess, listing: Listing | undefined): 'there' | 'foreign' | 'gone' {
  const { ours } = recorded
  if (ours === undefined) return listing === undefined || listing.isListed ? 'there' : 'gone'
  const proof = proveAccess(ours, listing)
  if (proof === 'gone') return 'gone'
  // ssofile wrote such an entry again because it found the access, and history says that ssofile gave it. No call in the entry proves it.
  const isByHistory = isLost(ours)
  const mayExist = isByHistory || isOurs(ours)
  if (listing?.isListed) return mayExist && (isByHistory || proof !== 'foreign') ? 'there' : 'foreign'
  return mayExist && ours.missingSince === undefined ? 'there' : 'gone'
}

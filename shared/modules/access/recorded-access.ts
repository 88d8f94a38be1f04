import pLimit from 'p-limit'
import { claims, type Listing, proveAccess } from '../../domain/assignments/access-proof.ts'
import { type AssignmentId, type AssignmentKey, assignmentOf } from '../../domain/assignments/assignment.ts'
import type { RoleArn, RoleInPlaceOfSet } from '../../domain/assignments/entitlement.ts'
import {
  type Access,
  type LedgerEntry,
  type LedgerState,
  ledgerEntry,
  ledgerPrefix,
} from '../../domain/assignments/ledger-entry.ts'
import type { ToldLink } from '../../domain/links/told-link.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PermissionSetArn, PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalName, PrincipalType } from '../../domain/principals/principal.ts'
import type { ObjectHead, ObjectStore } from '../../ports/object-store.ts'
import type { TellProgress } from '../../ports/progress.ts'
import type { EntryCopies } from '../../reconcile/records/entry-copies.ts'
import { foreignPrefix, readForeign } from '../../reconcile/records/foreign-assignments.ts'
import { listEntitlementKeys, readEntitlement } from '../../reconcile/records/foreign-entitlements.ts'
import { listAssignmentHeads } from '../../reconcile/records/ledger.ts'
import { forEachAtOnce, readsAtOnce } from '../../reconcile/records/list-heads.ts'
import { isSpoiled, readStored, unlessSpoiled } from '../../reconcile/records/stored-json.ts'
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

export type Recorded = {
  readonly accesses: readonly RecordedAccess[]
  /** Unreadable objects, each with the reason. */
  readonly spoiled: readonly string[]
}

/** If a smaller part of the entries is wanted, reading these one by one is quicker than reading the copies of all. */
const wantedLeast = 0.05

/**
 * The wanted access under `assignments/` and `foreign/` with this beginning, sorted by key. `copies`: for a caller that reads much of the
 * ledger.
 */
export async function readRecordedAccess(
  objects: ObjectStore,
  beginning: string,
  isWanted: (assignment: AssignmentId) => boolean,
  onStep: TellProgress = () => {},
  copies?: EntryCopies,
): Promise<Recorded> {
  const accesses: RecordedAccess[] = []
  const spoiled: string[] = []
  for (const prefix of [ledgerPrefix, foreignPrefix]) {
    const listed = await Array.fromAsync(listAssignmentHeads(objects, prefix, beginning))
    const wanted = listed.filter(([key]) => isWanted(assignmentOf(key)))
    const helpful = wanted.length > listed.length * wantedLeast ? copies : undefined
    const readEntry = (head: ObjectHead) =>
      helpful ? helpful.read(head) : readStored(objects, head.key, ledgerEntry).then((stored) => stored?.value)
    const found = new Map<AssignmentKey, readonly RecordedAccess[]>()
    let done = 0
    await forEachAtOnce(wanted, async ([key, head]) => {
      const read = await unlessSpoiled(
        prefix === ledgerPrefix ? readEntry(head).then((ours) => describeOurs(key, ours)) : readOthers(objects, key),
      )
      if (isSpoiled(read)) spoiled.push(read.message)
      else found.set(key, read)
      onStep(`reading ${prefix}`, { done: ++done, of: wanted.length })
    })
    for (const [key] of wanted) accesses.push(...(found.get(key) ?? []))
  }
  return { accesses, spoiled: spoiled.sort() }
}

/** The entitlements under `foreign/` with this beginning, sorted by key. */
export async function readRecordedEntitlements(
  objects: ObjectStore,
  beginning = '',
): Promise<{ readonly entitlements: readonly KnownEntitlement[]; readonly spoiled: readonly string[] }> {
  const listed = await Array.fromAsync(listEntitlementKeys(objects, beginning))
  const read = await pLimit(readsAtOnce).map(listed, async ({ key, ...id }) => ({
    id,
    found: await unlessSpoiled(readEntitlement(objects, key)),
  }))
  const entitlements = read.flatMap(({ id, found }): readonly KnownEntitlement[] => {
    if (found === undefined || isSpoiled(found)) return []
    const { principal, roleArn, seenAt: since } = found
    return [{ ...id, principal, roleArn, since, state: 'foreign', links: [] }]
  })
  return { entitlements, spoiled: read.flatMap(({ found }) => (isSpoiled(found) ? [found.message] : [])) }
}

function describeOurs(key: AssignmentKey, ours: LedgerEntry | undefined): readonly RecordedAccess[] {
  if (!ours) return []
  const { state, principal, permissionSetArn, links, grantedAt: since } = ours
  return [{ ...assignmentOf(key), principal, state, permissionSetArn, links, since, ours }]
}

async function readOthers(objects: ObjectStore, key: AssignmentKey): Promise<readonly RecordedAccess[]> {
  const found = await readForeign(objects, key)
  if (!found) return []
  const { principal, permissionSetArn, links, seenAt: since } = found
  return [{ ...assignmentOf(key), principal, state: 'foreign', permissionSetArn, links, since }]
}

/**
 * Whether recorded access exists. Doubtful access counts as existing, because an auditor prefers too much.
 *
 * | recorded                                    | not asked | listed           | not listed                |
 * | ------------------------------------------- | --------- | ---------------- | ------------------------- |
 * | foreign                                     | there     | there            | gone                      |
 * | ours                                        | there     | there            | there until it is settled |
 * | ours, and a drift check misses it           | gone      | there            | gone                      |
 * | ours, a deletion SUCCEEDED                  | gone      | gone, then foreign | gone                    |
 * | ours, no creation may have taken effect     | gone      | foreign          | gone                      |
 */
export function judgeRecorded(recorded: RecordedAccess, listing: Listing | undefined): 'there' | 'foreign' | 'gone' {
  const { ours } = recorded
  if (ours === undefined) return listing === undefined || listing.isListed ? 'there' : 'gone'
  const proof = proveAccess(ours, listing)
  if (proof === 'gone') return 'gone'
  if (listing?.isListed) return proof === 'foreign' || !claims(ours) ? 'foreign' : 'there'
  return claims(ours) && ours.missingSince === undefined ? 'there' : 'gone'
}

import { isLost } from '../../domain/assignments/access-changes.ts'
import { type AccessKey, type AssignmentKey, accessOf } from '../../domain/assignments/assignment.ts'
import type { LedgerEntry } from '../../domain/assignments/ledger-entry.ts'
import { isOnlyTemporary } from '../../domain/guardrails/minimum.ts'
import { parseNameInKey, renderNameInKey } from '../../domain/links/name-in-key.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalName, PrincipalType } from '../../domain/principals/principal.ts'
import type { ObjectStore } from '../../ports/object-store.ts'

/**
 * What an auditor lists to see who has access: one empty object for each access there is, by names. Made from the ledger and
 * `foreign/` as they change, and put right by the sweep. No decision reads it.
 */
export const accessPrefix = 'access/'
export type Giver = 'ours' | 'foreign' | 'temporary'

/** S3 allows 1,024 bytes (S3 User Guide, "Naming Amazon S3 objects"). A link names the principal in fewer. */
export function renderAccessKey(key: AccessKey, principal: PrincipalName, giver: Giver): string {
  const { accountId, permissionSet, type } = accessOf(key)
  return `${accessPrefix}account%${accountId}%${permissionSet}%${renderNameInKey(principal)}%${type}%${giver}`
}

export type ListedAccess = {
  readonly account: string
  readonly permissionSet: string
  readonly principal: string
  readonly type: PrincipalType
  readonly giver: Giver
}

/** What such a key says, for people to read. `undefined`: it is none. */
export function parseAccessKey(key: string): ListedAccess | undefined {
  const told = /^access\/account%(\d{12})%([^%]+)%(.+)%(GROUP|USER)%(ours|foreign|temporary)$/s.exec(key)
  if (told === null) return undefined
  const [, account = '', permissionSet = '', name = '', type, giver] = told
  const whose = type === 'GROUP' ? 'GROUP' : 'USER'
  const by = giver === 'foreign' || giver === 'temporary' ? giver : 'ours'
  return { account, permissionSet, principal: parseNameInKey(name), type: whose, giver: by }
}

/** Under which key `access/` has what this entry says; `undefined`: it is not proven to be there. */
export function accessKeyOf(key: AssignmentKey, entry: LedgerEntry | undefined): string | undefined {
  if (!entry || !isThere(entry)) return undefined
  const isTemporary = isOnlyTemporary(entry.links.map((link) => link.key))
  return renderAccessKey(key, entry.principal, isTemporary ? 'temporary' : 'ours')
}

/** What was written again because history knows of it is listed too. A creation without an outcome proves nothing. */
function isThere(entry: LedgerEntry): boolean {
  const { grantedAt, missingSince, call } = entry
  const isEnded = call?.kind === 'deletion' && call.outcome === 'SUCCEEDED'
  return (grantedAt !== undefined || isLost(entry)) && missingSince === undefined && !isEnded
}

/** Two ids may have had one name, one after the other: the object tells whose access it is. */
const idField = 'principal-id'

export async function writeAccess(objects: ObjectStore, at: string, id: PrincipalId): Promise<void> {
  await objects.put(at, new Uint8Array(), undefined, { [idField]: id })
}

/** After a record was changed: `before` and `after` are where `access/` has what it said, and what it says. */
export async function followAccess(
  objects: ObjectStore,
  key: AccessKey,
  { before, after }: { readonly before: string | undefined; readonly after: string | undefined },
): Promise<void> {
  if (before === after) return
  const { principalId: id } = accessOf(key)
  if (after !== undefined) await writeAccess(objects, after, id)
  if (before !== undefined && (await objects.head(before))?.metadata?.[idField] === id) await objects.delete(before)
}

import { isLost } from '../../domain/assignments/access-changes.ts'
import { type AccessKey, type AssignmentKey, accessOf } from '../../domain/assignments/assignment.ts'
import type { LedgerEntry } from '../../domain/assignments/ledger-entry.ts'
import { isOnlyTemporary } from '../../domain/guardrails/minimum.ts'
import { parseNameInKey } from '../../domain/links/name-in-key.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalName, PrincipalType } from '../../domain/principals/principal.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { definePlace } from './define-record.ts'
import { renderNameInKey } from './name-in-key.ts'

/**
 * A list of all access for auditors: one empty object for each access, with names in its key. It follows the ledger and `foreign/`, and the
 * sweep corrects it. No decision reads it.
 */
export const accessList = definePlace({
  at: 'access/',
  meaning: 'who has access now, by names',
  source: { is: 'text' },
})
export const accessPrefix = accessList.at
export type Giver = 'ours' | 'foreign' | 'temporary'

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

/** Parses a key for display. `undefined`: not such a key. */
export function parseAccessKey(key: string): ListedAccess | undefined {
  const told = /^access\/account%(\d{12})%([^%]+)%(.+)%(GROUP|USER)%(ours|foreign|temporary)$/s.exec(key)
  if (told === null) return undefined
  const [, account = '', permissionSet = '', name = '', type, giver] = told
  const whose = type === 'GROUP' ? 'GROUP' : 'USER'
  const by = giver === 'foreign' || giver === 'temporary' ? giver : 'ours'
  return { account, permissionSet, principal: parseNameInKey(name), type: whose, giver: by }
}

/** The key of this entry under `access/`. `undefined`: nothing proves that the access exists. */
export function accessKeyOf(key: AssignmentKey, entry: LedgerEntry | undefined): string | undefined {
  if (!entry || !isThere(entry)) return undefined
  const isTemporary = isOnlyTemporary(entry.links.map((link) => link.key))
  return renderAccessKey(key, entry.principal, isTemporary ? 'temporary' : 'ours')
}

/**
 * Whether the access is proven to exist. An entry that was rebuilt from history counts too. A creation without an outcome proves nothing.
 */
function isThere(entry: LedgerEntry): boolean {
  const { grantedAt, missingSince, call } = entry
  const isEnded = call?.kind === 'deletion' && call.outcome === 'SUCCEEDED'
  return (grantedAt !== undefined || isLost(entry)) && missingSince === undefined && !isEnded
}

/** Two ids may have had the same name at different times. This field says which id has the access. */
const idField = 'principal-id'

export async function writeAccess(objects: ObjectStore, at: string, id: PrincipalId): Promise<void> {
  await objects.put(at, new Uint8Array(), undefined, { [idField]: id })
}

/** Updates `access/` after a record changed. `before`, `after`: the keys of the old and the new record. */
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

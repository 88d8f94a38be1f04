import type { PermissionSetArn, PrincipalId } from './identity-center-ids.ts'
import type { FormerAccess, LedgerEntry } from './ledger-entry.ts'

/** What Identity Center knows an access by, within one account and principal type. */
export type AccessIds = { readonly principalId: PrincipalId; readonly permissionSetArn: PermissionSetArn }

export function isSameAccess(a: AccessIds, b: AccessIds): boolean {
  return a.principalId === b.principalId && a.permissionSetArn === b.permissionSetArn
}

/** All access that an entry records, the present one first. */
export function listAccess(entry: LedgerEntry): readonly FormerAccess[] {
  return [toFormer(entry), ...(entry.former ?? [])]
}

/** The present access of an entry, as another entry keeps it. */
export function toFormer(entry: LedgerEntry): FormerAccess {
  const { v, former, orphanedAt, missingSince, openUntil, attempts, updatedAt, ...access } = entry
  return access
}

/** The entry with this access as the present one, and all other that it records as former. */
export function bringForward(entry: LedgerEntry, access: FormerAccess): LedgerEntry {
  const { v, openUntil, attempts, updatedAt } = entry
  const others = listAccess(entry).filter((one) => !isSameAccess(one, access))
  return { v, ...access, ...formerOf(others), ...(openUntil === undefined ? {} : { openUntil }), attempts, updatedAt }
}

/** The entry without this access; `undefined`: it records no other. */
export function withoutAccess(entry: LedgerEntry, access: AccessIds): LedgerEntry | undefined {
  const [first, ...others] = listAccess(entry).filter((one) => !isSameAccess(one, access))
  if (first === undefined) return undefined
  if (!isSameAccess(first, entry)) return { ...bringForward(entry, first), former: formerOf(others).former }
  return { ...entry, former: formerOf(others).former }
}

/** One former access of an entry as an entry of its own, so that the same steps revoke it. */
export function asEntry({ v, openUntil, attempts, updatedAt }: LedgerEntry, access: FormerAccess): LedgerEntry {
  return { v, ...access, ...(openUntil === undefined ? {} : { openUntil }), attempts, updatedAt }
}

/** The whole entry after one of its former access became this. */
export function withFormer(whole: LedgerEntry, changed: LedgerEntry): LedgerEntry {
  const { openUntil, attempts, updatedAt } = changed
  const former = whole.former?.map((one) => (isSameAccess(one, changed) ? toFormer(changed) : one))
  return { ...whole, former, openUntil, attempts, updatedAt }
}

export function formerOf(access: readonly FormerAccess[]): Pick<LedgerEntry, 'former'> {
  return access.length === 0 ? {} : { former: [...access] }
}

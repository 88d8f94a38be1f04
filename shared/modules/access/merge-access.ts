import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PermissionSetArn } from '../../domain/principals/identity-center-ids.ts'
import { principalName } from '../../domain/principals/principal.ts'
import { renderTarget } from '../../reconcile/calls/assignment-listings.ts'
import type { ListedAccess } from './listed-access.ts'
import { judgeRecorded, type KnownAccess, type RecordedAccess } from './recorded-access.ts'

/**
 * All access once: the bucket's records, corrected by Identity Center's listing if it was asked. Listed access without a record
 * is foreign. Keeps the order, and appends access that is only listed.
 */
export function mergeAccess(
  recorded: readonly RecordedAccess[],
  asked: ListedAccess,
  nameOf: ReadonlyMap<PermissionSetArn, PermissionSetName>,
): readonly KnownAccess[] {
  const listed = new Map(asked.asked ? asked.targets.map((target) => [renderTarget(target), target]) : [])
  const found = new Map<string, KnownAccess>()
  for (const one of recorded) {
    const { ours: _, ...access } = one
    const id = renderTarget({ ...one, principalType: one.type })
    const listing = asked.asked ? { isListed: listed.has(id), at: asked.at } : undefined
    const verdict = judgeRecorded(one, listing)
    if (verdict === 'there' && !found.has(id)) found.set(id, access)
  }
  for (const [id, { accountId, permissionSetArn, principalId, principalType: type }] of listed) {
    const permissionSet = nameOf.get(permissionSetArn)
    // A permission set that is gone now has no assignments.
    if (found.has(id) || permissionSet === undefined) continue
    const access = {
      accountId,
      permissionSet,
      permissionSetArn,
      type,
      principalId,
      principal: principalName.parse(principalId),
    }
    found.set(id, { ...access, state: 'foreign', links: [] })
  }
  return [...found.values()]
}

import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PermissionSetArn } from '../../domain/principals/identity-center-ids.ts'
import { principalName } from '../../domain/principals/principal.ts'
import { renderTarget } from '../calls/assignment-listings.ts'
import type { ListedAccess } from './listed-access.ts'
import { judgeRecorded, type KnownAccess, type RecordedAccess } from './recorded-access.ts'

/**
 * All access once: what the bucket says, corrected by what Identity Center lists where it was asked. What it lists and
 * the bucket does not have is foreign. Sorted as given, what is only listed last.
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
    // A permission set that is gone by now has no assignments.
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

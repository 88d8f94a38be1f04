import type { AssignmentKey } from '../../domain/assignments/assignment.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { listKnown } from '../../reconcile/records/foreign-assignments.ts'
import type { PlannedGrant, PlannedRevocation } from './planned-access.ts'

/** The access of everyone in a group. */
export type GroupAccess = { readonly permissionSet: PermissionSetName; readonly accounts: readonly AccountId[] }

type SetInAccount = { readonly permissionSet: PermissionSetName; readonly accountId: AccountId }

/** The access of groups before and after a plan, including waiting grants. */
export type GroupAccesses = Awaited<ReturnType<typeof readGroupAccesses>>

/** Lists each source once. */
export async function readGroupAccesses(
  objects: ObjectStore,
  {
    grants,
    revocations,
  }: { readonly grants: readonly PlannedGrant[]; readonly revocations: readonly PlannedRevocation[] },
) {
  const now = new Map<PrincipalId | undefined, (SetInAccount & { readonly key: AssignmentKey })[]>()
  for await (const { key, assignment } of listKnown(objects)) {
    const { type, principalId, permissionSet, accountId } = assignment
    if (type !== 'GROUP') continue
    const known = now.get(principalId) ?? []
    known.push({ key, permissionSet, accountId })
    now.set(principalId, known)
  }
  const going = new Set(revocations.map(({ key }) => key))
  const ofGroups = grants.flatMap(({ assignment }) => (assignment.type === 'GROUP' ? [assignment] : []))
  const coming = Map.groupBy(ofGroups, ({ principal }) => principal)
  return {
    before: (id: PrincipalId) => joinPlaces(now.get(id) ?? []),
    /** `undefined`: the group does not exist yet. */
    after: (id: PrincipalId | undefined, name: PrincipalName) =>
      joinPlaces([...(now.get(id) ?? []).filter(({ key }) => !going.has(key)), ...(coming.get(name) ?? [])]),
  }
}

function joinPlaces(places: readonly SetInAccount[]): readonly GroupAccess[] {
  const bySet = Map.groupBy(places, ({ permissionSet }) => permissionSet)
  return [...bySet]
    .map(([permissionSet, all]) => ({ permissionSet, accounts: [...new Set(all.map((one) => one.accountId))].sort() }))
    .sort((a, b) => (a.permissionSet < b.permissionSet ? -1 : 1))
}

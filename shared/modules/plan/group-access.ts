import type { AccountId } from '../../domain/organization/account-id.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { type KnownAssignment, listKnown } from '../../reconcile/records/foreign-assignments.ts'
import type { PlannedAccess } from './planned-access.ts'
import type { ProvisionedSet } from './rules/vanishing-roles.ts'

/** The access of everyone in a group. */
export type GroupAccess = { readonly permissionSet: PermissionSetName; readonly accounts: readonly AccountId[] }

/** The access of groups before and after a plan. Lists each source once. */
export async function readGroupAccesses(objects: ObjectStore, { grants, revocations }: PlannedAccess) {
  const known: KnownAssignment[] = []
  for await (const one of listKnown(objects)) if (one.assignment.type === 'GROUP') known.push(one)
  const now = Map.groupBy(known, ({ assignment }): PrincipalId | undefined => assignment.principalId)
  const going = new Set(revocations.map(({ key }) => key))
  const ofGroups = grants.filter(({ assignment }) => assignment.type === 'GROUP')
  const coming = Map.groupBy(ofGroups, ({ assignment }) => assignment.principal)
  return {
    before: (id: PrincipalId) => joinPlaces(now.get(id) ?? []),
    /** `undefined`: the group does not exist yet. */
    after: (id: PrincipalId | undefined, name: PrincipalName) =>
      joinPlaces([...(now.get(id) ?? []).filter(({ key }) => !going.has(key)), ...(coming.get(name) ?? [])]),
  }
}

function joinPlaces(places: readonly { readonly assignment: ProvisionedSet }[]): readonly GroupAccess[] {
  const bySet = Map.groupBy(places, ({ assignment }) => assignment.permissionSet)
  return [...bySet]
    .map(([permissionSet, all]) => ({
      permissionSet,
      accounts: [...new Set(all.map(({ assignment }) => assignment.accountId))].sort(),
    }))
    .sort((a, b) => (a.permissionSet < b.permissionSet ? -1 : 1))
}

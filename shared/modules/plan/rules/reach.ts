import type { AssignmentSet } from '../../../domain/assignments/plan.ts'
import type { AccountId } from '../../../domain/organization/account-id.ts'
import type { PermissionSetName } from '../../../domain/permission-sets/permission-set-name.ts'

/** How many principals have a permission set, in how many accounts. A change of the set reaches all of them. */
export type Reach = { readonly principals: number; readonly accounts: number; readonly assignments: number }

/** The reach of a permission set in these assignments. No assignment is in two of the sets. */
export function reachOf(permissionSet: PermissionSetName, recorded: readonly AssignmentSet[]): Reach {
  const entries = recorded
    .flatMap((set) => [...set.values()])
    .filter(({ grant }) => grant.permissionSet === permissionSet)
  return {
    principals: new Set(entries.map(({ grant: { type, principal } }) => `${type}%${principal}`)).size,
    accounts: new Set(entries.flatMap(({ accounts }) => [...accounts])).size,
    assignments: entries.reduce((sum, { accounts }) => sum + accounts.size, 0),
  }
}

/** The accounts where a permission set is assigned, sorted. */
export function accountsOf(permissionSet: PermissionSetName, recorded: readonly AssignmentSet[]): readonly AccountId[] {
  const accounts = recorded.flatMap((set) =>
    [...set.values()].flatMap((one) => (one.grant.permissionSet === permissionSet ? [...one.accounts] : [])),
  )
  return [...new Set(accounts)].sort()
}

import type { AssignmentSet } from '../../../domain/assignments/plan.ts'
import type { AccountId } from '../../../domain/organization/account-id.ts'
import type { PermissionSetName } from '../../../domain/permission-sets/permission-set-name.ts'

/** The accounts where a permission set is assigned, ascending, and how many principals have it. A change of the set reaches all of them. */
export type Holders = {
  readonly accounts: readonly AccountId[]
  readonly reach: { readonly principals: number; readonly accounts: number; readonly assignments: number }
}

/** The holders of a permission set in these assignments. No assignment is in two of the sets. */
export function holdersOf(permissionSet: PermissionSetName, recorded: readonly AssignmentSet[]): Holders {
  const entries = recorded
    .flatMap((set) => [...set.values()])
    .filter(({ grant }) => grant.permissionSet === permissionSet)
  const accounts = [...new Set(entries.flatMap((one) => [...one.accounts]))].sort()
  const principals = new Set(entries.map(({ grant: { type, principal } }) => `${type}%${principal}`)).size
  const assignments = entries.reduce((sum, one) => sum + one.accounts.size, 0)
  return { accounts, reach: { principals, accounts: accounts.length, assignments } }
}

import type { AccountId } from './account-id.ts'
import type { Assignment } from './assignment.ts'
import type { PermissionSetName } from './permission-set-name.ts'

/** A permission set in an account: in that account it is one IAM role. */
export type ProvisionedSet = { readonly accountId: AccountId; readonly permissionSet: PermissionSetName }

export function renderProvisionedSet({ accountId, permissionSet }: ProvisionedSet): string {
  return `${accountId}%${permissionSet}`
}

/**
 * Where a plan takes away the last account assignment of a permission set that is known of: Identity Center then deletes
 * the role in that account, and whatever trusts or names the role breaks. `remaining`: the assignments that stay there.
 * Source: IAM Identity Center User Guide, "Permission sets" (roles are created and removed with assignments).
 */
export function findVanishingRoles(plan: {
  readonly revocations: readonly Assignment[]
  readonly grants: readonly Assignment[]
  readonly remaining: readonly Assignment[]
}): readonly ProvisionedSet[] {
  const kept = new Set([...plan.grants, ...plan.remaining].map(renderProvisionedSet))
  const vanishing = new Map<string, ProvisionedSet>()
  for (const assignment of plan.revocations) {
    const { accountId, permissionSet } = assignment
    const name = renderProvisionedSet(assignment)
    if (!kept.has(name)) vanishing.set(name, { accountId, permissionSet })
  }
  return [...vanishing].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, role]) => role)
}

import type { Assignment } from '../../../domain/assignments/assignment.ts'
import type { AccountId } from '../../../domain/organization/account-id.ts'
import type { PermissionSetName } from '../../../domain/permission-sets/permission-set-name.ts'

/** A permission set in one account, where it is one IAM role. */
export type ProvisionedSet = { readonly accountId: AccountId; readonly permissionSet: PermissionSetName }

export function renderProvisionedSet({ accountId, permissionSet }: ProvisionedSet): string {
  return `${accountId}%${permissionSet}`
}

/**
 * The accounts where a plan removes the last known account assignment of a permission set. Identity Center then deletes
 * the role there, and everything that trusts or names the role breaks. `remaining`: the sets that stay assigned there.
 * Source: IAM Identity Center User Guide, "Permission sets" (roles are created and removed with assignments).
 */
export function findVanishingRoles(plan: {
  readonly revocations: readonly Assignment[]
  readonly grants: readonly Assignment[]
  readonly remaining: readonly ProvisionedSet[]
}): readonly ProvisionedSet[] {
  const kept = new Set([...plan.grants, ...plan.remaining].map(renderProvisionedSet))
  const vanishing = plan.revocations
    .map(({ accountId, permissionSet }) => ({ accountId, permissionSet }))
    .filter((role) => !kept.has(renderProvisionedSet(role)))
  const byName = new Map(vanishing.map((role) => [renderProvisionedSet(role), role]))
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, role]) => role)
}

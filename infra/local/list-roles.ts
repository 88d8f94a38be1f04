import type { MemorySsoAdmin } from '../../shared/memory/sso-admin/memory-sso-admin.ts'

export type Role = { readonly account: string; readonly permissionSetArn: string; readonly role: string }

/**
 * The roles that Identity Center has created in the accounts, ascending by account, like IAM's ListRoles under
 * `/aws-reserved/sso.amazonaws.com/`: a trust policy that names such a role breaks when the role comes back with a new suffix.
 */
export function listRoles(ssoAdmin: MemorySsoAdmin): readonly Role[] {
  const roles = ssoAdmin.assignments().flatMap(({ accountId: account, permissionSetArn }) => {
    const role = ssoAdmin.roleName(account, permissionSetArn)
    return role === undefined ? [] : [[role, { account, permissionSetArn, role }] as const]
  })
  return [...new Map(roles).values()].sort((a, b) => (a.account + a.role < b.account + b.role ? -1 : 1))
}

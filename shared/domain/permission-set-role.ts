import { type PermissionSetName, permissionSetName } from './permission-set-name.ts'

/** Where Identity Center makes its roles; outside us-east-1 the Region follows. */
export const permissionSetRolePath = '/aws-reserved/sso.amazonaws.com/'

/** `AWSReservedSSO_<permission set>_<16 hexadecimal digits>`; `undefined`: another role. */
export function permissionSetOfRole(roleName: string): PermissionSetName | undefined {
  const [, name] = /^AWSReservedSSO_(.+)_[0-9a-f]{16}$/.exec(roleName) ?? []
  return permissionSetName.safeParse(name).data
}

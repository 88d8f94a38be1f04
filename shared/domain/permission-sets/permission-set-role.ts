import { type PermissionSetName, permissionSetName } from './permission-set-name.ts'

/** The path of Identity Center's roles. Outside us-east-1 the Region follows. */
export const permissionSetRolePath = '/aws-reserved/sso.amazonaws.com/'

/** Whether the role is in this account, under the path where only IAM Identity Center can make roles. */
export function isPermissionSetRole(roleArn: string, account: string): boolean {
  return new RegExp(`^arn:aws[a-z-]*:iam::${account}:role${permissionSetRolePath.replaceAll('.', '\\.')}`).test(roleArn)
}

/** `AWSReservedSSO_<permission set>_<16 hexadecimal digits>`; `undefined`: another role. */
export function permissionSetOfRole(roleName: string): PermissionSetName | undefined {
  const [, name] = /^AWSReservedSSO_(.+)_[0-9a-f]{16}$/.exec(roleName) ?? []
  return permissionSetName.safeParse(name).data
}

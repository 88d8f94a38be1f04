import { type AccountId, accountId } from '../organization/account-id.ts'
import type { PermissionSetName } from '../permission-sets/permission-set-name.ts'
import { permissionSetOfRole } from '../permission-sets/permission-set-role.ts'
import { type PrincipalName, principalName } from './principal.ts'

/** A person who works with a permission set. IAM Identity Center names the session of its role after the user. */
export type PersonSession = {
  readonly account: AccountId
  /** The role's name. The ARN of a session tells nothing else about the role. */
  readonly role: string
  readonly permissionSet: PermissionSetName
  readonly userName: PrincipalName
}

/** IAM cuts session names after 64 characters, so this may be the beginning of another user's name. (STS API Reference, "AssumeRole".) */
export const isCutName = (userName: PrincipalName): boolean => userName.length > sessionNameMost
/** A name of at most this length is surely whole. */
export const sessionNameMost = 63

/**
 * Parses `arn:aws:sts::<account>:assumed-role/AWSReservedSSO_<permission set>_<16 hexadecimal digits>/<UserName>`. `undefined`: the session
 * of another role, or none. An administrator of any account can create a role with such a name and choose the name of its session. So the
 * ARN proves who somebody is only if all its accounts are trusted, or if another check follows.
 */
export function parsePersonSession(arn: string): PersonSession | undefined {
  const [, account, role = '', name] = /^arn:aws[a-z-]*:sts::(\d{12}):assumed-role\/([^/]+)\/(.+)$/s.exec(arn) ?? []
  const permissionSet = permissionSetOfRole(role)
  const userName = principalName.safeParse(name)
  if (permissionSet === undefined || !userName.success) return undefined
  return { account: accountId.parse(account), role, permissionSet, userName: userName.data }
}

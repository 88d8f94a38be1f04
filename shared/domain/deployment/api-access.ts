import { linkPrefix } from '../links/link.ts'
import { permissionSetPrefix } from '../permission-sets/permission-set-file.ts'
import { permissionSetRolePath } from '../permission-sets/permission-set-role.ts'
import type { Environment } from './environment.ts'

/** The section `access` of the environment: the callers that may upload, and the callers that may read. */
export type Access = Environment['access']

/** The part of a caller that can be compared with the environment. */
export type Caller = {
  /** The ARN from API Gateway. For a role, it has only the role's name. */
  readonly arn: string
  /**
   * The ARN of that role with its path, from IAM. Absent: the caller is no role, the ARN was not needed, or ssofile may not look at the
   * role.
   */
  readonly roleArn?: string | undefined
}

/** One caller's wish to read or change one input. */
type Wish = { readonly caller: Caller; readonly key: string; readonly folders: readonly string[] }

/** Whether the environment lets this caller put and delete this key. The answer is the same for the API and for S3. */
export function mayChange(access: Access, { caller, key, folders }: Wish): boolean {
  return uploadersOf(access, key, folders).some((pattern) => isPrincipal(caller, pattern))
}

export function isOperatorOf(access: Access, caller: Caller): boolean {
  return access.operators.some((pattern) => isPrincipal(caller, pattern))
}

export function readsAll(access: Access, caller: Caller): boolean {
  return isOperatorOf(access, caller) || access.auditors.some((pattern) => isPrincipal(caller, pattern))
}

/** All callers that the environment names for the API. */
export function principalsOf({ uploaders, permissionSetUploaders, auditors, operators }: Access): readonly string[] {
  return [...uploaders.flatMap(({ principals }) => principals), ...permissionSetUploaders, ...auditors, ...operators]
}

/** Auditors and operators read everything. Uploaders read the keys that they may upload. */
export function mayRead(access: Access, wish: Wish): boolean {
  return readsAll(access, wish.caller) || mayChange(access, wish)
}

function uploadersOf(access: Access, key: string, folders: readonly string[]): readonly string[] {
  if (key.startsWith(permissionSetPrefix)) return access.permissionSetUploaders
  const within = folders.filter((folder) => key.startsWith(`${linkPrefix}${folder}/`))
  const folder = within.sort((a, b) => b.length - a.length)[0] ?? ''
  return access.uploaders.find((one) => one.folder === folder)?.principals ?? []
}

/**
 * Whether the caller is the role or user that the pattern names. Its only `*` may be at its end.
 *
 * | the caller                             | the pattern     | compared                                                |
 * | -------------------------------------- | --------------- | ------------------------------------------------------- |
 * | `…:sts::1:assumed-role/Name/session`   | `…:role/…`      | account and name: a session has no path, and an account has each name once |
 * |                                        | with a `*`, or of IAM Identity Center | the role's ARN from IAM: a person who may create roles can create one with a fitting name |
 * |                                        | `…:role/path/*` | never, since such a pattern names no role                     |
 * | `…:iam::1:user/path/name`              | `…:user/…`      | the whole ARN                                           |
 * | any other (root, federated)            | any             | never                                                   |
 *
 * IAM User Guide, "IAM identifiers".
 */
export function isPrincipal({ arn, roleArn }: Caller, pattern: string): boolean {
  const [, partition, service, , account, resource = ''] = arn.split(':')
  if (service === 'iam') return resource.startsWith('user/') && fits(arn, pattern)
  const [kind, name = '', session] = resource.split('/')
  const roles = `arn:${partition}:iam::${account}:role/`
  if (service !== 'sts' || kind !== 'assumed-role' || session === undefined || !pattern.startsWith(roles)) return false
  if (!fitsName(name, pattern)) return false
  return !asksPath(pattern) || (roleArn?.endsWith(`/${name}`) === true && fits(roleArn, pattern))
}

/** Whether this pattern fits a role with this name only if the path fits too. */
export function asksPathOf(name: string, pattern: string): boolean {
  return asksPath(pattern) && fitsName(name, pattern)
}

function fitsName(name: string, pattern: string): boolean {
  const wanted = pattern.slice(pattern.lastIndexOf('/') + 1)
  return wanted !== '*' && fits(name, wanted)
}

/** Whether a pattern fits more than one name, or a name that AWS chooses. */
export function asksPath(pattern: string): boolean {
  return pattern.includes(':role/') && (pattern.endsWith('*') || pattern.includes(permissionSetRolePath))
}

/** The name of the role if the caller is a role's session. `undefined`: it is not. */
export function roleNameOf({ arn }: Caller): string | undefined {
  return /^arn:aws[a-z-]*:sts::\d{12}:assumed-role\/([^/]+)\/./s.exec(arn)?.[1]
}

function fits(text: string, pattern: string): boolean {
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern
}

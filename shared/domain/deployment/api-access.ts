import { linkPrefix } from '../links/link.ts'
import { permissionSetPrefix } from '../permission-sets/permission-set-file.ts'
import { permissionSetRolePath } from '../permission-sets/permission-set-role.ts'
import type { Environment } from './environment.ts'

/** Who may upload where and who may read, as the environment says it. */
export type Access = Environment['access']

/** Who calls, as far as it can be compared with the environment. */
export type Caller = {
  /** As API Gateway tells it: of a role only the name. */
  readonly arn: string
  /** The ARN of that role with its path, as IAM tells it. Absent: no role, not asked for, or none that ssofile may look at. */
  readonly roleArn?: string | undefined
}

/** What somebody wants to do with one input. */
type Wish = { readonly caller: Caller; readonly key: string; readonly folders: readonly string[] }

/** Whether the environment lets this caller put and delete this key: by the API as by S3. */
export function mayChange(access: Access, { caller, key, folders }: Wish): boolean {
  return uploadersOf(access, key, folders).some((pattern) => isPrincipal(caller, pattern))
}

export function isOperatorOf(access: Access, caller: Caller): boolean {
  return access.operators.some((pattern) => isPrincipal(caller, pattern))
}

export function readsAll(access: Access, caller: Caller): boolean {
  return isOperatorOf(access, caller) || access.auditors.some((pattern) => isPrincipal(caller, pattern))
}

/** Everybody whom it names for the API. */
export function principalsOf({ uploaders, permissionSetUploaders, auditors, operators }: Access): readonly string[] {
  return [...uploaders.flatMap(({ principals }) => principals), ...permissionSetUploaders, ...auditors, ...operators]
}

/** Auditors and operators read everything, uploaders what lies where they may upload. */
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
 * Whether the caller is the role or user that the pattern names; its only `*` may stand at its end.
 *
 * | the caller                             | the pattern     | compared                                                |
 * | -------------------------------------- | --------------- | ------------------------------------------------------- |
 * | `…:sts::1:assumed-role/Name/session`   | `…:role/…`      | account and name: a session has no path, and a name is there once in an account |
 * |                                        | with a `*`, or of IAM Identity Center | the ARN of the role as IAM tells it: anybody who may make roles can make another one of a fitting name |
 * |                                        | `…:role/path/*` | never: such a pattern names no role                     |
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

/** Whether only the path tells that this pattern means a role of this name. */
export function asksPathOf(name: string, pattern: string): boolean {
  return asksPath(pattern) && fitsName(name, pattern)
}

function fitsName(name: string, pattern: string): boolean {
  const wanted = pattern.slice(pattern.lastIndexOf('/') + 1)
  return wanted !== '*' && fits(name, wanted)
}

/** Whether a pattern means roles by more than one name, or by a name that AWS makes. */
export function asksPath(pattern: string): boolean {
  return pattern.includes(':role/') && (pattern.endsWith('*') || pattern.includes(permissionSetRolePath))
}

/** The name of the role whose session the caller is; `undefined`: none. */
export function roleNameOf({ arn }: Caller): string | undefined {
  return /^arn:aws[a-z-]*:sts::\d{12}:assumed-role\/([^/]+)\/./s.exec(arn)?.[1]
}

function fits(text: string, pattern: string): boolean {
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern
}

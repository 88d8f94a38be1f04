import type { Environment } from './environment.ts'
import { linkPrefix } from './link.ts'
import { permissionSetPrefix } from './permission-set-file.ts'

/** Who may upload where and who may read, as the environment says it. */
export type Access = Environment['access']

/** What somebody wants to do with one input. */
type Wish = { readonly arn: string; readonly key: string; readonly folders: readonly string[] }

/** Whether the environment lets this caller put and delete this key: by the API as by S3. */
export function mayChange(access: Access, { arn, key, folders }: Wish): boolean {
  return uploadersOf(access, key, folders).some((pattern) => isPrincipal(arn, pattern))
}

/** Auditors and operators read everything, uploaders what lies where they may upload. */
export function mayRead(access: Access, wish: Wish): boolean {
  const isReader = [...access.auditors, ...access.operators].some((pattern) => isPrincipal(wish.arn, pattern))
  return isReader || mayChange(access, wish)
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
 * |                                        | `…:role/path/*` | never: such a pattern names no role                     |
 * | `…:iam::1:user/path/name`              | `…:user/…`      | the whole ARN                                           |
 * | any other (root, federated)            | any             | never                                                   |
 *
 * IAM User Guide, "IAM identifiers".
 */
export function isPrincipal(arn: string, pattern: string): boolean {
  const [, partition, service, , account, resource = ''] = arn.split(':')
  if (service === 'iam') return resource.startsWith('user/') && fits(arn, pattern)
  const [kind, name = '', session] = resource.split('/')
  const roles = `arn:${partition}:iam::${account}:role/`
  if (service !== 'sts' || kind !== 'assumed-role' || session === undefined || !pattern.startsWith(roles)) return false
  const wanted = pattern.slice(pattern.lastIndexOf('/') + 1)
  return wanted !== '*' && fits(name, wanted)
}

function fits(text: string, pattern: string): boolean {
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern
}

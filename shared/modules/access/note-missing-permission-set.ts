import { meant } from '../../domain/links/lack.ts'
import {
  parsePermissionSetKey,
  permissionSetKey,
  permissionSetPrefix,
} from '../../domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import { nearMatch } from '../../domain/text/near-match.ts'
import type { Ports } from '../../ports/ports.ts'
import type { PermissionSetIndex } from '../../reconcile/directory/permission-set-index.ts'
import { listHeads } from '../../reconcile/records/list-heads.ts'
import { isNoAnswer } from './listed-access.ts'

type NotingSources = Pick<Ports, 'objects'> & { readonly index: PermissionSetIndex }

/**
 * A sentence for a person: no file and no permission set has this name, and which name is similar; or a few calls cannot tell.
 * `undefined`: it exists. `index`: over a port that makes few calls.
 */
export async function noteMissingPermissionSet(
  name: PermissionSetName,
  { objects, index }: NotingSources,
): Promise<string | undefined> {
  const key = permissionSetKey(name)
  if (await objects.head(key)) return undefined
  let doubt: string | undefined
  try {
    if (await index.resolve(name)) return undefined
  } catch (error) {
    if (!isNoAnswer(error)) throw error
    doubt = error.message
  }
  const files = await listHeads(objects, permissionSetPrefix)
  const named = [...files.keys()].map(parsePermissionSetKey).flatMap((file) => (file.ok ? file.value : []))
  const near = nearMatch(name, [...named, ...[index.findNear(name) ?? []].flat()])
  return doubt === undefined
    ? `there is no permission set '${name}': no file ${key}, and none of this name in Identity Center${meant(near)}`
    : `there is no file ${key}, and it is not known whether Identity Center has a permission set of this name: ${doubt}${meant(near)}`
}

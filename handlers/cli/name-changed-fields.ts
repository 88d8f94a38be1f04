import pLimit from 'p-limit'
import { listDifferingFields } from '../../shared/domain/differing-fields.ts'
import { permissionSetKey } from '../../shared/domain/permission-set-file.ts'
import type { PermissionSetName } from '../../shared/domain/permission-set-name.ts'
import type { ObjectStore } from '../../shared/ports/object-store.ts'
import { isServiceError } from '../../shared/ports/service-error.ts'
import type { PermissionSetChange } from '../../shared/reconcile/preview/preview-permission-sets.ts'
import { readOwned } from '../../shared/reconcile/records/owned-permission-sets.ts'
import { readPermissionSetFile } from '../../shared/reconcile/records/read-permission-set-file.ts'

const readsAtOnce = 32

/** `fields`: those that differ, if known; empty: the new file means the same, written differently. */
export type ToldPermissionSetChange = PermissionSetChange & { readonly fields?: readonly string[] }

type Buckets = { readonly before: ObjectStore; readonly after: ObjectStore }

/** Names what changes in permission sets, by comparing the file that was applied with the new one. */
export async function nameChangedFields(
  changes: readonly PermissionSetChange[],
  buckets: Buckets,
): Promise<readonly ToldPermissionSetChange[]> {
  const limit = pLimit(readsAtOnce)
  return Promise.all(
    changes.map(async (one) => {
      if (one.change !== 'update') return one
      const fields = await limit(() => compareFiles(one.name, buckets))
      return fields === undefined ? one : { ...one, fields }
    }),
  )
}

/** `undefined`: unknown, because the bucket no longer has the file that was applied, or it cannot be read. */
async function compareFiles(
  name: PermissionSetName,
  { before, after }: Buckets,
): Promise<readonly string[] | undefined> {
  const key = permissionSetKey(name)
  try {
    const [owned, old, wanted] = await Promise.all([
      readOwned(before, name),
      readPermissionSetFile(before, key),
      readPermissionSetFile(after, key),
    ])
    if (!old?.file.ok || !wanted?.file.ok || owned?.value.applied?.etag !== old.object.etag) return undefined
    return listDifferingFields(old.file.value, wanted.file.value)
  } catch (error) {
    if (isServiceError(error)) return undefined
    throw error
  }
}

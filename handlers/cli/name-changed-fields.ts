import pLimit from 'p-limit'
import { comparePermissions, type PermissionsChange } from '../../shared/domain/compare-permissions.ts'
import { listDifferingFields } from '../../shared/domain/differing-fields.ts'
import { type PermissionSetFile, permissionSetKey } from '../../shared/domain/permission-set-file.ts'
import type { PermissionSetName } from '../../shared/domain/permission-set-name.ts'
import type { ObjectStore } from '../../shared/ports/object-store.ts'
import { isServiceError } from '../../shared/ports/service-error.ts'
import type { PermissionSetChange } from '../../shared/reconcile/preview/preview-permission-sets.ts'
import { readOwned } from '../../shared/reconcile/records/owned-permission-sets.ts'
import { readPermissionSetFile } from '../../shared/reconcile/records/read-permission-set-file.ts'
import { readActionCatalog } from './read-action-catalog.ts'

const readsAtOnce = 32

/**
 * `fields`: those that differ, if known; empty: the new file means the same, written differently. `meaning`: what is allowed
 * then and was not, or the other way round; absent: nothing, or not known.
 */
export type ToldPermissionSetChange = PermissionSetChange & {
  readonly fields?: readonly string[]
  readonly meaning?: PermissionsChange
}

type Buckets = { readonly before: ObjectStore; readonly after: ObjectStore }

/** Names what changes in permission sets, and what that allows, by comparing the file that was applied with the new one. */
export async function nameChangedFields(
  changes: readonly PermissionSetChange[],
  buckets: Buckets,
): Promise<readonly ToldPermissionSetChange[]> {
  const limit = pLimit(readsAtOnce)
  return Promise.all(
    changes.map(async (one) => {
      if (one.change !== 'update' && one.change !== 'create') return one
      return { ...one, ...(await limit(() => compareFiles(one.name, one.change, buckets))) }
    }),
  )
}

/** Empty: unknown, because the bucket no longer has the file that was applied, or it cannot be read. */
async function compareFiles(
  name: PermissionSetName,
  change: PermissionSetChange['change'],
  { before, after }: Buckets,
): Promise<Pick<ToldPermissionSetChange, 'fields' | 'meaning'>> {
  const key = permissionSetKey(name)
  try {
    const wanted = await readPermissionSetFile(after, key)
    if (!wanted?.file.ok) return {}
    if (change === 'create') return explain(undefined, wanted.file.value)
    const [owned, old] = await Promise.all([readOwned(before, name), readPermissionSetFile(before, key)])
    if (!old?.file.ok || owned?.value.applied?.etag !== old.object.etag) return {}
    const fields = listDifferingFields(old.file.value, wanted.file.value)
    return { fields, ...(await explain(old.file.value, wanted.file.value)) }
  } catch (error) {
    if (isServiceError(error)) return {}
    throw error
  }
}

async function explain(
  before: PermissionSetFile | undefined,
  after: PermissionSetFile,
): Promise<Pick<ToldPermissionSetChange, 'meaning'>> {
  const hasInline = after.inlinePolicy !== undefined || before?.inlinePolicy !== undefined
  const isSame = before?.inlinePolicy === after.inlinePolicy
  const catalog = hasInline && !isSame ? await readActionCatalog() : new Map()
  const meaning = comparePermissions({ before, after }, catalog)
  return Object.values(meaning).some(({ length }) => length > 0) ? { meaning } : {}
}

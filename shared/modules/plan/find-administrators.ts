import pLimit from 'p-limit'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { isAdministratorSet } from '../../reconcile/directory/is-administrator-set.ts'
import { readsAtOnce } from '../../reconcile/records/list-heads.ts'
import type { PermissionSetPreview } from './foresee-permission-sets.ts'

/** Picks the permission sets that allow everything, ascending. */
export async function findAdministrators(
  names: Iterable<PermissionSetName>,
  objects: ObjectStore,
  permissionSets: Pick<PermissionSetPreview, 'resolve' | 'ssoAdmin'>,
): Promise<readonly PermissionSetName[]> {
  const limit = pLimit(readsAtOnce)
  const sources = { objects, ssoAdmin: permissionSets.ssoAdmin, resolve: permissionSets.resolve.bind(permissionSets) }
  const judge = async (name: PermissionSetName) => ((await isAdministratorSet(name, sources)) ? [name] : [])
  return (await Promise.all([...new Set(names)].sort().map((name) => limit(() => judge(name))))).flat()
}

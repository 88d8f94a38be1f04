import pLimit from 'p-limit'
import { allowsEverything } from '../../domain/iam-policies/allows-everything.ts'
import { permissionSetKey } from '../../domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { listUnlessGone } from '../calls/assignment-listings.ts'
import { readsAtOnce } from '../records/list-heads.ts'
import { readPermissionSetFile } from '../records/read-permission-set-file.ts'
import type { PermissionSetPreview } from './preview-permission-sets.ts'

/** Those of these permission sets that allow everything: by their files, or, without one, as Identity Center has them. Ascending. */
export async function findAdministrators(
  names: Iterable<PermissionSetName>,
  objects: ObjectStore,
  permissionSets: Pick<PermissionSetPreview, 'resolve' | 'ssoAdmin'>,
): Promise<readonly PermissionSetName[]> {
  const limit = pLimit(readsAtOnce)
  const judge = async (name: PermissionSetName): Promise<readonly PermissionSetName[]> => {
    const reading = await readPermissionSetFile(objects, permissionSetKey(name))
    const set = reading === undefined ? await readPolicies(name, permissionSets) : reading.file.ok && reading.file.value
    return set && allowsEverything(set) ? [name] : []
  }
  return (await Promise.all([...new Set(names)].sort().map((name) => limit(() => judge(name))))).flat()
}

async function readPolicies(
  name: PermissionSetName,
  { resolve, ssoAdmin }: Pick<PermissionSetPreview, 'resolve' | 'ssoAdmin'>,
) {
  const arn = await resolve(name)
  if (arn === undefined || arn === 'new') return undefined
  const managedPolicyArns = await listUnlessGone((token) => ssoAdmin.listManagedPolicies(arn, token))
  return { managedPolicyArns, inlinePolicy: await ssoAdmin.getInlinePolicy(arn) }
}

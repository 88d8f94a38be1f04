import { isAdministrator } from '../../domain/iam-policies/is-administrator.ts'
import { isSameUpload, type Upload } from '../../domain/links/upload.ts'
import { permissionSetKey } from '../../domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PermissionSetArn } from '../../domain/principals/identity-center-ids.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { listUnlessGone } from '../../ports/page.ts'
import type { SsoAdmin } from '../../ports/sso-admin.ts'
import { readOwned } from '../records/owned-permission-sets.ts'
import { readPermissionSetFile } from '../records/read-permission-set-file.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'

type Sources = {
  readonly objects: ObjectStore
  readonly ssoAdmin: Pick<SsoAdmin, 'listManagedPolicies' | 'getInlinePolicy'>
  /** `undefined`, `new`: Identity Center does not have it. */
  readonly resolve: (name: PermissionSetName) => Promise<PermissionSetArn | 'new' | undefined>
}

/**
 * Whether people with a permission set are administrators, by its file or by what Identity Center has. A file that is not in force does not
 * describe the permission set that people get: it may be refused or waiting, or the permission set may be one that others made.
 *
 * | the file             | in force, and nobody changed the set since | answer                    |
 * | -------------------- | ------------------------------------------ | ------------------------- |
 * | makes administrators |                                            | yes                       |
 * | does not             | yes                                        | no                        |
 * | does not             | no                                         | as Identity Center has it |
 * | is invalid or absent |                                            | as Identity Center has it |
 */
export async function isAdministratorSet(
  name: PermissionSetName,
  { objects, ssoAdmin, resolve }: Sources,
): Promise<boolean> {
  const byBucket = await isAdministratorByBucket(name, objects)
  if (byBucket !== undefined) return byBucket
  const arn = await resolve(name)
  if (arn === undefined || arn === 'new') return false
  const managedPolicyArns = await listUnlessGone((token) => ssoAdmin.listManagedPolicies(arn, token))
  return isAdministrator({ managedPolicyArns, inlinePolicy: await ssoAdmin.getInlinePolicy(arn) })
}

/** The first two rows of that table. `undefined`: only Identity Center knows. */
export async function isAdministratorByBucket(
  name: PermissionSetName,
  objects: ObjectStore,
): Promise<boolean | undefined> {
  const reading = await readPermissionSetFile(objects, permissionSetKey(name))
  if (!reading?.file.ok) return undefined
  if (isAdministrator(reading.file.value)) return true
  return (await isInForce(reading.object, name, objects)) ? false : undefined
}

async function isInForce(file: Upload, name: PermissionSetName, objects: ObjectStore): Promise<boolean> {
  const owned = await spoiledAsAbsent(readOwned(objects, name))
  if (owned === undefined) return false
  const { applied, change, drift } = owned.value
  return applied !== undefined && change === undefined && drift === undefined && isSameUpload(applied, file)
}

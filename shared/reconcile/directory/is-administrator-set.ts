import { allowsEverything } from '../../domain/iam-policies/allows-everything.ts'
import { permissionSetKey } from '../../domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PermissionSetArn } from '../../domain/principals/identity-center-ids.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { SsoAdmin } from '../../ports/sso-admin.ts'
import { listUnlessGone } from '../calls/assignment-listings.ts'
import { readPermissionSetFile } from '../records/read-permission-set-file.ts'

type Sources = {
  readonly objects: ObjectStore
  readonly ssoAdmin: Pick<SsoAdmin, 'listManagedPolicies' | 'getInlinePolicy'>
  /** `undefined`, `new`: Identity Center does not have it. */
  readonly resolve: (name: PermissionSetName) => Promise<PermissionSetArn | 'new' | undefined>
}

/** Whether a permission set allows everything, judged by its file, or without a file by Identity Center. */
export async function isAdministratorSet(
  name: PermissionSetName,
  { objects, ssoAdmin, resolve }: Sources,
): Promise<boolean> {
  const reading = await readPermissionSetFile(objects, permissionSetKey(name))
  if (reading) return reading.file.ok && allowsEverything(reading.file.value)
  const arn = await resolve(name)
  if (arn === undefined || arn === 'new') return false
  const managedPolicyArns = await listUnlessGone((token) => ssoAdmin.listManagedPolicies(arn, token))
  return allowsEverything({ managedPolicyArns, inlinePolicy: await ssoAdmin.getInlinePolicy(arn) })
}

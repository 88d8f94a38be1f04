import type { PermissionSetPolicies } from '../../domain/permission-sets/permission-set-changes.ts'
import { permissionSetKey } from '../../domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PermissionSetArn } from '../../domain/principals/identity-center-ids.ts'
import { withoutDenials } from '../../domain/sessions/ended-sessions.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { listUnlessGone } from '../../ports/page.ts'
import type { SsoAdmin } from '../../ports/sso-admin.ts'
import { deniedBy, readOwned } from '../records/owned-permission-sets.ts'
import { readPermissionSetFile } from '../records/read-permission-set-file.ts'

export type PolicySources = {
  readonly objects: ObjectStore
  /** Absent: read only the bucket. */
  readonly ssoAdmin?:
    | Pick<SsoAdmin, 'listManagedPolicies' | 'listCustomerManagedPolicies' | 'getInlinePolicy'>
    | undefined
  /** `undefined`: Identity Center does not have it. */
  readonly resolve: (name: PermissionSetName) => Promise<PermissionSetArn | undefined>
}

/**
 * The policies of a permission set in force: from its file if that was applied last, otherwise from Identity Center (three
 * calls). Without the boundary. `undefined`: unknown.
 */
export async function readSetPolicies(
  name: PermissionSetName,
  { objects, ssoAdmin, resolve }: PolicySources,
): Promise<PermissionSetPolicies | undefined> {
  const [owned, reading] = await Promise.all([
    readOwned(objects, name),
    readPermissionSetFile(objects, permissionSetKey(name)),
  ])
  const isApplied = owned !== undefined && owned.value.applied?.etag === reading?.object.etag
  if (reading?.file.ok && isApplied) return reading.file.value
  const arn = ssoAdmin && (await resolve(name))
  if (arn === undefined || ssoAdmin === undefined) return undefined
  const denials = owned?.value.arn === arn ? deniedBy(owned.value) : undefined
  const [managedPolicyArns, customerManagedPolicies, inline] = await Promise.all([
    listUnlessGone((token) => ssoAdmin.listManagedPolicies(arn, token)),
    listUnlessGone((token) => ssoAdmin.listCustomerManagedPolicies(arn, token)),
    ssoAdmin.getInlinePolicy(arn),
  ])
  return { managedPolicyArns, customerManagedPolicies, inlinePolicy: withoutDenials(inline, denials) }
}

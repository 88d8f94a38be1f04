import type { PermissionSetDefinition } from '../../domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PermissionSetArn } from '../../domain/principals/identity-center-ids.ts'
import { withoutDenials } from '../../domain/sessions/ended-sessions.ts'
import { listAll } from '../../ports/page.ts'
import type { ReadingSsoAdmin } from '../../ports/sso-admin.ts'
import { deniedBy, type OwnedPermissionSet } from '../records/owned-permission-sets.ts'

export type FoundPermissionSet = PermissionSetDefinition & { readonly name: PermissionSetName }

/**
 * A permission set in Identity Center, without ssofile's denials of ended sessions, read by six calls; `undefined`: it is gone. `owned`: its
 * record, read before; `undefined`: it is not ours.
 */
export async function readPermissionSet(
  ssoAdmin: ReadingSsoAdmin,
  arn: PermissionSetArn,
  owned: OwnedPermissionSet | undefined,
): Promise<FoundPermissionSet | undefined> {
  const attributes = await ssoAdmin.describePermissionSet(arn)
  if (!attributes) return undefined
  const [tags, managedPolicyArns, customerManagedPolicies, saidInline, permissionsBoundary] = await Promise.all([
    Array.fromAsync(listAll((token) => ssoAdmin.listTagsForResource(arn, token))),
    Array.fromAsync(listAll((token) => ssoAdmin.listManagedPolicies(arn, token))),
    Array.fromAsync(listAll((token) => ssoAdmin.listCustomerManagedPolicies(arn, token))),
    ssoAdmin.getInlinePolicy(arn),
    ssoAdmin.getPermissionsBoundary(arn),
  ])
  const { name, description, sessionDuration, relayState } = attributes
  const inlinePolicy = withoutDenials(saidInline, owned && deniedBy(owned))
  const policies = { managedPolicyArns, customerManagedPolicies, inlinePolicy, permissionsBoundary }
  return { name, description, sessionDuration, relayState, tags, ...policies }
}

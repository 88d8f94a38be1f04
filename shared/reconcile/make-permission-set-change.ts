import type { PermissionSetArn } from '../domain/identity-center-ids.ts'
import type { PermissionSetChange } from '../domain/permission-set-changes.ts'
import type { SsoAdmin } from '../ports/sso-admin.ts'

/** One write call. It changes the definition only: accounts follow with ProvisionPermissionSet. */
export function makePermissionSetChange(
  ssoAdmin: SsoAdmin,
  arn: PermissionSetArn,
  change: PermissionSetChange,
): Promise<void> {
  switch (change.kind) {
    case 'update':
      return ssoAdmin.updatePermissionSet(arn, change.attributes)
    case 'tag':
      return ssoAdmin.tagResource(arn, change.tags)
    case 'untag':
      return ssoAdmin.untagResource(arn, change.keys)
    case 'attach':
      return ssoAdmin.attachManagedPolicy(arn, change.policyArn)
    case 'detach':
      return ssoAdmin.detachManagedPolicy(arn, change.policyArn)
    case 'attach-customer':
      return ssoAdmin.attachCustomerManagedPolicy(arn, change.policy)
    case 'detach-customer':
      return ssoAdmin.detachCustomerManagedPolicy(arn, change.policy)
    case 'put-inline':
      return ssoAdmin.putInlinePolicy(arn, change.policy)
    case 'delete-inline':
      return ssoAdmin.deleteInlinePolicy(arn)
    case 'put-boundary':
      return ssoAdmin.putPermissionsBoundary(arn, change.boundary)
    case 'delete-boundary':
      return ssoAdmin.deletePermissionsBoundary(arn)
    default:
      return change satisfies never
  }
}

import type { Admission } from '../../domain/brake/admission.ts'
import type { PermissionSetChange } from '../../domain/permission-sets/permission-set-changes.ts'
import type { PermissionSetArn } from '../../domain/principals/identity-center-ids.ts'
import { isServiceError } from '../../ports/service-error.ts'
import type { SsoAdmin } from '../../ports/sso-admin.ts'
import { repeatPatiently } from '../calls/repeat-patiently.ts'
import type { PermissionSetContext } from './permission-set-settlement.ts'

type ChangeCalls = Pick<PermissionSetContext, 'ssoAdmin' | 'clock' | 'randomness' | 'ending'>

const repetition = { attemptsMost: 6, firstMs: 700, mostMs: 5_000 }

/**
 * Makes one change of the definition. Accounts follow with ProvisionPermissionSet. Identity Center refuses a change that
 * follows another one of the same permission set within some hundred milliseconds (ConflictException, "There is a conflicting
 * operation in process."), so it is retried here after a short pause.
 */
export function makePermissionSetChange(
  _: Admission,
  arn: PermissionSetArn,
  change: PermissionSetChange,
  context: ChangeCalls,
) {
  return repeatPatiently(context, { ...repetition, signal: context.ending, mayHelp: isInProcess }, () =>
    callFor(context.ssoAdmin, arn, change),
  )
}

function isInProcess(error: unknown): boolean {
  return isServiceError(error, 'ConflictException') && /conflicting operation/i.test(error.message)
}

function callFor(ssoAdmin: SsoAdmin, arn: PermissionSetArn, change: PermissionSetChange): Promise<void> {
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

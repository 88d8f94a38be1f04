import type { AccountId } from '../../domain/organization/account-id.ts'
import type { PermissionSetArn } from '../../domain/principals/identity-center-ids.ts'
import type { AssignmentTarget, RequestKind } from '../../ports/sso-admin.ts'
import type { RequestRecord } from './asynchronous-requests.ts'

export type AssignmentRequestRecord = RequestRecord & { readonly kind: RequestKind; readonly target: AssignmentTarget }

export const provisioningTargets = ['AWS_ACCOUNT', 'ALL_PROVISIONED_ACCOUNTS'] as const

/** PermissionSetProvisioningStatus (IAM Identity Center API Reference), and its accounts. */
export type ProvisioningRecord = RequestRecord & {
  readonly kind: 'provisioning'
  readonly permissionSetArn: PermissionSetArn
  /** Absent: all accounts that had the permission set when the request was made. */
  readonly accountId?: AccountId
  readonly accountIds: readonly AccountId[]
}

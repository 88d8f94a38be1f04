import type { AccountId } from '../../domain/organization/account-id.ts'
import type { Account } from '../../domain/organization/organization-view.ts'
import type { AssignmentTarget } from '../../ports/sso-admin.ts'
import type { AccountPolicies } from './account-policies.ts'
import type { RequestOutcome } from './asynchronous-requests.ts'
import type { PermissionSetDefinition } from './permission-set-definitions.ts'

export const succeeded: RequestOutcome = { state: 'SUCCEEDED' }

// Failure reasons as observed in the field (GitHub issues of the Terraform AWS provider).
export function failed(failureReason: string): RequestOutcome {
  return { state: 'FAILED', failureReason }
}

export function noSuchAssignment(): RequestOutcome {
  return failed("Received a 404 status error: EntitlementItem doesn't exist with the given entitlement key.")
}

export function noSuchPrincipal(target: AssignmentTarget, identityStoreId: string): RequestOutcome {
  const { principalType, principalId } = target
  return failed(
    `Received a 404 status error: the ${principalType} assignee ${principalId} was not found in directory ${identityStoreId}.`,
  )
}

export function notProvisionedThere(accountId: AccountId): RequestOutcome {
  return failed(`Received a 404 status error: Permission set provision not found in AWS account ${accountId}.`)
}

/** `undefined`: the account takes changes. An account that is closing still does; one that is suspended or closed not. */
export function unreachableAccount(
  accountId: AccountId,
  state: Account['state'] | undefined,
): RequestOutcome | undefined {
  if (state === 'ACTIVE' || state === 'PENDING_CLOSURE') return undefined
  return failed(
    'AWS SSO is unable to complete your request at this time. ' +
      `Obtaining permissions to manage your AWS account '${accountId}' takes longer than usual.`,
  )
}

/** Whether the definition can become a role in the account. */
export function provisioningOutcome(
  accountId: AccountId,
  definition: PermissionSetDefinition,
  policies: AccountPolicies,
): RequestOutcome {
  const missing = policies.firstMissing(accountId, definition)
  return missing === undefined ? succeeded : failed(`Received a 404 status error: Not supported policy ${missing}.`)
}

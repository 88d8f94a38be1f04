import { renderApiCall } from '../../infra/local/events/render-api-call.ts'
import type { AssignmentTarget } from '../../shared/ports/sso-admin.ts'

/** What CloudTrail records of a change of access that somebody makes in the console. */
export function renderAccessCall(
  operation: 'CreateAccountAssignment' | 'DeleteAccountAssignment',
  { accountId: targetId, permissionSetArn, principalId, principalType }: AssignmentTarget,
  at: Date,
  id: string,
): object {
  const caller = { accessKeyId: 'somebody', sourceIpAddress: '203.0.113.7', userAgent: 'simulated' }
  const requestParameters = { targetId, targetType: 'AWS_ACCOUNT', permissionSetArn, principalId, principalType }
  return renderApiCall(
    { service: 'sso', operation, caller, at, input: {}, answer: { output: {} } },
    { requestParameters, responseElements: null },
    { id, recordId: id, requestId: id, account: '111111111111', region: 'us-east-1' },
  )
}

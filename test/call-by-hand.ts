import type { EventStamp } from '../infra/local/events/event-bridge-event.ts'
import { renderSsoCall } from '../infra/local/events/event-bus.ts'
import type { PermissionSetArn } from '../shared/domain/principals/identity-center-ids.ts'
import type { AssignmentTarget } from '../shared/ports/sso-admin.ts'

export type HandCall = {
  readonly operation: string
  readonly input: Parameters<typeof renderSsoCall>[0]['input']
  readonly at: Date
  readonly as?: string
  /** Default: no other event has it. */
  readonly id: string
}

/** The event of a call of SSO Admin in AWS's real shape, as EventBridge sends it. */
export function renderHandCall({ operation, input, at, as = 'eve', id }: HandCall): object {
  const stamp: EventStamp = { id, recordId: id, requestId: id, account: '111111111111', region: 'us-east-1' }
  const caller = { accessKeyId: as, sourceIpAddress: '203.0.113.7', userAgent: 'aws-cli/2.31.0' }
  return renderSsoCall({ service: 'sso', operation, input, caller, at, answer: { output: {} } }, stamp)
}

/** The parameters of CreateAccountAssignment and DeleteAccountAssignment. */
export function inputOf({ accountId, permissionSetArn, principalId, principalType }: AssignmentTarget) {
  return {
    ...ofSet(permissionSetArn),
    TargetId: accountId,
    TargetType: 'AWS_ACCOUNT',
    PrincipalType: principalType,
    PrincipalId: principalId,
  }
}

/** The parameters of what changes a permission set. */
export function ofSet(PermissionSetArn: PermissionSetArn) {
  return { InstanceArn: 'arn:aws:sso:::instance/ssoins-1111111111111111', PermissionSetArn }
}

import { type EventStamp, renderEvent } from '../../infra/local/events/event-bridge-event.ts'
import {
  renderIdentityStoreCall,
  renderIdentityStoreNotification,
} from '../../infra/local/events/identity-store-events.ts'
import { renderOrganizationsServiceEvent } from '../../infra/local/events/organizations-events.ts'
import { renderApiCall } from '../../infra/local/events/render-api-call.ts'
import { renderTagChange } from '../../infra/local/events/tag-change-event.ts'
import type { IdentityStoreChange } from '../../shared/memory/identity-store/identity-store-records.ts'
import type { OrganizationsChange } from '../../shared/memory/organizations/organization-records.ts'
import type { AssignmentTarget } from '../../shared/ports/sso-admin.ts'

// The events of changes in AWS's real shapes, by the id of `$.id`.

/** By what somebody hears of a change of the directory: the notification, or the record of a call, by who made it. */
export const directoryVoices = ['notification', 'api', 'console', 'scim'] as const

const stampOf = (id: string): EventStamp => {
  return { id, recordId: id, requestId: id, account: '111111111111', region: 'us-east-1' }
}
const callerOf = (accessKeyId: string) => ({ accessKeyId, sourceIpAddress: '203.0.113.7', userAgent: 'simulated' })

/** What CloudTrail records of a change of access that somebody makes in the console. */
export function renderAccessCall(
  operation: 'CreateAccountAssignment' | 'DeleteAccountAssignment',
  { accountId: targetId, permissionSetArn, principalId, principalType }: AssignmentTarget,
  at: Date,
  id: string,
): object {
  const requestParameters = { targetId, targetType: 'AWS_ACCOUNT', permissionSetArn, principalId, principalType }
  return renderApiCall(
    { service: 'sso', operation, caller: callerOf('somebody'), at, input: {}, answer: { output: {} } },
    { requestParameters, responseElements: null },
    stampOf(id),
  )
}

/** Names never stand in it. */
export function renderDirectoryEvent(
  change: IdentityStoreChange,
  voice: (typeof directoryVoices)[number],
  id: string,
): object {
  if (voice === 'notification') return renderIdentityStoreNotification(change, 'd-9067a1b2c3', stampOf(id))
  const ids = {
    ...('groupId' in change ? { GroupId: change.groupId } : {}),
    ...('userId' in change ? { UserId: change.userId } : {}),
  }
  const [input, output] = change.event.startsWith('Create') ? [{}, ids] : [ids, {}]
  const { event: operation, at } = change
  const call = { service: 'identitystore', operation, caller: callerOf(voice), at, input, answer: { output } } as const
  return renderIdentityStoreCall(call, stampOf(id))
}

/** Of a call only what CloudTrail says of its parameters. */
export function renderOrganizationEvent(change: OrganizationsChange, id: string): object {
  if (change.event === 'TagResource' || change.event === 'UntagResource') return renderTagChange(change, 1, stampOf(id))
  const told = renderOrganizationsServiceEvent(change, stampOf(id))
  if (told) return told
  const { event, at, ...requestParameters } = change
  const detail = { eventSource: 'organizations.amazonaws.com', eventName: event, requestParameters }
  return renderEvent(stampOf(id), {
    source: 'aws.organizations',
    detailType: 'AWS API Call via CloudTrail',
    at,
    detail,
  })
}

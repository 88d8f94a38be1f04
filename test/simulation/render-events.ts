import type { ApiCall } from '../../infra/local/events/api-call.ts'
import type { EventBridgeEvent, EventStamp } from '../../infra/local/events/event-bridge-event.ts'
import { renderTagChange } from '../../infra/local/events/event-bus.ts'
import { renderOrganizationsServiceEvent } from '../../infra/local/events/organizations-events.ts'
import { renderApiCall } from '../../infra/local/events/render-api-call.ts'
import type { OrganizationsChange } from '../../shared/memory/organizations/organization-records.ts'

// Events of changes in AWS's real shapes. `$.id` is the given id.

const stampOf = (id: string): EventStamp => {
  return { id, recordId: id, requestId: id, account: '111111111111', region: 'us-east-1' }
}
const caller = { accessKeyId: 'somebody', sourceIpAddress: '203.0.113.7', userAgent: 'simulated' }

/** CloudTrail's record of a call, with ids only. No form of AWS's events says more. */
export function renderCall(
  service: ApiCall['service'],
  { event: operation, at, ...ids }: { readonly event: string; readonly at: Date },
  id: string,
): EventBridgeEvent {
  const call = { service, operation, caller, at, input: {}, answer: { output: {} } }
  return renderApiCall(call, { requestParameters: ids, responseElements: null }, stampOf(id))
}

export function renderOrganizationEvent(change: OrganizationsChange, id: string): EventBridgeEvent {
  if (change.event === 'TagResource' || change.event === 'UntagResource') return renderTagChange(change, 1, stampOf(id))
  return renderOrganizationsServiceEvent(change, stampOf(id)) ?? renderCall('organizations', change, id)
}

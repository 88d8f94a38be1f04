import { type EventStamp, renderEvent } from '../../infra/local/events/event-bridge-event.ts'
import { renderOrganizationsServiceEvent } from '../../infra/local/events/organizations-events.ts'
import { renderTagChange } from '../../infra/local/events/tag-change-event.ts'
import type { OrganizationsChange } from '../../shared/memory/organizations/organization-records.ts'

/** The event of a change in AWS's real shape, by the id of `$.id`; of a call only what CloudTrail says of its parameters. */
export function renderOrganizationEvent(change: OrganizationsChange, id: string): object {
  const stamp: EventStamp = { id, recordId: id, requestId: id, account: '111111111111', region: 'us-east-1' }
  if (change.event === 'TagResource' || change.event === 'UntagResource') return renderTagChange(change, 1, stamp)
  const told = renderOrganizationsServiceEvent(change, stamp)
  if (told) return told
  const { event, at, ...requestParameters } = change
  const detail = { eventSource: 'organizations.amazonaws.com', eventName: event, requestParameters }
  return renderEvent(stamp, { source: 'aws.organizations', detailType: 'AWS API Call via CloudTrail', at, detail })
}

import type { OrganizationsChange } from '../../../shared/memory/organizations/organization-records.ts'
import { type EventBridgeEvent, type EventStamp, renderEvent } from './event-bridge-event.ts'

export type TagChange = Extract<OrganizationsChange, { readonly event: 'TagResource' | 'UntagResource' }>

/**
 * `Tag Change on Resource`, which needs no trail. `version` goes up with each change of one resource's tags.
 * Source: Tagging AWS Resources User Guide, "Monitor tag changes with serverless workflows and Amazon EventBridge".
 */
export function renderTagChange(change: TagChange, version: number, stamp: EventStamp): EventBridgeEvent {
  const { resourceArn, changedTagKeys, tags, at } = change
  const [kind = ''] = resourceArn.split(':').slice(5).join(':').split('/')
  return renderEvent(stamp, {
    source: 'aws.tag',
    detailType: 'Tag Change on Resource',
    at,
    resources: [resourceArn],
    detail: { 'changed-tag-keys': changedTagKeys, service: 'organizations', 'resource-type': kind, version, tags },
  })
}

import type { EventStamp } from '../../infra/local/events/event-bridge-event.ts'
import {
  renderIdentityStoreCall,
  renderIdentityStoreNotification,
} from '../../infra/local/events/identity-store-events.ts'
import type { IdentityStoreChange } from '../../shared/memory/identity-store/identity-store-records.ts'

/** By what somebody hears of a change of the directory: the notification, or the record of a call, by who made it. */
export const directoryVoices = ['notification', 'api', 'console', 'scim'] as const
type DirectoryVoice = (typeof directoryVoices)[number]

/** The event of a change in AWS's real shape, by the id of `$.id`; names never stand in it. */
export function renderDirectoryEvent(change: IdentityStoreChange, voice: DirectoryVoice, id: string): object {
  const stamp: EventStamp = { id, recordId: id, requestId: id, account: '111111111111', region: 'us-east-1' }
  if (voice === 'notification') return renderIdentityStoreNotification(change, 'd-9067a1b2c3', stamp)
  const ids = {
    ...('groupId' in change ? { GroupId: change.groupId } : {}),
    ...('userId' in change ? { UserId: change.userId } : {}),
  }
  const isCreation = change.event.startsWith('Create')
  const call = {
    service: 'identitystore' as const,
    operation: change.event,
    caller: { accessKeyId: voice, sourceIpAddress: '203.0.113.7', userAgent: 'simulated' },
    at: change.at,
    input: isCreation ? {} : ids,
    answer: { output: isCreation ? ids : {} },
  }
  return renderIdentityStoreCall(call, stamp)
}

import type { Receiver } from '../../../domain/deployment/notification-settings.ts'
import type { Notification, RequestOutcome } from './notification.ts'

/** Changes for operators. Ordinary grants and revocations concern the uploader. */
const forOperators = new Set([
  'application-found',
  'application-gone',
  'use-watched',
  'held',
  'permission-set-held',
  'brake-released',
  'paused',
  'resumed',
  'loss-accepted',
  'restored',
  'configured',
  'person-suspended',
  'person-restored',
  'person-back',
  'review-escalated',
  'review-done',
  'review-still-given',
  'foreign-found',
  'foreign-gone',
])
const forUploaders = new Set(['applied', 'rejected', 'failed'])

/**
 * | the receiver has | hears                                                                          |
 * | ---------------- | ------------------------------------------------------------------------------ |
 * | `operators`      | held changes, access that others gave or removed, acts of people, drift, wide full access, requests that nobody can approve |
 * | `permissionSets` | every outcome of a file under `permission_sets/`, every change of one           |
 * | `folders`        | every outcome of a link in one of them                                          |
 * | `uploaders`      | each upload of one of them that was applied, rejected or failed                 |
 * | `owners`         | every outcome of a file that names one of them as its owner, and each change of a membership in their groups |
 * | `approvers`      | each request that waits for one of them, and each review                        |
 * | `requesters`     | outcomes of a request of one of them                                            |
 * | `requests`       | every event of every request                                                    |
 */
export function isHeardBy(receiver: Receiver, told: Notification): boolean {
  if (told.kind === 'drift' || told.kind === 'reach') return receiver.operators
  if (told.kind === 'request') return isRequestHeardBy(receiver, told)
  if (told.owner !== undefined && receiver.owners.includes(told.owner)) return true
  if (told.kind === 'change')
    return (
      (receiver.operators && (forOperators.has(told.event) || isTakenByHand(told))) ||
      receiver.approvers.some((name) => told.reviewers?.includes(name)) ||
      (receiver.permissionSets && told.event.startsWith('permission-set-'))
    )
  if (receiver.operators && told.event === 'held') return true
  if (receiver.permissionSets && told.input.startsWith('permission_sets/')) return true
  if (told.folder !== undefined && receiver.folders.includes(told.folder)) return true
  return forUploaders.has(told.event) && told.by !== undefined && isNamed(receiver.uploaders, told.by)
}

/** Only a revocation that somebody made by hand names its author. ssofile repairs it at once, so no drift check finds it. */
function isTakenByHand({ event, by }: Pick<Notification, 'event'> & { readonly by?: string | undefined }): boolean {
  return event === 'revoked' && by !== undefined
}

/** `AWS:AROAEXAMPLE:maria` and `…:assumed-role/team-a/maria` are the session `maria`. */
function isNamed(uploaders: readonly string[], by: string): boolean {
  const session = by.split(/[:/]/).at(-1) ?? ''
  return uploaders.some((one) => one === by || one === session)
}

/** Only receivers of all requests hear of a single approval: more may be needed. */
function isRequestHeardBy(receiver: Receiver, { event, approvers = [], requester }: RequestOutcome): boolean {
  if (event === 'request-asked' && receiver.approvers.some((name) => approvers.includes(name))) return true
  if (event === 'request-unapprovable') return receiver.operators || receiver.requests
  if (event === 'request-asked' || event === 'request-approved') return receiver.requests
  return receiver.requests || (requester.name !== undefined && receiver.requesters.includes(requester.name))
}

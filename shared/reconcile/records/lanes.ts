import { hash } from 'node:crypto'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { shareOf } from '../../domain/messages/folder-share.ts'
import { goesFirst } from '../../domain/messages/goes-first.ts'
import { type Hint, isAssignmentHint, isDriftHint } from '../../domain/messages/hint.ts'
import { type Lane, lanes, type OutgoingMessage, type Queues } from '../../ports/queues.ts'
import type { Randomness } from '../../ports/randomness.ts'
import { lookKey } from './open-work.ts'

/** A cause with more hints than this goes one lane lower, so that one link at the root does not hold up all others. */
const bulkFrom = 100

/** The subject of a hint: an account, a permission set, the attributes for access control, or the drift check. */
export function groupOf(hint: Hint): string {
  // A drift check has many hints. In one group, SQS delivers few of them at a time, and they hold up no account.
  if (isDriftHint(hint)) return groupId('drift')
  if (hint.kind === 'attributes') return groupId('attributes')
  if (hint.kind === 'by-hand') return groupId(`by-hand ${lookKey(hint)}`)
  return isAssignmentHint(hint) ? hint.account : groupId(`permission-set ${hint.permissionSet}`)
}

/** Hints with the same lock never run at once: a hint by name and a hint by id may be about the same access. */
export function lockOf({ hint, group }: { readonly hint: Hint; readonly group: string }): string {
  return isAssignmentHint(hint) ? `${group} ${hint.permissionSet}` : group
}

/** The number of lines for an account's hints. SQS delivers at most ten hints of one line, and no more until those are done. */
const linesOfAccount = 64

/**
 * The message group of a hint: each folder has its own lines within a subject, and SQS takes turns. All hints about one
 * assignment share a line. The dispatcher takes hints from any line.
 */
export function messageGroupOf(hint: Hint, folders: readonly string[]): string {
  if (!isAssignmentHint(hint)) return groupOf(hint)
  const { account, permissionSet, type } = hint
  const who = hint.kind === 'access' ? hint.principalId : hint.principal
  const line = Number.parseInt(groupId(`${permissionSet} ${type} ${who}`).slice(0, 8), 16) % linesOfAccount
  return groupId(`${account} ${shareOf(hint.cause, folders)} ${line}`)
}

/**
 * A hash, because names and keys may be too long for a message group id, or have other letters (SQS API Reference,
 * SendMessage).
 */
export function groupId(name: string): string {
  return hash('sha256', name)
}

/** SQS drops a repeated send of one event, but never another event about the same assignment. */
export function deduplicationId(eventId: string, about: string): string {
  return hash('sha256', `${eventId}\n${about}`)
}

/**
 * | the hint                                                                         | up to 100 of one event | more      |
 * | -------------------------------------------------------------------------------- | ---------------------- | --------- |
 * | a drift check                                                                    | work-bulk              | work-bulk |
 * | a look at a manual change                                                        | work                   | work-bulk |
 * | the attributes                                                                   | work                   | work      |
 * | it goes first: a suspension, a user who left, ended sessions                     | work-urgent            | work-urgent |
 * | the cause is gone, or its permission set is urgent                               | work-urgent            | work      |
 * | any other                                                                        | work                   | work-bulk |
 */
export function chooseLane(
  hint: Hint,
  hints: number,
  revocation: boolean,
  { urgentPermissionSets }: Pick<Configuration, 'urgentPermissionSets'>,
): Lane {
  if (isDriftHint(hint) || (hint.kind === 'permission-set' && hint.cause === 'drift')) return 'work-bulk'
  if (hint.kind === 'by-hand') return hints > bulkFrom ? 'work-bulk' : 'work'
  if (hint.kind === 'attributes') return 'work'
  if (goesFirst(hint.cause)) return 'work-urgent'
  const isUrgent = revocation || urgentPermissionSets.includes(hint.permissionSet)
  if (isUrgent) return hints > bulkFrom ? 'work' : 'work-urgent'
  return hints > bulkFrom ? 'work-bulk' : 'work'
}

/**
 * Sends the hints of one event, then wakes the dispatcher, so that a wake always finds its hints. `revocation`: the cause is
 * gone, so ssofile may have to revoke access, which goes first.
 */
export async function sendHints(
  { queues, randomness }: { queues: Queues; randomness: Randomness },
  event: { readonly id: string; readonly hints: readonly Hint[]; readonly revocation: boolean },
  configuration: Pick<Configuration, 'urgentPermissionSets' | 'folders'>,
): Promise<void> {
  const byLane = Map.groupBy(event.hints, (hint) =>
    chooseLane(hint, event.hints.length, event.revocation, configuration),
  )
  for (const lane of lanes) {
    const messages = (byLane.get(lane) ?? []).map((hint): OutgoingMessage => {
      const body = JSON.stringify(hint)
      return {
        body,
        groupId: messageGroupOf(hint, configuration.folders),
        deduplicationId: deduplicationId(event.id, body),
      }
    })
    if (messages.length > 0) await queues.send(lane, messages)
  }
  if (event.hints.length > 0) await wakeDispatcher(queues, randomness)
}

/** A wake says only that there may be work. Each has a new id, so that SQS drops none. */
export async function wakeDispatcher(queues: Queues, randomness: Randomness): Promise<void> {
  await queues.send('dispatch', [{ body: '{"v":1}', groupId: 'dispatcher', deduplicationId: randomness.id() }])
}

/** Requests that one batch has become one reconcile. The hourly reconcile replaces a lost one. */
export async function askForReconcile(queues: Queues, why: string): Promise<void> {
  await queues.send('events', [{ body: JSON.stringify({ 'detail-type': why }) }])
}

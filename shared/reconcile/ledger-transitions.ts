import { withFormer, withoutAccess } from '../domain/former-access.ts'
import { renderInstant } from '../domain/instant.ts'
import {
  type AssignmentCall,
  type FormerAccess,
  type GrantingLink,
  isSettled,
  type LedgerEntry,
  type LedgerState,
} from '../domain/ledger-entry.ts'
import type { AssignmentTarget, RequestKind } from '../ports/sso-admin.ts'
import { type CallResult, callAssignment, isAssigned } from './call-assignment.ts'
import { recordForeign } from './foreign-assignments.ts'
import { recordHistory } from './history.ts'
import type { StoredEntry } from './ledger.ts'
import { nextAttempt, openWorkKey } from './open-work.ts'
import type { Settlement, Subject } from './settlement.ts'

/** A creation whose answer never came may take effect this long (design, promise 2). */
const unansweredMs = 15 * 60_000
/** How long an evaluation waits for a request that an earlier one left in progress. */
const recoverMs = 5 * 60_000

export type Unconfirmed = Exclude<CallResult, { outcome: 'confirmed' | 'refused' }>

export const unanswered: Unconfirmed = {
  outcome: 'unfinished',
  reason:
    'its creation was never answered and could still take effect; it is looked at again until 15 minutes are over',
  sent: true,
}

export const inProgress: Unconfirmed = {
  outcome: 'unfinished',
  reason: 'an earlier request for it is still in progress',
  sent: true,
}

export function targetOf({ assignment }: Subject, { entry }: Pick<StoredEntry, 'entry'>): AssignmentTarget {
  const { accountId, type } = assignment
  return { accountId, permissionSetArn: entry.permissionSetArn, principalId: entry.principalId, principalType: type }
}

/** The links whose status this assignment concerns. */
export function namesOf(
  links: readonly Pick<GrantingLink, 'key'>[],
  stored: StoredEntry | undefined,
): readonly string[] {
  return [...new Set([...links, ...(stored?.entry.links ?? [])].map(({ key }) => key))]
}

/** The links of all these, each once: an evaluation may concern those of several entries. */
export function union(...links: readonly (readonly string[])[]): readonly string[] {
  return [...new Set(links.flat())]
}

/** What is changed of a former access goes back into the whole entry. */
export async function save(
  { context, key }: Pick<Subject, 'context' | 'key'>,
  stored: StoredEntry,
  change: Partial<LedgerEntry>,
): Promise<StoredEntry> {
  const entry = { ...stored.entry, ...change, updatedAt: renderInstant(context.clock.now()) }
  const whole = stored.whole && withFormer(stored.whole, entry)
  const written = await context.standings.ledger.write(key, whole ?? entry, stored)
  return whole ? { ...written, entry, whole } : written
}

/**
 * The ledger no longer records this access: the object goes, or stays with what else it records. The twin goes once
 * nothing is open any more.
 */
export async function forgetAccess(subject: Subject, stored: StoredEntry): Promise<void> {
  const { context, key } = subject
  const { openUntil } = stored.entry
  const rest = withoutAccess(stored.whole ?? stored.entry, stored.entry)
  if (!rest) await context.standings.ledger.remove(stored)
  else {
    // Promoted access is still to be revoked, or to be taken over by another name, before anything is settled.
    const isDone = stored.whole !== undefined && isSettled(rest)
    const twin = isDone ? { openUntil: undefined, attempts: 0 } : {}
    await context.standings.ledger.write(
      key,
      { ...rest, ...twin, updatedAt: renderInstant(context.clock.now()) },
      stored,
    )
    if (!isDone) return
  }
  await closeTwin(subject, openUntil)
}

/**
 * Whether what Identity Center shows for this entry is of our making. A creation that failed for good leaves no
 * `lastCreation`, and a deletion that succeeded ended what was ours: what is there afterwards was made by someone else,
 * or by a creation that nobody answered.
 */
export async function isOurs({ context }: Subject, { entry }: StoredEntry): Promise<boolean> {
  const { grantedAt, lastCreation, call } = entry
  if (couldTakeEffect(context, entry)) return true
  if (grantedAt === undefined && lastCreation === undefined) return false
  if (call?.kind !== 'deletion' || call.id === undefined) return true
  return (await context.ssoAdmin.describeAssignmentRequest('deletion', call.id))?.state !== 'SUCCEEDED'
}

/**
 * Whether the assignment of this entry is there, after waiting for what is still in progress about it. `pending`: that
 * takes so long that nobody can say yet.
 */
export async function observe(subject: Subject, { entry }: StoredEntry): Promise<'present' | 'absent' | 'pending'> {
  const { requests, ssoAdmin } = subject.context
  const target = targetOf(subject, { entry })
  const { call } = entry
  // The answer was lost, or the dispatcher died before it could record it: only a listing tells what is in progress.
  if (call && call.answeredAt === undefined && !requests.findInProgress(target)) await requests.recover()
  const isUndecided = entry.state === 'granting' || entry.state === 'revoking'
  const recorded = isUndecided && call?.id !== undefined ? { kind: call.kind, requestId: call.id } : undefined
  const pending = requests.findInProgress(target) ?? recorded
  if (pending && (await requests.wait(pending.kind, pending.requestId, recoverMs, target)) === 'still') return 'pending'
  return (await isAssigned(ssoAdmin, target)) ? 'present' : 'absent'
}

/** One call, with its request id recorded at once, and the entry as it stands afterwards. */
export async function makeCall(
  subject: Subject,
  before: StoredEntry,
  kind: RequestKind,
): Promise<{ result: CallResult; entry: StoredEntry }> {
  const { context } = subject
  let entry = before
  const answer = async (id?: string): Promise<void> => {
    const call: AssignmentCall = {
      ...(entry.entry.call ?? { kind, calledAt: renderInstant(context.clock.now()) }),
      answeredAt: renderInstant(context.clock.now()),
      ...(id === undefined ? {} : { id }),
    }
    entry = await save(subject, entry, { call, ...(kind === 'creation' ? { lastCreation: call } : {}) })
  }
  const result = await callAssignment({ kind, target: targetOf(subject, before) }, context, answer)
  // A refusal is an answer as well, and what was never sent needs none: nothing is going to take effect later.
  const isSettled = result.outcome === 'failed' || isUnsent(result)
  if (isSettled && entry === before) await answer()
  return { result, entry }
}

/** No call of ours can have taken effect. */
export function isUnsent(result: CallResult): boolean {
  return result.outcome === 'refused' || (result.outcome === 'unfinished' && !result.sent)
}

/**
 * The ledger says granted only after history does, under an instant that a replay repeats. While there is former access
 * to be taken away, the twin stays.
 */
export async function confirm(subject: Subject, stored: StoredEntry, links: readonly GrantingLink[]): Promise<void> {
  const { context } = subject
  const { former, openUntil } = stored.entry
  const confirmedAt = renderInstant(context.clock.now())
  if (stored.entry.grantedAt === undefined)
    await recordGranted(subject, { ...stored.entry, links: [...links] }, confirmedAt)
  await save(subject, stored, {
    state: 'granted',
    links: [...links],
    grantedAt: stored.entry.grantedAt ?? confirmedAt,
    attempts: 0,
    reason: undefined,
    missingSince: undefined,
    orphanedAt: undefined,
    ...(former ? {} : { openUntil: undefined }),
  })
  if (!former) await closeTwin(subject, openUntil)
  context.log.info('access is granted and was read back', { requestId: stored.entry.call?.id })
}

export async function recordGranted({ context, key }: Subject, entry: LedgerEntry, confirmedAt: string): Promise<void> {
  const at = (entry.lastCreation ?? entry.call)?.calledAt ?? confirmedAt
  await recordHistory(context.objects, { key, event: 'granted', at, entry, confirmedAt })
}

/** Removes an entry whose assignment is absent, unless a creation could still take effect. Answers whether it did. */
export async function release(subject: Subject, stored: StoredEntry): Promise<boolean> {
  if (mayStillAppear(subject, stored)) return false
  await forgetAccess(subject, await recordRevoked(subject, stored))
  return true
}

function mayStillAppear(subject: Subject, stored: StoredEntry): boolean {
  if (couldTakeEffect(subject.context, stored.entry)) return true
  return subject.context.requests.findInProgress(targetOf(subject, stored))?.kind === 'creation'
}

/** Whether a creation that nobody answered is so recent that it could still take effect. */
function couldTakeEffect({ clock }: Pick<Subject['context'], 'clock'>, entry: LedgerEntry): boolean {
  const calledAt = findUnanswered(entry)
  return calledAt !== undefined && clock.now().getTime() - Date.parse(calledAt) < unansweredMs
}

/**
 * When the last creation was called that nobody answered: whoever made it may have been killed, or stand still and send
 * it later. One that was confirmed by reading back has taken effect.
 */
export function findUnanswered({ lastCreation, grantedAt, unansweredAt }: FormerAccess): string | undefined {
  const isAnswered = lastCreation === undefined || lastCreation.answeredAt !== undefined || grantedAt !== undefined
  return isAnswered ? unansweredAt : lastCreation.calledAt
}

/** Writes into history that access is gone, where there was any; answers the entry as it stands then. */
export async function recordRevoked(subject: Subject, stored: StoredEntry): Promise<StoredEntry> {
  const { context, key } = subject
  const confirmedAt = renderInstant(context.clock.now())
  const { grantedAt, call, missingSince } = stored.entry
  if (grantedAt === undefined && call?.kind !== 'deletion') return stored
  // Taken away by someone else: the instant is written down first, so that a replay writes the same history.
  const ended: AssignmentCall = { kind: 'deletion', calledAt: missingSince ?? confirmedAt, answeredAt: confirmedAt }
  const isOurDeletion = call?.kind === 'deletion' && missingSince === undefined
  const entry = isOurDeletion ? stored : await save(subject, stored, { call: ended })
  const at = entry.entry.call?.calledAt ?? confirmedAt
  await recordHistory(context.objects, { key, event: 'revoked', at, entry: entry.entry, confirmedAt })
  context.log.info('access is revoked: reading back shows it gone', { requestId: call?.id })
  return entry
}

/** The access turned out to be someone else's: it is recorded as foreign and left alone. */
export async function leaveToOthers(
  subject: Subject,
  stored: StoredEntry,
  links: readonly GrantingLink[],
): Promise<void> {
  const { context, key } = subject
  // Where ours was there before and our deletion took it away, that is history.
  const recorded = await recordRevoked(subject, stored)
  const { principalId, permissionSetArn } = recorded.entry
  const seenAt = renderInstant(context.clock.now())
  // What is foreign under a former id does not stand under this name: the drift check finds it under its present one.
  if (stored.whole === undefined) {
    await recordForeign(context.objects, key, { v: 1, principalId, permissionSetArn, links: [...links], seenAt })
    context.standings.noteForeign(key, links, principalId)
  }
  await forgetAccess(subject, recorded)
  context.log.info('what is there was made by someone else since: it is recorded as foreign and left alone')
}

/**
 * What is not done goes on as open work: twin first, so that an entry never waits for a retry that is not scheduled. What
 * was stuck is not any more, unless it is said again: the account takes changes.
 */
export async function defer(
  subject: Subject,
  stored: StoredEntry,
  result: Unconfirmed,
  links: readonly string[],
  state: LedgerState = stored.entry.state === 'stuck' ? 'revoking' : stored.entry.state,
): Promise<Settlement> {
  const { context, key } = subject
  if (result.outcome === 'unfinished' && !context.mayStart()) return { result: 'given-back', links: [] }
  const attempts = stored.entry.attempts + 1
  const openUntil =
    state === 'stuck'
      ? undefined
      : renderInstant(nextAttempt(context.clock.now(), stored.entry.attempts, context.randomness.fraction()))
  if (openUntil !== undefined) await context.objects.put(openWorkKey(openUntil, key), new Uint8Array())
  const change = result.outcome === 'failed' || stored.entry.state === 'stuck' ? { state } : {}
  const isOver = result.outcome === 'failed' && result.isOver && stored.entry.call?.kind === 'creation'
  await save(subject, stored, {
    ...change,
    ...(isOver ? { lastCreation: undefined } : {}),
    reason: result.reason,
    attempts,
    openUntil,
  })
  await closeTwin(subject, stored.entry.openUntil)
  context.principals.forget(subject.assignment.type, subject.assignment.principal)
  context.log.warn('not finished; it is tried again later', {
    reason: result.reason,
    state,
    attempts,
    nextAttempt: openUntil,
  })
  return { result: 'open', reason: result.reason, links }
}

export async function closeTwin({ context, key }: Subject, openUntil: string | undefined): Promise<void> {
  if (openUntil !== undefined) await context.objects.delete(openWorkKey(openUntil, key))
}

import {
  beginCreation,
  beginDeletion,
  changeCall,
  confirmAccess,
  endCall,
  grantedInstant,
  inheritAccess,
  isLost,
  revokedInstant,
  wasThere,
} from '../../domain/access-changes.ts'
import { assignmentOf } from '../../domain/assignment.ts'
import { reasonOfContradiction } from '../../domain/contradiction.ts'
import { renderInstant } from '../../domain/instant.ts'
import {
  type Access,
  type AccessIds,
  findAccess,
  type GrantingLink,
  haveSameTerms,
  isSameAccess,
} from '../../domain/ledger-entry.ts'
import { isServiceError } from '../../ports/service-error.ts'
import type { RequestEnd } from '../calls/assignment-requests.ts'
import { type CallAnswer, sendAssignmentCall } from '../calls/send-assignment-call.ts'
import { foreignRecord, readForeign, tellForeign, tellFound } from '../records/foreign-assignments.ts'
import { type HistoryEvent, isToldUnder, recordHistory } from '../records/history.ts'
import { RecordChangedError } from '../records/json-record.ts'
import { LinkReadings } from '../records/link-readings.ts'
import { nextAttempt, scheduleWork } from '../records/open-work.ts'
import { isSpoiled, spoiledAsAbsent, unlessSpoiled } from '../records/stored-json.ts'
import { admitLinks } from './admit-links.ts'
import { evaluateAssignment } from './evaluate-assignment.ts'
import type { Step, StepOf } from './facts.ts'
import { changing, gather, gatherLinks, learn } from './gather.ts'
import { giveBack } from './release-assignment.ts'
import { lackOfAll } from './resolve-target.ts'
import { type Prepared, Settling } from './settling.ts'

/** How long an evaluation waits for a request, and repeats what is refused in passing. */
const patienceMs = 5 * 60_000
/** So long a call waits for its slot. Then the links are read again: what was read of them is not believed for ever. */
const believedMs = 5_000
const noSlot: CallAnswer = { is: 'not-now', reason: 'there are too many requests in progress' }
const lostReason = 'Identity Center does not know the request that it accepted'

/** Carries out one step. Throws when something cannot be read or written. */
export async function perform(settling: Settling, step: Exclude<Step, { do: 'finish' }>): Promise<void> {
  switch (step.do) {
    case 'learn':
      return settling.know(step.ids, await learn(settling, step.ids, step.what))
    case 'look at the live account':
      return gather(settling, 'live')
    case 'wait for the request':
      await awaitRequest(settling, step.ids)
      // It may have taken minutes: the links are evaluated again.
      return gatherLinks(settling, settling.place, settling.stored)
    case 'prepare':
      return prepare(settling, step)
    case 'check':
      return check(settling, step)
    case 'call':
      return call(settling, step)
    case 'confirm':
      return confirm(settling, step)
    case 'forget':
      return forget(settling, step)
    case 'leave to others':
      return leaveToOthers(settling, step)
    case 'report a contradiction':
      return reportContradiction(settling, step)
    case 'forget what was foreign':
      await forgetForeign(settling)
      return settling.know(step.ids, { foreign: 'none' })
    case 'move to':
      return moveTo(settling, step)
    case 'ask elsewhere':
      // That key moves the access to this one: it is looked at now.
      await scheduleWork(settling.context.objects, settling.now, step.key)
      return putOff(settling, step)
    case 'hold':
      return hold(settling, step)
    case 'give back':
      return finishRelease(settling, step)
    case 'put off':
      return putOff(settling, step)
    case 'start again later':
      throw changing(settling)
    default:
      return step satisfies never
  }
}

/** Before a call the ledger says so: after a crash, the next process knows that it may have been made. */
async function prepare(settling: Settling, { kind, ids, links, wasLost }: StepOf<'prepare'>): Promise<void> {
  const { now } = settling
  const before = findAccess(settling.entry, ids)
  if (kind === 'creation') {
    if (before && wasLost) await recordRevoked(settling, before, now)
    else if (before) await tellTerms(settling, before, links)
    await noteName(settling, ids)
    // An older creation without an answer may still take effect.
    const known = before && wasLost ? { ...before, grantedAt: undefined } : before
    await settling.record(beginCreation(ids, known, links, now), { first: true })
  } else {
    const access = settling.accessOf(ids)
    await tellUnconfirmed(settling, access, now)
    // An import that stands still, or died, has not said so yet: said now, it cannot be said after the end.
    if (
      access.grantedAt !== undefined &&
      access.lastCreation === undefined &&
      settling.knownOf(ids).history?.says === 'nothing'
    )
      await writeHistory(settling, 'adopted', access, access.grantedAt, now)
    await settling.record(beginDeletion(access, await withDeleters(settling, links), now))
  }
  settling.prepared = { ids, kind, isChecked: false, before }
}

/**
 * When a link is deleted, an account moves or a name changes, what was granted is looked for in the ledger. Before the entry
 * was there nothing was found. So such changes are looked for here; later ones find the entry.
 */
async function check(settling: Settling, { ids }: StepOf<'check'>): Promise<void> {
  const { context, assignment, key, wish, place, prepared } = settling
  if (wish.is !== 'wanted' || !prepared) return
  const among = new Set(wish.links.map((link) => link.key))
  const readings = new LinkReadings(context.objects, context.configuration)
  const [lasting, whereabouts, foreign] = await Promise.all([
    evaluateAssignment(assignment, { ...context, readings, place, among }),
    context.principals.whereabouts(assignment.type, ids.principalId, context.clock.monotonicMs()),
    readForeign(context.objects, key),
  ])
  const links = wish.links.filter((link) => lasting.links.some((one) => one.key === link.key))
  const isNamed = whereabouts !== 'gone' && whereabouts.name === assignment.principal
  // A drift check found it meanwhile, as someone else's.
  const isForeign = prepared.before === undefined && foreign !== undefined && isSameAccess(foreign, ids)
  if (links.length > 0 && isNamed && !isForeign && (await isApart(settling, prepared, links))) {
    settling.wish = { ...wish, links }
    settling.prepared = { ...prepared, isChecked: true }
    return
  }
  if (settling.prepared) await undo(settling, prepared)
  if (!isNamed) throw changing(settling)
  await gather(settling, 'live')
}

/**
 * Two grants that a policy keeps apart may have been accepted at the same time, since neither was in the ledger. Now this one
 * is: it is judged once more, and where it is refused its entry is as before when the next one is judged.
 */
async function isApart(settling: Settling, prepared: Prepared, links: readonly GrantingLink[]): Promise<boolean> {
  const { assignment, context } = settling
  const { separations } = context
  if (!(await separations.concerns(assignment.permissionSet))) return true
  const before = prepared.before && { accesses: [prepared.before] as const }
  return separations.alone(async () => {
    const admitted = await admitLinks(links, { entry: before, account: assignment.accountId }, context)
    const areAll = links.every((link) => admitted.includes(link))
    if (areAll) return true
    await undo(settling, prepared)
    settling.prepared = undefined
    return false
  })
}

/** The prepared call has not left, or was refused: the entry is as before. What the brake has let go is held no more. */
async function undo(settling: Settling, prepared: Prepared | undefined): Promise<void> {
  if (!prepared) return
  const { before, kind, ids } = prepared
  if (!before) return settling.drop(ids)
  const isReleased = kind === 'deletion' && before.state === 'held'
  await settling.record(isReleased ? { ...before, state: 'granted', reason: undefined } : before)
}

/** The one step that changes Identity Center. Its request id is recorded before anything else is awaited. */
async function call(settling: Settling, { kind, ids }: StepOf<'call'>): Promise<void> {
  const { context, prepared } = settling
  const target = settling.targetOf(ids)
  const patience = { ms: believedMs, signal: context.ending }
  const send = () => sendAssignmentCall(kind, target, context)
  const answer = (await context.requests.make(kind, target, patience, send)) ?? noSlot
  settling.prepared = undefined
  // What is known of an earlier request says nothing of this one.
  settling.know(ids, { request: undefined })
  switch (answer.is) {
    case 'accepted': {
      const { requestId } = answer
      context.log.info('Identity Center accepted the request', { requestId, kind })
      await settling.record(changeCall(settling.accessOf(ids), { id: requestId, answeredAt: settling.now }))
      await awaitRequest(settling, ids)
      if (settling.knownOf(ids).request === 'lost') await putOff(settling, { ids, reason: lostReason })
      return
    }
    case 'not-now':
      await undo(settling, prepared)
      return pause(settling, ids, answer.reason)
    case 'unknown':
      return pause(settling, ids, answer.reason)
    case 'refused':
      noteEnd(settling, ids, { outcome: 'FAILED', reason: answer.reason })
      return explainRefusal(settling, ids, answer.error)
    default:
      return answer satisfies never
  }
}

/** After a pause everything is evaluated again: what was refused in passing may not be meant any more. */
async function pause(settling: Settling, ids: AccessIds, reason: string): Promise<void> {
  const { clock, randomness, log, ending } = settling.context
  const attempt = ++settling.refusals
  log.warn('Identity Center did not take the request; it is evaluated again', { reason, attempt })
  // Full jitter over an exponential back-off, up to 20 seconds (Builders' Library, "Timeouts, retries, and backoff with jitter").
  await clock.sleep(Math.min(20_000, 200 * 2 ** attempt) * (0.25 + 0.75 * randomness.fraction()), ending)
  const { listing } = settling.knownOf(ids)
  // On the same place as before: evaluated on the view, a revocation is looked at again without end.
  await gather(settling, settling.place)
  if (clock.monotonicMs() - settling.sinceMs >= patienceMs) return putOff(settling, { ids, reason })
  if (!listing?.isListed) settling.know(ids, { listing })
}

/** A permission set may have been made again under its name, or belong to the management account. */
async function explainRefusal(settling: Settling, ids: AccessIds, error: unknown): Promise<void> {
  const { context, assignment, wish } = settling
  if (isServiceError(error, 'ResourceNotFoundException')) await context.permissionSets.forget(assignment.permissionSet)
  if (isServiceError(error, 'ServiceQuotaExceededException')) {
    const { failure } = settling.knownOf(ids)
    return settling.know(ids, { failure: failure && { ...failure, isQuota: true } })
  }
  const lack = await context.managementAccount.explain(error, assignment.permissionSet, ids.permissionSetArn)
  if (!lack) return
  // A revocation lacks nothing of its links: its failure is told in our words instead of AWS's.
  if (wish.is !== 'wanted') return settling.know(ids, { failure: { reason: lack.reason, isQuota: false } })
  settling.noteLacks(lackOfAll(wish.links, lack))
  settling.wish = { is: 'lacking', lack, links: wish.links }
}

/** Waits for a request in progress, our own or an earlier one. */
async function awaitRequest(settling: Settling, ids: AccessIds): Promise<void> {
  const { requests } = settling.context
  const target = settling.targetOf(ids)
  const found = requests.findInProgress(target)
  if (!found) return
  const end = await requests.wait(found.kind, found.requestId, patienceMs, target)
  if (end === 'still') return settling.know(ids, { request: 'in-progress' })
  const own = findAccess(settling.entry, ids)?.call
  const isOwn = own !== undefined && own.kind === found.kind && (own.id === undefined || own.id === found.requestId)
  if (isOwn && own.outcome === undefined) noteEnd(settling, ids, end, found.requestId)
}

/** The next write records it. A process that dies before that reads the request's status again. */
function noteEnd(settling: Settling, ids: AccessIds, end: RequestEnd, id?: string): void {
  if (end.outcome === 'lost') settling.know(ids, { request: 'lost' })
  else settling.anticipate(endCall(settling.accessOf(ids), { outcome: end.outcome, now: settling.now, id }))
  if (end.outcome !== 'FAILED') return
  settling.context.metrics.record('Failed')
  settling.know(ids, { failure: { reason: end.reason, isQuota: false } })
}

/** History first, under an instant that a replay repeats, then the ledger. */
async function confirm(settling: Settling, { ids, links, until }: StepOf<'confirm'>): Promise<void> {
  const { now, entry, wish, context } = settling
  const known = settling.accessOf(ids)
  // It was gone, and somebody put it back. History may say already that it ended, or a process that stood still may say so
  // later. So the end is told now, under the same instant, and then a new beginning.
  if (known.missingSince !== undefined) await recordRevoked(settling, known, now)
  const access = known.missingSince === undefined ? known : { ...known, grantedAt: undefined }
  const begunAt = known.missingSince ?? grantedInstant(access) ?? now
  if (access.grantedAt === undefined)
    await writeHistory(settling, 'granted', { ...access, links: [...links] }, begunAt, now)
  else await tellTerms(settling, access, links)
  // Where the entry has another access, that one may still have to be tried again.
  const open = entry && entry.accesses.length > 1 ? entry : undefined
  await settling.record(confirmAccess(access, links, { now, isOrphaned: until !== undefined }), {
    first: wish.is === 'wanted',
    attempts: open?.attempts ?? 0,
    openUntil: until ? earlier(entry?.openUntil, renderInstant(until), now) : open?.openUntil,
  })
  const told = until ? 'the principal is gone; its access ends with its grace' : 'access is granted'
  context.log.info(told, { until: settling.entry?.openUntil })
}

/** The instant that comes first of those that are still to come. */
function earlier(one: string | undefined, other: string, now: string): string {
  return one !== undefined && one > now && one < other ? one : other
}

async function forget(settling: Settling, { ids, as }: StepOf<'forget'>): Promise<void> {
  const { now, entry, wish, context } = settling
  const access = settling.accessOf(ids)
  if (as === 'revoked' && (wasThere(access) || isLost(access))) await recordRevoked(settling, access, now)
  // The instant of its last change, so that a replay writes the same history.
  if (as === 'released') await writeEnd(settling, 'released', access, entry?.updatedAt ?? now)
  // There is room for another assignment again.
  if (wish.is === 'wanted' && settling.knownOf(wish.target).failure?.isQuota)
    settling.know(wish.target, { failure: undefined })
  await settling.drop(ids)
  await context.separations.wake(settling.assignment)
}

/** `foreign/` first: the access stands in one of the two all the time. */
async function leaveToOthers(settling: Settling, { ids, links }: StepOf<'leave to others'>): Promise<void> {
  const { now, context, key, entry } = settling
  const { principalId, permissionSetArn } = ids
  const { objects, standings, log } = context
  const access = findAccess(entry, ids)
  // Where ours was there before and our deletion took it away, that is history.
  if (access && wasThere(access)) await recordRevoked(settling, access, now)
  // What others gave to a former id does not stand under this name: the drift check records it under its present one.
  if (!access || entry?.accesses.length === 1) {
    await noteName(settling, ids)
    await tellFound(objects, key, ids, now)
    await foreignRecord(objects, key).overwrite({ v: 1, principalId, permissionSetArn, links: [...links], seenAt: now })
    // Another dispatcher may have granted it since the ledger was read, if this one stood still: its entry came first.
    if (!access && findAccess((await standings.ledger.read(key))?.entry, ids)) {
      await forgetForeign(settling)
      throw new RecordChangedError(key)
    }
    standings.noteForeign(key, links, principalId)
  }
  log.info('someone else made this access: it is recorded as foreign and left alone')
  if (access) await settling.drop(ids)
  settling.know(ids, { rest: { result: 'foreign' } })
}

/** Under the instant at which an operator released it. */
async function finishRelease(settling: Settling, { ids }: StepOf<'give back'>): Promise<void> {
  const { now, context, key } = settling
  const { releasedAt = now, ...access } = settling.accessOf(ids)
  await giveBack(context.objects, key, { ...access, releasedAt })
  context.standings.noteForeign(key, access.links, ids.principalId)
  context.log.info('the release of this access had begun: it is recorded as foreign and left alone')
  await settling.drop(ids)
}

/** It is gone, or ours: history says so, then `foreign/` forgets it. */
async function forgetForeign({ context, key, now }: Settling): Promise<void> {
  const known = await spoiledAsAbsent(readForeign(context.objects, key))
  if (known) await tellForeign(context.objects, { key, event: 'foreign-gone', at: now }, known)
  await context.standings.forgetForeign(key)
}

/** Nothing is called. A record that was lost is written again, as failed: so a person sees it, and drift checks know it. */
async function reportContradiction(
  settling: Settling,
  { ids, links, contradiction }: StepOf<'report a contradiction'>,
): Promise<void> {
  const { context, key, entry, wish } = settling
  const { principalId, permissionSetArn } = ids
  const reason = reasonOfContradiction(key, contradiction)
  context.log.error('history and ledger contradict each other; a person has to decide', { assignment: key, reason })
  if (!findAccess(entry, ids)) {
    await noteName(settling, ids)
    const lost: Access = { state: 'failed', reason, principalId, permissionSetArn, links: [...links] }
    await settling.record(lost, { first: wish.is === 'wanted' })
  }
  for (const { key: link } of links) settling.concerned.add(link)
  return putOff(settling, { ids, reason, state: 'failed' })
}

/** The new entry is written first, so that the access stands in the ledger all the time. */
async function moveTo(settling: Settling, { ids, heir }: StepOf<'move to'>): Promise<void> {
  const { now, context, key } = settling
  const { objects, standings, brake, log } = context
  const access = settling.accessOf(ids)
  const to = new Settling({ key: heir.key, assignment: assignmentOf(heir.key), context })
  await noteName(to, ids)
  to.stored = await standings.ledger.read(heir.key)
  const there = findAccess(to.entry, ids)
  await tellUnconfirmed(settling, access, now)
  const isNew = there?.grantedAt === undefined
  const inherited = isNew ? inheritAccess(access, there, heir.links, now) : there
  // Also where it is there already: a process that moves it back at the same time then fails to remove it.
  await to.record(inherited, { first: !there })
  // While this process stood still, another may have moved it, and it may have ended there.
  if (!findAccess((await standings.ledger.read(key))?.entry, ids)) {
    await (there ? to.record(there) : to.drop(ids))
    throw new RecordChangedError(key)
  }
  const renamed = { at: now, confirmedAt: now, isRenaming: true }
  if (isNew || !(await isToldUnder(objects, heir.key, ids)))
    await recordHistory(objects, { key: heir.key, event: 'adopted', access: inherited, ...renamed })
  if (isNew) await standings.forgetForeign(heir.key)
  // Its links may have been deleted before the entry was there for the deletion to find: it is looked at again.
  await scheduleWork(objects, now, heir.key)
  await writeEnd(settling, 'released', access, now, true)
  const names = { from: key, to: heir.key }
  log.info('the principal has another name now, whose links grant the access: only the ledger moves', names)
  for (const link of heir.links) settling.concerned.add(link.key)
  await settling.drop(ids)
  // What was held may be wanted again under another key: nothing evaluates this one any more.
  await brake.review(key)
}

async function hold(settling: Settling, { ids, reason }: StepOf<'hold'>): Promise<void> {
  const { entry } = settling
  const access = settling.accessOf(ids)
  const others = entry?.accesses.filter((one) => !isSameAccess(one, ids)) ?? []
  // The twin stands for all accesses of the entry: another one may still be tried again.
  const openUntil = others.every(({ state }) => state === 'held') ? undefined : entry?.openUntil
  if (access.state !== 'held' || openUntil !== entry?.openUntil) {
    const links = await withDeleters(settling, access.links)
    const { key, context, now } = settling
    if (access.state !== 'held')
      await recordHistory(context.objects, {
        key,
        event: 'held',
        at: now,
        access: { ...access, links },
        confirmedAt: now,
        reason,
      })
    await settling.record({ ...access, state: 'held', reason, links }, { openUntil })
  }
  settling.know(ids, { rest: { result: 'held', reason } })
}

/** Not done: open work. */
async function putOff(settling: Settling, { ids, reason, state, until }: Omit<StepOf<'put off'>, 'do'>): Promise<void> {
  const { context, key, assignment, entry } = settling
  const { clock, randomness, objects, log, metrics, principals } = context
  const attempts = (entry?.attempts ?? 0) + 1
  const backoff = nextAttempt(clock.now(), attempts - 1, randomness.fraction())
  const next = until && until > clock.now() && until < backoff ? until : backoff
  const openUntil = state === 'stuck' ? undefined : renderInstant(next)
  log.warn('not finished; it is tried again later', { reason, state, attempts, nextAttempt: openUntil })
  metrics.record('PutOff')
  principals.forget(assignment.type, assignment.principal)
  const access = findAccess(entry, ids)
  if (access) {
    // What was stuck is not any more, unless that is said again: the account takes changes.
    const unstuck = access.state === 'stuck' ? 'revoking' : access.state
    await settling.record({ ...access, state: state ?? unstuck, reason }, { attempts, openUntil })
  } else if (openUntil !== undefined) await scheduleWork(objects, openUntil, key)
  settling.know(ids, { rest: { result: 'open', reason } })
}

/** Where no call that granted it was ever confirmed: history says that it began before it says what becomes of it. */
async function tellUnconfirmed(settling: Settling, access: Access, now: string): Promise<void> {
  if (access.grantedAt === undefined)
    await writeHistory(settling, 'granted', access, grantedInstant(access) ?? now, now)
}

/** Access that was there is gone, by our deletion or by someone else's hand. */
async function recordRevoked(settling: Settling, access: Access, now: string): Promise<void> {
  // Of a lost record nothing is known but when it was last seen.
  const seenAt = isLost(access) ? settling.entry?.updatedAt : undefined
  await writeEnd(settling, 'revoked', access, revokedInstant(access) ?? seenAt ?? now)
  settling.context.metrics.record('Revoked')
  settling.context.log.info('access is revoked', { requestId: access.call?.id })
}

/** While another id has the access under this name, the end of one is no end of the name's: it is replaced. */
async function writeEnd(
  settling: Settling,
  ended: 'revoked' | 'released',
  access: Access,
  at: string,
  isRenaming?: boolean,
): Promise<void> {
  const others = settling.entry?.accesses.filter((one) => !isSameAccess(one, access)) ?? []
  const there = others.find(({ grantedAt, missingSince }) => grantedAt !== undefined && missingSince === undefined)
  const { context, key, now } = settling
  const told = { key, at, access, confirmedAt: now, isRenaming }
  if (!there) return recordHistory(context.objects, { ...told, event: ended })
  const replaced = { ended, replacedBy: there.principalId }
  await recordHistory(context.objects, { ...told, event: 'replaced', replaced })
}

/** The access stays, and its links are others, or say something else: an expiry that is gone makes it permanent. */
async function tellTerms(settling: Settling, access: Access, links: readonly GrantingLink[]): Promise<void> {
  if (access.grantedAt === undefined || haveSameTerms(access.links, links)) return
  await writeHistory(settling, 'terms-changed', { ...access, links: [...links] }, settling.now)
}

async function writeHistory(
  { context, key, now: latest }: Settling,
  event: HistoryEvent,
  access: Access,
  at: string,
  now = latest,
): Promise<void> {
  await recordHistory(context.objects, { key, event, at, access, confirmedAt: now })
  if (event === 'granted') context.metrics.record('Created')
}

/** Before the entry is written: an event has the id only, and an id that is gone cannot be asked for its name. */
async function noteName({ context, assignment }: Settling, { principalId }: AccessIds): Promise<void> {
  await context.principalNames.note({ type: assignment.type, id: principalId, name: assignment.principal })
}

/** Who deleted a link stands in its status while something of it is left; the ledger and history keep it. */
function withDeleters({ context }: Settling, links: readonly GrantingLink[]): Promise<GrantingLink[]> {
  return Promise.all(
    links.map(async (link) => {
      const status = await unlessSpoiled(context.statuses.readSince(context.pulledMs, link.key))
      if (isSpoiled(status)) return link
      return status?.by === undefined || status.etag !== undefined ? link : { ...link, deletedBy: status.by }
    }),
  )
}

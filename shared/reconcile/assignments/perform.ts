import {
  beginCreation,
  beginDeletion,
  changeCall,
  confirmAccess,
  endCall,
  grantedInstant,
  holdAccess,
  isLost,
  revokedInstant,
  wasThere,
} from '../../domain/assignments/access-changes.ts'
import { reasonOfContradiction } from '../../domain/assignments/contradiction.ts'
import { type GrantingLink, haveSameTerms, type LedgerEntry } from '../../domain/assignments/ledger-entry.ts'
import { type Admission, exempt } from '../../domain/brake/admission.ts'
import { blamesAccount, refusalOf } from '../../domain/organization/organization-view.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import { isServiceError } from '../../ports/service-error.ts'
import type { RequestEnd } from '../calls/assignment-requests.ts'
import { type CallAnswer, sendAssignmentCall } from '../calls/send-assignment-call.ts'
import { admitLinks } from '../guardrails/admit-links.ts'
import { readForeign, removeForeign, tellForeign, tellFound } from '../records/foreign-assignments.ts'
import { type HistoryEvent, recordHistory } from '../records/history.ts'
import { RecordChangedError } from '../records/json-record.ts'
import { LinkReadings } from '../records/link-readings.ts'
import { nextAttempt, scheduleWork } from '../records/open-work.ts'
import { isSpoiled, spoiledAsAbsent, unlessSpoiled } from '../records/stored-json.ts'
import { askBrake } from './ask-brake.ts'
import { isBegun } from './decide.ts'
import { denySuspendedMembers, recordForeign } from './deny-suspended-holders.ts'
import { evaluateAssignment } from './evaluate-assignment.ts'
import type { Step, StepOf } from './facts.ts'
import { findEnd } from './find-end.ts'
import { lackOfAll } from './find-lacks.ts'
import { type Again, changing, findForeign, learn } from './gather.ts'
import { giveBack } from './release-assignment.ts'
import type { Prepared, Settling } from './settling.ts'

/** An evaluation waits this long for a request, and repeats refused calls this long. */
const patienceMs = 5 * 60_000
/** How many attempts of a revocation go before all other work. */
const urgentMost = 3
/** How long a call waits for its slot. After that, read the links again, because they may have changed. */
const believedMs = 5_000
const noSlot: CallAnswer = { is: 'not-now', reason: 'there are too many requests in progress' }
const lostReason = 'Identity Center does not know the request that it accepted'

/**
 * Performs one step. Returns an `Again` if everything must be gathered again first. Throws if it cannot read or write
 * something.
 */
export async function perform(settling: Settling, step: Exclude<Step, { do: 'finish' }>): Promise<Again | undefined> {
  switch (step.do) {
    case 'learn':
      settling.know(await learn(settling, step.what))
      return undefined
    case 'ask the brake': {
      const answer = await askBrake(settling)
      if (answer === 'evaluate again') return live
      settling.know({ admission: answer })
      return undefined
    }
    case 'look at the live account':
      return live
    case 'wait for the request':
      await awaitRequest(settling)
      // The wait may have taken minutes, so evaluate the links again.
      return { place: settling.place, entry: 'as known' }
    case 'check':
      return check(settling)
    case 'call':
      return call(settling, step)
    default:
      await write(settling, step)
      return undefined
  }
}

const live: Again = { place: 'live' }

/** Performs the steps that only write records. */
async function write(
  settling: Settling,
  step: Exclude<
    Step,
    {
      do: 'finish' | 'learn' | 'ask the brake' | 'look at the live account' | 'wait for the request' | 'check' | 'call'
    }
  >,
): Promise<void> {
  switch (step.do) {
    case 'prepare':
      return step.kind === 'creation' ? prepareCreation(settling, step) : prepareDeletion(settling)
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
      return settling.know({ foreign: 'none' })
    case 'hold':
      return hold(settling, step)
    case 'give back':
      return finishRelease(settling)
    case 'put off':
      return putOff(settling, step)
    default:
      return step satisfies never
  }
}

/** The ledger records a call before it is made: after a crash, the next process knows that the call may have been made. */
async function prepareCreation(
  settling: Settling,
  { wasLost }: Extract<StepOf<'prepare'>, { kind: 'creation' }>,
): Promise<void> {
  const { now, entry: before, wish } = settling
  if (wish.is !== 'wanted') throw new RecordChangedError(settling.key)
  const { links, permissionSetArn } = wish
  if (before && wasLost) await recordRevoked(settling, before, now)
  else if (before) await tellTerms(settling, before, links)
  await noteName(settling)
  await denySuspendedMembers(settling)
  // An older creation without an answer may still take effect.
  const known = before && wasLost ? { ...before, grantedAt: undefined } : before
  const names = { principal: settling.recordedName, principalId: settling.id.principalId, permissionSetArn }
  await settling.record(beginCreation(names, known, links, now))
  settling.prepared = { kind: 'creation', isChecked: false, before }
}

async function prepareDeletion(settling: Settling): Promise<void> {
  const { now, access: before } = settling
  await tellUnconfirmed(settling, before, now)
  // An import that stalled or died has not written this event. Write it now, because it cannot follow the end.
  const isUntold =
    before.grantedAt !== undefined && before.lastCreation === undefined && settling.known.history?.says === 'nothing'
  if (isUntold) await writeHistory(settling, 'adopted', before, before.grantedAt ?? now, now)
  await settling.record(beginDeletion(before, await withDeleters(settling, before.links), now))
  settling.prepared = { kind: 'deletion', isChecked: false, before }
}

/**
 * Looks for late changes. When somebody deletes a link, moves an account, changes a name or suspends a user, ssofile finds granted access
 * by the ledger. Changes before this entry existed found nothing, so check for them here. Later changes find the entry.
 */
async function check(settling: Settling): Promise<Again | undefined> {
  const { context, assignment, id, wish, place, prepared } = settling
  if (wish.is !== 'wanted' || !prepared) return undefined
  const among = new Set(wish.links.map((link) => link.key))
  const readings = new LinkReadings(context.objects, context.configuration)
  const [lasting, whereabouts, foreign] = await Promise.all([
    evaluateAssignment(assignment, { ...context, readings, place, among }),
    context.principals.whereabouts(id.type, id.principalId, context.clock.monotonicMs()),
    findForeign(settling),
  ])
  const end = await findEnd({ id, whereabouts, assignment, context })
  const links = wish.links.filter((link) => lasting.links.some((one) => one.key === link.key))
  const isNamed = whereabouts !== 'gone' && whereabouts.name === assignment.principal
  // A drift check recorded it as foreign meanwhile.
  const isForeign = prepared.before === undefined && foreign?.permissionSetArn === wish.permissionSetArn
  if (links.length > 0 && isNamed && !end && !isForeign && (await isApart(settling, prepared, links))) {
    settling.wish = { ...wish, links }
    settling.prepared = { ...prepared, isChecked: true }
    return undefined
  }
  if (settling.prepared) await undo(settling, prepared)
  if (!isNamed) throw changing(settling)
  return live
}

/**
 * Two grants that a policy keeps apart may pass at the same time, because the ledger had neither. Now it has this one, so judge
 * it again. If it is refused, restore its entry before the next grant is judged.
 */
async function isApart(settling: Settling, prepared: Prepared, links: readonly GrantingLink[]): Promise<boolean> {
  const { id, context } = settling
  const { separations } = context
  if (!(await separations.concerns(id.permissionSet))) return true
  return separations.alone(async () => {
    const admitted = await admitLinks(links, { entry: prepared.before, account: id.accountId }, context)
    const areAll = links.every((link) => admitted.includes(link))
    if (areAll) return true
    await undo(settling, prepared)
    settling.prepared = undefined
    return false
  })
}

/**
 * The prepared call was not sent, or was refused: restore the entry. If the brake let the revocation pass, the entry does not become held
 * again.
 */
async function undo(settling: Settling, prepared: Prepared | undefined): Promise<void> {
  if (!prepared) return
  const { before, kind } = prepared
  if (!before) return settling.drop()
  const isReleased = kind === 'deletion' && before.state === 'held'
  await settling.record(isReleased ? { ...before, state: 'granted', reason: undefined } : before)
}

/** The only step that changes Identity Center. Records the request id before it awaits anything else. */
async function call(settling: Settling, { kind }: StepOf<'call'>): Promise<Again | undefined> {
  const { context, prepared, target } = settling
  const patience = { ms: believedMs, signal: context.ending, goesFirst: context.goesFirst }
  const asked = kind === 'creation' ? { kind } : { kind, admission: admissionOf(settling) }
  const send = () => sendAssignmentCall(asked, target, context)
  const answer = (await context.requests.make(kind, target, patience, send)) ?? noSlot
  settling.prepared = undefined
  // The outcome of an earlier request says nothing about this one.
  settling.know({ request: undefined })
  switch (answer.is) {
    case 'accepted': {
      const { requestId } = answer
      context.log.info('Identity Center accepted the request', { requestId, kind })
      await settling.record(changeCall(settling.access, { id: requestId, answeredAt: settling.now }))
      await awaitRequest(settling)
      if (settling.known.request === 'lost') await putOff(settling, { reason: lostReason })
      return undefined
    }
    case 'not-now':
      await undo(settling, prepared)
      return pause(settling, answer.reason)
    case 'unknown':
      return pause(settling, answer.reason)
    case 'refused':
      await noteEnd(settling, { outcome: 'FAILED', reason: answer.reason })
      await explainRefusal(settling, answer.error)
      return undefined
    default:
      return answer satisfies never
  }
}

/** The brake's answer of this evaluation, or of an earlier one, if the entry says that its deletion began. */
function admissionOf({ known, prepared, access }: Settling): Admission {
  if (known.admission?.outcome === 'passes') return known.admission
  if (prepared?.before && isBegun(prepared.before)) return exempt('it was admitted before, as its record says')
  throw new Error(`${access.principal} would lose access without asking the brake`)
}

/** Waits, then evaluates everything again, because the links may no longer ask for the refused call. */
async function pause(settling: Settling, reason: string): Promise<Again | undefined> {
  const { clock, randomness, log, ending } = settling.context
  const attempt = ++settling.refusals
  log.warn('Identity Center did not accept the request; ssofile evaluates again', { reason, attempt })
  // Full jitter over an exponential back-off, up to 20 seconds (Builders' Library, "Timeouts, retries, and backoff with jitter").
  await clock.sleep(Math.min(20_000, 200 * 2 ** attempt) * (0.25 + 0.75 * randomness.fraction()), ending)
  const { listing } = settling.known
  const isOver = clock.monotonicMs() - settling.sinceMs >= patienceMs
  // Keep the place: on the view, a revocation would ask for the live account again and again.
  return {
    place: settling.place,
    keeps: listing?.isListed ? undefined : { listing },
    tiredOf: isOver ? reason : undefined,
  }
}

/** A new permission set may have taken the name, or the set may belong to the management account. */
async function explainRefusal(settling: Settling, error: unknown): Promise<void> {
  const { context, id, wish, target } = settling
  if (isServiceError(error, 'ResourceNotFoundException')) await context.permissionSets.forget(id.permissionSet)
  const lack = await context.managementAccount.explain(error, id.permissionSet, target.permissionSetArn)
  if (!lack) return
  // No link lacks anything in a revocation, so report its failure in our words instead of AWS's.
  if (wish.is !== 'wanted') return settling.know({ failure: { reason: lack.reason } })
  settling.noteLacks(lackOfAll(wish.links, lack))
  settling.wish = { is: 'lacking', links: wish.links }
}

/** Waits for a request in progress, ours or an earlier one. */
async function awaitRequest(settling: Settling): Promise<void> {
  const { requests } = settling.context
  const { target } = settling
  const found = requests.findInProgress(target)
  if (!found) return
  const end = await requests.wait(found.kind, found.requestId, patienceMs, target)
  if (end === 'still') return settling.know({ request: 'in-progress' })
  const own = settling.entry?.call
  const isOwn = own !== undefined && own.kind === found.kind && (own.id === undefined || own.id === found.requestId)
  if (isOwn && own.outcome === undefined) await noteEnd(settling, end, found.requestId)
}

/** The next write records the outcome. If the process dies before that, the next one reads the request's status again. */
async function noteEnd(settling: Settling, end: RequestEnd, id?: string): Promise<void> {
  if (end.outcome === 'lost') settling.know({ request: 'lost' })
  else settling.anticipate(endCall(settling.access, { outcome: end.outcome, now: settling.now, id }))
  if (end.outcome !== 'FAILED') return
  settling.context.metrics.record('Failed')
  const refusal = refusalOf(await findFailedAccount(settling, end.reason))
  settling.know({ failure: { reason: refusal === undefined ? end.reason : `${refusal}: ${end.reason}` } })
}

/** The account of a failed request. The view may be an hour old, but read the account live only if AWS's reason is about the account. */
async function findFailedAccount({ place, located, id, context }: Settling, reason: string) {
  if (place === 'live' || !blamesAccount(reason)) return located
  const reading = context.organization.readLive(id.accountId, async () => false)
  return reading.catch((error: unknown) => {
    if (!isServiceError(error)) throw error
    return located
  })
}

/** Writes history first, under an instant that a replay repeats, then the ledger. */
async function confirm(settling: Settling, { links, until }: StepOf<'confirm'>): Promise<void> {
  const { now, access: known, context } = settling
  // The access was gone and somebody put it back. History may already have the end, or a stalled process may still write it. So
  // write the end under the same instant, then a new beginning.
  if (known.missingSince !== undefined) await recordRevoked(settling, known, now)
  const access = known.missingSince === undefined ? known : { ...known, grantedAt: undefined }
  const begunAt = known.missingSince ?? grantedInstant(access) ?? now
  const named = { ...access, principal: settling.recordedName }
  if (access.grantedAt === undefined)
    await writeHistory(settling, 'granted', { ...named, links: [...links] }, begunAt, now)
  else await tellTerms(settling, named, links)
  await noteName(settling)
  await settling.record(confirmAccess(named, links, { now, isOrphaned: until !== undefined }), {
    attempts: 0,
    next: until ? { at: earlier(known.openUntil, renderInstant(until), now) } : 'none',
  })
  const told = until ? 'the principal is gone; its access ends with its grace' : 'access is granted'
  context.log.info(told, { until: settling.entry?.openUntil })
}

/** The earlier of the instants that are still to come. */
function earlier(one: string | undefined, other: string, now: string): string {
  return one !== undefined && one > now && one < other ? one : other
}

async function forget(settling: Settling, { as }: StepOf<'forget'>): Promise<void> {
  const { now, access, context } = settling
  if (as === 'revoked' && (wasThere(access) || isLost(access))) await recordRevoked(settling, access, now)
  // Use the instant of the last change, so that a replay writes the same history.
  if (as === 'released') await writeHistory(settling, 'released', access, access.updatedAt)
  await settling.drop()
  // The known facts are about the access that ended.
  settling.known = {}
  await context.separations.wake(settling.id)
}

/** `foreign/` comes first, so that one of the two always has the access. */
async function leaveToOthers(settling: Settling, { links }: StepOf<'leave to others'>): Promise<void> {
  const { now, context, key, entry, recordedName: principal } = settling
  const { permissionSetArn } = settling.target
  const { objects, standings, log } = context
  // If our own access was there and our deletion removed it, history records that.
  if (entry && wasThere(entry)) await recordRevoked(settling, entry, now)
  await noteName(settling)
  await tellFound(objects, { key, at: now }, { principal, permissionSetArn })
  await recordForeign(key, { principal, permissionSetArn, links: [...links], seenAt: now }, context)
  // If this process stalled, another dispatcher may have granted it since the ledger was read: the other's entry came first.
  if (!entry && (await standings.ledger.read(key))) {
    await forgetForeign(settling)
    throw new RecordChangedError(key)
  }
  standings.noteForeign(key, links)
  log.info('someone else granted this access: ssofile records it as foreign and leaves it alone')
  if (entry) await settling.drop()
  settling.know({ rest: { result: 'foreign' } })
}

/** Finishes an operator's release, with the instant of that release. */
async function finishRelease(settling: Settling): Promise<void> {
  const { access, now, context, key } = settling
  await giveBack(context.objects, key, { ...access, releasedAt: access.releasedAt ?? now })
  context.standings.noteForeign(key, access.links)
  context.log.info('the release of this access had begun: ssofile records it as foreign and leaves it alone')
  await settling.drop()
  settling.known = {}
}

/** The access is gone, or ours: history records that, then `foreign/` forgets it. */
async function forgetForeign({ context, key, now }: Settling): Promise<void> {
  const known = await spoiledAsAbsent(readForeign(context.objects, key))
  if (known) await tellForeign(context.objects, { key, event: 'foreign-gone', at: now }, known)
  if (known) await removeForeign(context.objects, key, known)
  context.standings.noteGone(key)
}

/** Calls nothing. Writes a lost record again as failed, so that an operator sees it and drift checks know it. */
async function reportContradiction(
  settling: Settling,
  { links, contradiction }: StepOf<'report a contradiction'>,
): Promise<void> {
  const { context, key, entry } = settling
  const reason = reasonOfContradiction(key, contradiction)
  context.log.error('history and ledger contradict each other; a person must decide', { assignment: key, reason })
  if (!entry) {
    const { principalId, permissionSetArn } = settling.target
    await noteName(settling)
    const names = { principal: settling.recordedName, principalId, permissionSetArn }
    await settling.record({ state: 'failed', reason, ...names, links: [...links] })
  }
  for (const { key: link } of links) settling.concerned.add(link)
  return putOff(settling, { reason, state: 'failed' })
}

async function hold(settling: Settling, { reason }: StepOf<'hold'>): Promise<void> {
  const { access, key, context, now } = settling
  if (access.state !== 'held' || access.openUntil !== undefined || access.missingSince !== undefined) {
    const links = await withDeleters(settling, access.links)
    if (!isLost(access)) await tellUnconfirmed(settling, access, now)
    const held = holdAccess({ ...access, links, principal: settling.recordedName }, reason)
    const told = { key, event: 'held', at: now, access: held, confirmedAt: now, reason } as const
    if (access.state !== 'held') await recordHistory(context.objects, told)
    await settling.record(held, { next: 'none' })
  }
  settling.know({ rest: { result: 'held', reason } })
}

/** Schedules the next attempt as open work. */
export async function putOff(
  settling: Settling,
  { reason, state, until }: Omit<StepOf<'put off'>, 'do'>,
): Promise<void> {
  const { context, key, assignment, entry } = settling
  const { clock, randomness, objects, log, metrics, principals } = context
  const attempts = (entry?.attempts ?? 0) + 1
  const backoff = nextAttempt(clock.now(), attempts - 1, randomness.fraction())
  const next = until && until > clock.now() && until < backoff ? until : backoff
  // What AWS has refused so often hinders nobody's grant.
  const isUrgent = entry !== undefined && settling.wish.is === 'unwanted' && attempts <= urgentMost
  const attempt = state === 'stuck' ? undefined : { at: renderInstant(next), isUrgent }
  log.warn('not finished; ssofile tries again later', { reason, state, attempts, nextAttempt: attempt?.at })
  metrics.record('PutOff')
  principals.forget(assignment.type, assignment.principal)
  if (entry) {
    // A stuck entry becomes `revoking` unless the caller says `stuck` again, because the account takes changes now.
    const unstuck = entry.state === 'stuck' ? 'revoking' : entry.state
    await settling.record({ ...entry, state: state ?? unstuck, reason }, { attempts, next: attempt ?? 'none' })
  } else if (attempt) await scheduleWork(objects, attempt, key, [...settling.concerned])
  settling.know({ rest: { result: 'open', reason } })
}

/** If no grant was confirmed, history records the beginning before anything else. */
async function tellUnconfirmed(settling: Settling, access: LedgerEntry, now: string): Promise<void> {
  if (access.grantedAt === undefined)
    await writeHistory(settling, 'granted', access, grantedInstant(access) ?? now, now)
}

/** Records that access is gone, by our deletion or by someone else. */
async function recordRevoked(settling: Settling, access: LedgerEntry, now: string): Promise<void> {
  // For a lost record, the only known instant is when it was last seen.
  const seenAt = isLost(access) ? access.updatedAt : undefined
  const by = access.missingSince === undefined ? undefined : access.removedBy
  const { key, context } = settling
  const at = revokedInstant(access) ?? seenAt ?? now
  await recordHistory(context.objects, { key, event: 'revoked', at, access, confirmedAt: settling.now, by })
  settling.context.metrics.record('Revoked')
  settling.context.log.info('access is revoked', { requestId: access.call?.id })
}

/** The access stays, but its links or their terms changed. Without its expiry, for example, it is permanent. */
async function tellTerms(settling: Settling, access: LedgerEntry, links: readonly GrantingLink[]): Promise<void> {
  if (access.grantedAt === undefined || haveSameTerms(access.links, links)) return
  await writeHistory(settling, 'terms-changed', { ...access, links: [...links] }, settling.now)
}

async function writeHistory(
  { context, key, now: latest }: Settling,
  event: HistoryEvent,
  access: LedgerEntry,
  at: string,
  now = latest,
): Promise<void> {
  await recordHistory(context.objects, { key, event, at, access, confirmedAt: now })
  if (event === 'granted') context.metrics.record('Created')
}

/** Call it before writing the entry: links have only names, and Identity Store has no name for an id that is gone. */
export async function noteName({
  context,
  id: { type, principalId: id },
  recordedName: name,
}: Settling): Promise<void> {
  const known = (await context.standings.names()).namesOf(type, id)
  if (known.length === 1 && known[0] === name) return
  await context.principalNames.note({ type, id, name })
  context.standings.noteName({ type, id, name })
}

/** A link's status names its deleter only until the status goes; the ledger and history keep the name. */
function withDeleters({ context }: Settling, links: readonly GrantingLink[]): Promise<GrantingLink[]> {
  return Promise.all(
    links.map(async (link) => {
      const status = await unlessSpoiled(context.statuses.readSince(context.pulledMs, link.key))
      if (isSpoiled(status)) return link
      return status?.by === undefined || status.etag !== undefined ? link : { ...link, deletedBy: status.by }
    }),
  )
}

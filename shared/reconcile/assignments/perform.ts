import pLimit from 'p-limit'
import {
  beginCreation,
  beginDeletion,
  changeCall,
  confirmAccess,
  grantedInstant,
  revokedInstant,
  wasThere,
} from '../../domain/access-changes.ts'
import { parseAssignmentKey } from '../../domain/assignment.ts'
import { renderInstant } from '../../domain/instant.ts'
import {
  type Access,
  type AccessIds,
  findAccess,
  type GrantingLink,
  isSameAccess,
  type LedgerEntry,
  withAccess,
  withoutAccess,
} from '../../domain/ledger-entry.ts'
import { isServiceError } from '../../ports/service-error.ts'
import type { RequestEnd } from '../calls/assignment-requests.ts'
import { sendAssignmentCall } from '../calls/send-assignment-call.ts'
import { foreignRecord, readForeign } from '../records/foreign-assignments.ts'
import { type HistoryEvent, recordHistory } from '../records/history.ts'
import { RecordChangedError } from '../records/json-record.ts'
import type { StoredEntry } from '../records/ledger.ts'
import { nextAttempt, openWorkKey } from '../records/open-work.ts'
import { readLink } from '../records/read-link.ts'
import { isSpoiled, unlessSpoiled } from '../records/stored-json.ts'
import { listGrantingLinksOf } from './evaluate-assignment.ts'
import type { Step } from './facts.ts'
import { changing, type Gathered, gather, know, knownOf, learn, patienceMs, targetOf } from './gather.ts'
import type { Subject } from './settlement.ts'

const readsAtOnce = 16
const lostReason = 'Identity Center does not know the request that it accepted'

type StepOf<Do extends Step['do']> = Extract<Step, { do: Do }>
type Doing<Do extends Step['do']> = (step: StepOf<Do>, subject: Subject, gathered: Gathered) => Promise<Gathered>

/** How often Identity Center refused in passing what an evaluation wants, and since when (monotonic milliseconds). */
export type Patience = { refusals: number; readonly sinceMs: number }

/** Carries out one step, and answers what is known afterwards. Throws when something cannot be read or written. */
export async function perform(
  step: Exclude<Step, { do: 'finish' }>,
  subject: Subject,
  gathered: Gathered,
  patience: Patience,
): Promise<Gathered> {
  switch (step.do) {
    case 'learn':
      return learn(subject, gathered, step.ids, step.what)
    case 'look at the live account':
      return gather(subject, 'live', gathered)
    case 'wait for the request': {
      const ended = await awaitRequest(step, subject, gathered)
      // It may have taken minutes: the links are evaluated again.
      return { ...(await gather(subject, gathered.place, ended)), stored: ended.stored, known: ended.known }
    }
    case 'prepare':
      return prepare(step, subject, gathered)
    case 'check':
      return check(step, subject, gathered)
    case 'call':
      return call(step, subject, gathered, patience)
    case 'confirm':
      return confirm(step, subject, gathered)
    case 'forget':
      return forget(step, subject, gathered)
    case 'leave to others':
      return leaveToOthers(step, subject, gathered)
    case 'forget what was foreign':
      await subject.context.standings.forgetForeign(subject.key)
      return know(gathered, step.ids, { foreign: 'none' })
    case 'move to':
      return moveTo(step, subject, gathered)
    case 'ask elsewhere':
      return askElsewhere(step, subject, gathered)
    case 'hold':
      return hold(step, subject, gathered)
    case 'put off':
      return putOff(step, subject, gathered)
    case 'start again later':
      throw changing(subject)
    default:
      return step satisfies never
  }
}

/** Before a call the ledger says so: whoever comes after a crash then knows that it may have been made. */
const prepare: Doing<'prepare'> = async ({ kind, ids, links, wasLost }, subject, gathered) => {
  const { context, assignment } = subject
  const before = gathered.stored
  const now = renderInstant(context.clock.now())
  const known = findAccess(before?.entry, ids)
  if (known && wasLost) await recordRevoked(subject, known, now)
  // Granted by a call that could not be confirmed before: history says so before it says that it is gone.
  if (known && kind === 'deletion' && known.grantedAt === undefined)
    await writeHistory(subject, 'granted', known, grantedInstant(known) ?? now)
  if (kind === 'creation')
    await context.principalNames.note({ type: assignment.type, id: ids.principalId, name: assignment.principal })
  const access =
    known && kind === 'deletion'
      ? beginDeletion(known, await withDeleters(subject, links), now)
      : beginCreation(ids, wasLost ? undefined : known, links, now)
  const accesses = withAccess(before?.entry, access, { first: kind === 'creation' })
  const stored = await write(subject, before, { accesses })
  return { ...gathered, stored, prepared: { ids, kind, isChecked: false, before } }
}

/**
 * Whoever deletes a link, or sees an account move or a name change, looks for what was granted in the ledger. Before the
 * entry was there they found nothing. So what they did is looked for here; whoever comes later finds the entry.
 */
const check: Doing<'check'> = async ({ ids }, subject, gathered) => {
  const { context, assignment, key } = subject
  const { wish, prepared } = gathered
  if (wish.is !== 'wanted' || !prepared) return gathered
  const [lasting, whereabouts, foreign] = await Promise.all([
    findLasting(subject, wish.links, gathered.place),
    context.principals.whereabouts(assignment.type, ids.principalId, context.clock.monotonicMs()),
    readForeign(context.objects, key),
  ])
  const isNamed = whereabouts !== 'gone' && whereabouts.name === assignment.principal
  const isNew = findAccess(prepared.before?.entry, ids) === undefined
  // A drift check found it meanwhile, as someone else's.
  const isForeign = isNew && foreign !== undefined && isSameAccess(foreign, ids)
  if (lasting.length > 0 && isNamed && !isForeign)
    return { ...gathered, wish: { ...wish, links: lasting }, prepared: { ...prepared, isChecked: true } }
  await undo(subject, gathered)
  if (!isNamed) throw changing(subject)
  return gather(subject, 'live', gathered)
}

/** Which of these links still grant it, on the place that they were evaluated on. */
async function findLasting(
  subject: Subject,
  links: readonly GrantingLink[],
  place: Gathered['place'],
): Promise<readonly GrantingLink[]> {
  const { assignment, context } = subject
  const candidates = new Set(await listGrantingLinksOf(assignment, { ...context, place }))
  const limit = pLimit(readsAtOnce)
  const isLasting = async ({ key }: GrantingLink) =>
    candidates.has(key) && (await readLink(context.objects, key, context.configuration)).state === 'in-force'
  const lasting = await Promise.all(links.map((link) => limit(() => isLasting(link))))
  return links.filter((_, index) => lasting[index])
}

/** The prepared call has not left, or was refused: the entry is as before. */
async function undo(subject: Subject, { stored, prepared }: Gathered): Promise<void> {
  if (!stored || !prepared) return
  const { ids, before } = prepared
  const known = findAccess(before?.entry, ids)
  const accesses = known
    ? withAccess({ accesses: stored.entry.accesses }, known)
    : (withoutAccess(stored.entry, ids) ?? undefined)
  if (accesses) await write(subject, stored, { accesses })
  else await subject.context.standings.ledger.remove(stored)
}

/** The one step that changes Identity Center. Its request id is recorded before anything else is awaited. */
async function call(
  { kind, ids }: StepOf<'call'>,
  subject: Subject,
  gathered: Gathered,
  patience: Patience,
): Promise<Gathered> {
  const { context } = subject
  const { log, clock, requests } = context
  const target = targetOf(subject, ids)
  // What is known of an earlier request says nothing of this one.
  const sent = know({ ...gathered, prepared: undefined }, ids, { request: undefined })
  const answer = await sendAssignmentCall(kind, target, context)
  switch (answer.is) {
    case 'accepted': {
      log.info('Identity Center accepted the request', { requestId: answer.requestId, kind })
      // Counted from now on, also where it cannot be recorded.
      requests.watch(kind, answer.requestId, target)
      const answered = { id: answer.requestId, answeredAt: renderInstant(clock.now()) }
      const noted = changeAccess(gathered, ids, (access) => changeCall(access, answered))
      const stored = await write(subject, gathered.stored, noted)
      const ended = await awaitRequest({ do: 'wait for the request', ids }, subject, { ...sent, stored })
      return knownOf(ended, ids).request === 'lost'
        ? putOff({ do: 'put off', ids, reason: lostReason }, subject, ended)
        : ended
    }
    case 'not-now':
      await undo(subject, gathered)
      return pause(subject, gathered, ids, answer.reason, patience)
    case 'unknown':
      return pause(subject, gathered, ids, answer.reason, patience)
    case 'refused': {
      const end = { outcome: 'FAILED' as const, reason: answer.reason }
      return explainRefusal(subject, await recordEnd(subject, sent, ids, end), ids, answer.error)
    }
    default:
      return answer satisfies never
  }
}

/** After a pause everything is evaluated again: what was refused in passing may not be meant any more. */
async function pause(
  subject: Subject,
  gathered: Gathered,
  ids: AccessIds,
  reason: string,
  patience: Patience,
): Promise<Gathered> {
  const { clock, randomness, log, ending } = subject.context
  const attempt = ++patience.refusals
  log.warn('Identity Center did not take the request; it is evaluated again', { reason, attempt })
  // Full jitter over an exponential back-off, up to 20 seconds (Builders' Library, "Timeouts, retries, and backoff with jitter").
  await clock.sleep(Math.min(20_000, 200 * 2 ** attempt) * (0.25 + 0.75 * randomness.fraction()), ending)
  const { listing } = knownOf(gathered, ids)
  // On the same place as before: evaluated on the view, a revocation is looked at again without end.
  const again = await gather(subject, gathered.place, gathered)
  if (clock.monotonicMs() - patience.sinceMs < patienceMs)
    return listing?.isListed ? again : know(again, ids, { listing })
  return putOff({ do: 'put off', ids, reason }, subject, again)
}

/** A permission set may have been made again under its name, or belong to the management account. */
async function explainRefusal(subject: Subject, gathered: Gathered, ids: AccessIds, error: unknown): Promise<Gathered> {
  const { context, assignment } = subject
  const { wish } = gathered
  if (isServiceError(error, 'ResourceNotFoundException')) await context.permissionSets.forget(assignment.permissionSet)
  if (isServiceError(error, 'ServiceQuotaExceededException')) {
    const { failure } = knownOf(gathered, ids)
    return failure ? know(gathered, ids, { failure: { ...failure, isQuota: true } }) : gathered
  }
  if (wish.is !== 'wanted') return gathered
  const lack = await context.managementAccount.explain(error, assignment.permissionSet, ids.permissionSetArn)
  if (!lack) return gathered
  const lacks = new Map([...gathered.lacks, ...wish.links.map(({ key }) => [key, lack] as const)])
  return { ...gathered, lacks, wish: { is: 'lacking', lack, links: wish.links } }
}

/** Waits for a request in progress, our own or an earlier one. */
async function awaitRequest(
  { ids }: StepOf<'wait for the request'>,
  subject: Subject,
  gathered: Gathered,
): Promise<Gathered> {
  const { requests } = subject.context
  const target = targetOf(subject, ids)
  const found = requests.findInProgress(target)
  if (!found) return gathered
  const end = await requests.wait(found.kind, found.requestId, patienceMs, target)
  if (end === 'still') return know(gathered, ids, { request: 'in-progress' })
  const own = findAccess(gathered.stored?.entry, ids)?.call
  const isOwn = own !== undefined && own.kind === found.kind && (own.id === undefined || own.id === found.requestId)
  return isOwn && own.outcome === undefined ? recordEnd(subject, gathered, ids, end, found.requestId) : gathered
}

/** The next write records it. A process that dies before that reads the request's status again. */
async function recordEnd(
  { context: { clock } }: Subject,
  gathered: Gathered,
  ids: AccessIds,
  end: RequestEnd,
  id?: string,
): Promise<Gathered> {
  const { stored } = gathered
  if (!stored || end.outcome === 'lost') return know(gathered, ids, { request: 'lost' })
  const endedAt = renderInstant(clock.now())
  const known = findAccess(stored.entry, ids)?.call
  const change = { id: id ?? known?.id, answeredAt: known?.answeredAt ?? endedAt, endedAt, outcome: end.outcome }
  const entry = { ...stored.entry, ...changeAccess(gathered, ids, (access) => changeCall(access, change)) }
  const ended = { ...gathered, stored: { ...stored, entry } }
  return end.outcome === 'FAILED' ? know(ended, ids, { failure: { reason: end.reason, isQuota: false } }) : ended
}

/** The entry with this access as `change` makes it; `undefined`: it is not there any more. */
function changeAccess(
  { stored }: Gathered,
  ids: AccessIds,
  change: (access: Access) => Access,
): Pick<LedgerEntry, 'accesses'> | undefined {
  const access = findAccess(stored?.entry, ids)
  return stored && access && { accesses: withAccess(stored.entry, change(access)) }
}

/** History first, under an instant that a replay repeats, then the ledger. */
const confirm: Doing<'confirm'> = async ({ ids, links, until }, subject, gathered) => {
  const { context } = subject
  const { stored, wish } = gathered
  const access = findAccess(stored?.entry, ids)
  if (!stored || !access) return gathered
  const now = renderInstant(context.clock.now())
  if (access.grantedAt === undefined)
    await writeHistory(subject, 'granted', { ...access, links: [...links] }, grantedInstant(access) ?? now)
  const changed = confirmAccess(access, links, { now, isOrphaned: until !== undefined })
  const accesses = withAccess(stored.entry, changed, { first: wish.is === 'wanted' })
  const openUntil = until ? earlier(stored.entry.openUntil, renderInstant(until), now) : undefined
  if (openUntil !== undefined) await context.objects.put(openWorkKey(openUntil, subject.key), new Uint8Array())
  const isOpen = accesses.length > 1
  const twin = openUntil ?? (isOpen ? stored.entry.openUntil : undefined)
  const written = await write(subject, stored, {
    accesses,
    attempts: isOpen ? stored.entry.attempts : 0,
    openUntil: twin,
  })
  if (stored.entry.openUntil !== twin) await closeTwin(subject, stored.entry.openUntil)
  context.log.info(until ? 'the principal is gone; its access ends with its grace' : 'access is granted', {
    until: twin,
  })
  return { ...gathered, stored: written }
}

/** The instant that comes first of those that are still to come. */
function earlier(one: string | undefined, other: string, now: string): string {
  return one !== undefined && one > now && one < other ? one : other
}

const forget: Doing<'forget'> = async ({ ids, as }, subject, gathered) => {
  const access = findAccess(gathered.stored?.entry, ids)
  if (!access) return gathered
  const now = renderInstant(subject.context.clock.now())
  if (as === 'revoked') await recordRevoked(subject, access, now)
  // The instant of its last change, so that a replay writes the same history.
  if (as === 'released') await writeHistory(subject, 'released', access, gathered.stored?.entry.updatedAt ?? now)
  const { wish } = gathered
  // There is room for another assignment again.
  const isWaiting = wish.is === 'wanted' && knownOf(gathered, wish.target).failure?.isQuota
  const left = isWaiting ? know(gathered, wish.target, { failure: undefined }) : gathered
  return removeAccess(subject, left, ids)
}

/** The ledger no longer has this access: the object goes, or stays with what else it has. */
async function removeAccess(subject: Subject, gathered: Gathered, ids: AccessIds): Promise<Gathered> {
  const { stored } = gathered
  if (!stored) return gathered
  const accesses = withoutAccess(stored.entry, ids)
  if (accesses) return { ...gathered, stored: await write(subject, stored, { accesses }) }
  await subject.context.standings.ledger.remove(stored)
  await closeTwin(subject, stored.entry.openUntil)
  return { ...gathered, stored: undefined }
}

/** `foreign/` first: the access stands in one of the two all the time. */
const leaveToOthers: Doing<'leave to others'> = async ({ ids, links }, subject, gathered) => {
  const { context, key, assignment } = subject
  const { principalId, permissionSetArn } = ids
  const access = findAccess(gathered.stored?.entry, ids)
  const now = renderInstant(context.clock.now())
  // Where ours was there before and our deletion took it away, that is history.
  if (access) await recordRevoked(subject, access, now)
  // What others gave to a former id does not stand under this name: the drift check records it under its present one.
  const isOfThisName = !access || gathered.stored?.entry.accesses.length === 1
  if (isOfThisName) {
    await context.principalNames.note({ type: assignment.type, id: principalId, name: assignment.principal })
    const foreign = { v: 1 as const, principalId, permissionSetArn, links: [...links], seenAt: now }
    await foreignRecord(context.objects, key).overwrite(foreign)
    // Another dispatcher may have granted it since the ledger was read, if this one stood still: its entry came first.
    if (!access && findAccess((await context.standings.ledger.read(key))?.entry, ids)) {
      await context.standings.forgetForeign(key)
      throw new RecordChangedError(key)
    }
    context.standings.noteForeign(key, links, principalId)
  }
  context.log.info('someone else made this access: it is recorded as foreign and left alone')
  const left = access ? await removeAccess(subject, gathered, ids) : gathered
  return know(left, ids, { rest: { result: 'foreign' } })
}

const moveTo: Doing<'move to'> = async ({ ids }, subject, gathered) => {
  const { heir } = knownOf(gathered, ids)
  if (!gathered.stored || heir === undefined || heir === 'none') return gathered
  await move(subject, gathered.stored, ids, heir)
  const concerned = new Set([...gathered.concerned, ...heir.links.map(({ key }) => key)])
  return { ...(await removeMoved(subject, gathered, ids)), concerned }
}

/** The key of the name that its principal had before moves the access to this one: it is looked at now. */
const askElsewhere: Doing<'ask elsewhere'> = async ({ ids, reason }, subject, gathered) => {
  const { elsewhere } = knownOf(gathered, ids)
  const { objects, clock } = subject.context
  if (elsewhere !== undefined && elsewhere !== 'none')
    await objects.put(openWorkKey(renderInstant(clock.now()), elsewhere), new Uint8Array())
  return putOff({ do: 'put off', ids, reason }, subject, gathered)
}

/**
 * The access stays, under the present name of its principal. The new entry is written first, so that the access stands in
 * the ledger all the time.
 */
async function move(
  from: Subject,
  stored: StoredEntry,
  ids: AccessIds,
  heir: { readonly key: StoredEntry['key']; readonly links: readonly GrantingLink[] },
): Promise<void> {
  const { context } = from
  const { objects, standings, principalNames } = context
  const assignment = parseAssignmentKey(heir.key)
  const access = findAccess(stored.entry, ids)
  if (!assignment || !access) return
  const to: Subject = { key: heir.key, assignment, context }
  const now = renderInstant(context.clock.now())
  await principalNames.note({ type: assignment.type, id: ids.principalId, name: assignment.principal })
  const inherited = await standings.ledger.read(heir.key)
  const there = findAccess(inherited?.entry, ids)
  if (there?.grantedAt === undefined) {
    const { reason: _, ...kept } = there ?? { ...access, state: 'granted' as const, links: [...heir.links] }
    const moved: Access = {
      ...kept,
      grantedAt: access.grantedAt ?? now,
      orphanedAt: undefined,
      missingSince: undefined,
    }
    await write(to, inherited, { accesses: withAccess(inherited?.entry, moved, { first: !there }) })
    await writeHistory(to, 'adopted', moved, now)
    await standings.forgetForeign(heir.key)
  }
  // Its links may have been deleted before the entry was there for the deletion to find: it is looked at again.
  await objects.put(openWorkKey(now, heir.key), new Uint8Array())
  await writeHistory(from, 'released', access, now)
  const names = { from: from.key, to: heir.key }
  context.log.info('the principal has another name now, whose links grant the access: only the ledger moves', names)
}

async function removeMoved(subject: Subject, gathered: Gathered, ids: AccessIds): Promise<Gathered> {
  const left = await removeAccess(subject, gathered, ids)
  // What was held may be wanted again under another key: nothing evaluates this one any more.
  await subject.context.brake.review(subject.key)
  return left
}

const hold: Doing<'hold'> = async ({ ids, reason }, subject, gathered) => {
  const { stored } = gathered
  const access = findAccess(stored?.entry, ids)
  if (!stored || !access) return gathered
  const others = stored.entry.accesses.filter((one) => !isSameAccess(one, ids))
  // The twin stands for all accesses of the entry: another one may still be tried again.
  const openUntil = others.every(({ state }) => state === 'held') ? undefined : stored.entry.openUntil
  const isHeld = access.state === 'held' && openUntil === stored.entry.openUntil
  const links = isHeld ? access.links : await withDeleters(subject, access.links)
  const accesses = withAccess(stored.entry, { ...access, state: 'held', reason, links })
  const written = isHeld ? stored : await write(subject, stored, { accesses, openUntil })
  if (stored.entry.openUntil !== openUntil) await closeTwin(subject, stored.entry.openUntil)
  return know({ ...gathered, stored: written }, ids, { rest: { result: 'held', reason } })
}

/** Not done: open work. Its twin is written first, so that no entry waits for a retry that is not scheduled. */
const putOff: Doing<'put off'> = async ({ ids, reason, state, until }, subject, gathered) => {
  const { context, key, assignment } = subject
  const { clock, randomness, objects, log } = context
  const { stored } = gathered
  const access = findAccess(stored?.entry, ids)
  const attempts = (stored?.entry.attempts ?? 0) + 1
  const backoff = nextAttempt(clock.now(), attempts - 1, randomness.fraction())
  const next = until && until > clock.now() && until < backoff ? until : backoff
  const openUntil = state === 'stuck' ? undefined : renderInstant(next)
  if (openUntil !== undefined) await objects.put(openWorkKey(openUntil, key), new Uint8Array())
  const rest = { result: 'open' as const, reason }
  log.warn('not finished; it is tried again later', { reason, state, attempts, nextAttempt: openUntil })
  context.principals.forget(assignment.type, assignment.principal)
  if (!stored || !access) return know(gathered, ids, { rest })
  // What was stuck is not any more, unless that is said again: the account takes changes.
  const unstuck = access.state === 'stuck' ? 'revoking' : access.state
  const accesses = withAccess(stored.entry, { ...access, state: state ?? unstuck, reason })
  const written = await write(subject, stored, { accesses, attempts, openUntil })
  if (stored.entry.openUntil !== openUntil) await closeTwin(subject, stored.entry.openUntil)
  return know({ ...gathered, stored: written }, ids, { rest })
}

async function write(
  { context, key }: Pick<Subject, 'context' | 'key'>,
  previous: StoredEntry | undefined,
  change: (Pick<LedgerEntry, 'accesses'> & Partial<LedgerEntry>) | undefined,
): Promise<StoredEntry> {
  const before = previous?.entry ?? { attempts: 0 }
  if (!change) throw new RecordChangedError(key)
  const entry: LedgerEntry = { ...before, ...change, updatedAt: renderInstant(context.clock.now()) }
  return context.standings.ledger.write(key, entry, previous)
}

async function closeTwin({ context, key }: Subject, openUntil: string | undefined): Promise<void> {
  if (openUntil !== undefined) await context.objects.delete(openWorkKey(openUntil, key))
}

/** Access that was there is gone, by our deletion or by someone else's hand. */
async function recordRevoked(subject: Subject, access: Access, now: string): Promise<void> {
  if (!wasThere(access)) return
  await writeHistory(subject, 'revoked', access, revokedInstant(access) ?? now)
  subject.context.log.info('access is revoked', { requestId: access.call?.id })
}

async function writeHistory({ context, key }: Subject, event: HistoryEvent, access: Access, at: string): Promise<void> {
  const confirmedAt = renderInstant(context.clock.now())
  await recordHistory(context.objects, { key, event, at, access, confirmedAt })
}

/** Who deleted a link stands in its status while something of it is left; the ledger and history keep it. */
function withDeleters({ context }: Subject, links: readonly GrantingLink[]): Promise<GrantingLink[]> {
  return Promise.all(
    links.map(async (link) => {
      const status = await unlessSpoiled(context.statuses.read(link.key))
      if (isSpoiled(status)) return link
      return status?.by === undefined || status.etag !== undefined ? link : { ...link, deletedBy: status.by }
    }),
  )
}

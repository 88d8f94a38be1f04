import type { ItemDigest } from '../../domain/files/decision-file.ts'
import type { ReviewFile } from '../../domain/files/review-file.ts'
import { kinds } from '../../domain/inputs/kinds.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { nounOf, principalName } from '../../domain/principals/principal.ts'
import { count } from '../../domain/text/count.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import { once, onceEach } from '../../ports/once.ts'
import { unlessUnread } from '../../ports/service-error.ts'
import { People as Directory } from '../../reconcile/directory/people.ts'
import type {
  Controller,
  Description,
  Effect,
  Input,
  KindTypes,
  ReadingContext,
  ReconcileContext,
} from '../../reconcile/inputs/controller.ts'
import { RecordChangedError } from '../../reconcile/records/json-record.ts'
import { KnownRecord } from '../../reconcile/records/known-record.ts'
import { forEachAtOnce } from '../../reconcile/records/list-heads.ts'
import { tellEvent } from '../../reconcile/records/tell-event.ts'
import type { RequestSources } from '../requests/gather-request.ts'
import { performEnd, readItemState } from './carry-out.ts'
import { findReviewer } from './find-reviewer.ts'
import type { PopulationSources } from './gather-population.ts'
import { noteGivenSince } from './given-since.ts'
import { passingOn } from './judge-owner.ts'
import { proveOutcomes, readEvidence, writeEvidence } from './review-evidence.ts'
import {
  folderOf,
  historyOfItem,
  historyOfReview,
  itemRecord,
  listDigests,
  readItem,
  readItems,
  runRecord,
  sealOf,
} from './review-records.ts'
import { judgeAuthor, type Reviewer } from './rules/decide-decision.ts'
import { decideEnd } from './rules/decide-end.ts'
import {
  decideReview,
  instantsOf,
  isEndedEarly,
  type ReviewAction,
  type ReviewEnd,
  type ReviewFacts,
  remindersOf,
} from './rules/decide-review.ts'
import { buildManifest, type ReviewEvidence } from './rules/manifest.ts'
import {
  describeSubject,
  type GivenDecision,
  type ItemEnd,
  isDecided,
  isDeleted,
  isUnproven,
  keepsOf,
  lapses,
  type ReviewItem,
} from './rules/review-item.ts'
import { isRunning, type ReviewRun } from './rules/review-record.ts'
import { whoDecides } from './rules/reviewers.ts'
import { writePopulation } from './write-population.ts'

type ReviewContext = ReconcileContext & PopulationSources & Pick<RequestSources, 'people'>

interface ReviewTypes extends KindTypes {
  readonly name: string
  readonly body: ReviewFile
  readonly entry: ReviewRun
  readonly facts: ReviewFacts & {
    readonly reminder: number | undefined
    /** The instants to come. */
    readonly next: readonly Date[]
  }
  readonly action: ReviewAction
  readonly end: ReviewEnd
  readonly learnt: 'asked again'
  readonly context: ReviewContext
}
type ReviewInput = Input<ReviewTypes>
type Facts = ReviewTypes['facts']
type Step = Effect<ReviewRun, ReviewTypes['learnt']> | Description

const hourMs = 60 * 60_000
const dayMs = 24 * hourMs
/** Between two looks for the proofs of revocations, and for tasks that are done; and until a long gathering goes on. */
const soonMs = 60_000

/** The file of a review: begins its runs, reminds, escalates, ends them, and writes the evidence. */
export const reviewController: Controller<ReviewTypes> = {
  noun: 'review',
  format: kinds.review,
  entryOf: runRecord,
  historyOf: historyOfReview,
  gather: async (input, context) => gather(input, context),
  decide: decideReview,
  underPause: ['begin', 'close', 'ask again', 'remind', 'escalate', 'check'],
  perform,
  describe,
}

function gather({ file, entry, now, learnt }: ReviewInput, { isForetelling }: ReadingContext<ReviewContext>): Facts {
  const { isDue, ...instants } = judgeInstants(file.is === 'valid' ? file.body : undefined, entry, now)
  const isClosed = entry?.closed !== undefined
  const run = entry?.phase ?? 'none'
  const hasAskedAgain = learnt !== undefined
  return { isForetelling: isForetelling === true, file: file.is, isClosed, run, due: isDue, hasAskedAgain, ...instants }
}

function judgeInstants(file: ReviewFile | undefined, entry: ReviewRun | undefined, now: Date) {
  const isCome = (at: Date | undefined) => at !== undefined && at <= now
  const ofRun = entry && instantsOf(entry)
  const asked = file?.begins === undefined ? new Date(0) : new Date(file.begins)
  const repeated = entry && file?.repeatDays ? new Date(Date.parse(entry.run) + file.repeatDays * dayMs) : undefined
  const isNew = isFirst(entry) || asked.getTime() > Date.parse(entry?.run ?? '')
  const beginsAt = isNew ? asked : repeated
  const reminders =
    ofRun && entry ? remindersOf(ofRun, entry.terms).filter(({ days }) => !entry.reminded.includes(days)) : []
  const reminder = reminders.findLast(({ at }) => at <= now)
  const runs = isRunning(entry?.phase)
  const isDue: Facts['due'] =
    entry?.phase === 'escalated' && isCome(ofRun?.endsAt)
      ? 'end'
      : runs && isCome(ofRun?.dueAt)
        ? 'escalate'
        : runs && reminder
          ? 'remind'
          : !runs && isCome(beginsAt)
            ? 'begin'
            : 'nothing'
  // Reminders, the escalation and the end come whole days after the beginning too.
  const daily = ofRun && nextDayOf(ofRun.begunAt, now)
  const all = runs ? [daily] : [beginsAt]
  return {
    isDue,
    reminder: reminder?.days,
    next: all.filter((at) => at !== undefined && at > now).map((at) => at ?? now),
  }
}

/** The next instant that is whole days after `from`. */
function nextDayOf(from: Date, now: Date): Date {
  const days = Math.floor((now.getTime() - from.getTime()) / dayMs) + 1
  return new Date(from.getTime() + days * dayMs)
}

/** After a run that somebody closed by deleting the file, a file is a new one. */
function isFirst(before: ReviewRun | undefined): boolean {
  return before === undefined || (!isRunning(before.phase) && isEndedEarly(before))
}

async function perform(
  { do: action }: ReviewAction,
  input: ReviewInput,
  { reminder }: Facts,
  context: ReviewContext,
): Promise<Step> {
  const { name, entry, now } = input
  if (action === 'begin') return begin(input, context)
  if (entry === undefined) return {}
  const body = { review: name, run: entry.run }
  switch (action) {
    case 'ask again': {
      const passedOver = entry.passedOver + (await lookAtItems(entry, { name, now }, context))
      return { ...(passedOver > entry.passedOver && { entry: { ...entry, passedOver } }), learnt: 'asked again' }
    }
    case 'remind': {
      // One message for all instants that have come.
      const passed = entry.terms.remindDays.filter((days) => days >= (reminder ?? 0))
      const reminded = [...new Set([...entry.reminded, ...passed])]
      const event = reminder === 1 ? 'last-day' : 'reminded'
      const reviewers = await listAwaited(name, entry, context)
      return { entry: { ...entry, reminded }, history: { event, body: { ...body, days: reminder, reviewers } } }
    }
    case 'escalate':
      return {
        entry: { ...entry, phase: 'escalated', escalatedAt: renderInstant(now) },
        history: { event: 'escalated', body: { ...body, reviewers: entry.fallback.map((one) => one.name) } },
      }
    // Noted before anything ends: the file may come back, and this process may die.
    case 'close':
      return { entry: { ...entry, closed: { by: input.by?.principalId } } }
    case 'end': {
      const isEarly = entry.closed !== undefined
      await endItems(entry, { name, now, isEarly }, context)
      return {
        entry: { ...entry, phase: 'settling', endedAt: renderInstant(now) },
        history: { event: 'ended', body: { ...body, isEarly, by: entry.closed?.by } },
      }
    }
    case 'check':
      return tellProven(await prove(entry, input, context), input)
  }
}

/** Finds the proofs of revocations and the done tasks, and writes the evidence. `undefined`: it ended items first; the caller reads all again. */
async function prove(
  entry: ReviewRun,
  { name, now }: ReviewInput,
  context: ReviewContext,
): Promise<ReviewEvidence | undefined> {
  const { objects } = context
  const read = await readEvidence(objects, name, entry)
  // Somebody's decision added an item while the run ended.
  if (read.items.some(({ end }) => end === undefined)) {
    await endItems(entry, { name, now, isEarly: isEndedEarly(entry) }, context)
    return undefined
  }
  const proven = await proveOutcomes(read, renderInstant(now), context)
  const isDone = !proven.items.some(isUnproven)
  const evidence = { ...proven, run: isDone ? { ...entry, phase: 'done' as const } : entry }
  await writeEvidence(objects, evidence)
  return evidence
}

function tellProven(evidence: ReviewEvidence | undefined, input: ReviewInput): Step {
  if (evidence === undefined) return {}
  const { review, run } = evidence
  if (run.phase !== 'done') return describeSettling(evidence, input)
  return {
    entry: run,
    history: { event: 'done', body: { review, run: run.run, counts: buildManifest(evidence).counts } },
  }
}

async function begin(input: ReviewInput, context: ReviewContext): Promise<Step> {
  const { name, file, head, entry: before, now } = input
  if (file.is !== 'valid' || head === undefined) return {}
  // Nobody looks at a run again after the next one began. Its tasks may be open then, its revocations may not.
  if (before?.phase === 'settling') {
    const last = await prove(before, input, context)
    const open = last?.items.filter(isUnproven) ?? []
    if (open.length === 0 || open.some(isDeleted)) return tellProven(last, input)
  }
  const wait = (reason: string, remedy: string): Description => ({
    told: { state: 'waiting', reason, remedy: `${remedy}; ssofile looks again each hour` },
    again: new Date(now.getTime() + hourMs),
  })
  const { unknown, isNobodyLeft, unread } = await findUnknownReviewers(file.body, context)
  // A repetition does not wait because one of many reviewers has left.
  if (unknown.length > 0 && (isFirst(before) || isNobodyLeft))
    return wait(
      `its reviewers: there is no ${unknown.join(' and no ')}`,
      'correct named and fallback, or create the group',
    )
  if (unread.length > 0) return wait(`its reviewers: ${unread.join(' and ')}`, 'ask an operator to run ssofile doctor')
  const of = { name, file: file.body, head, before: before?.run, now }
  const { run, items: population, isWhole, fallback } = await writePopulation(of, context)
  if (!isWhole)
    return {
      told: { state: 'applying', reason: `its items are being gathered: ${count(population.length, 'item')} so far` },
      again: new Date(now.getTime() + soonMs),
    }
  if (population.length === 0)
    return wait(
      'its scope has nothing to review',
      file.body.unusedDays === undefined
        ? 'correct scopes, permissionSets, only, movedSince or groups'
        : 'wait until uses are watched for unusedDays, or correct scopes, permissionSets, only, movedSince or groups',
    )
  const written = sealOf(population)
  const terms = file.body
  const passedOver = population.filter((item) => item.passedOver !== undefined).length
  const begun = { fallback: [...fallback], passedOver, reminded: [] }
  const entry: ReviewRun = { v: 1, phase: 'open', run, terms, etag: head.etag, ...written, ...begun }
  // Readers of many items read this one object, and then only the items that changed since.
  await writeEvidence(context.objects, { review: name, run: entry, items: population })
  return {
    entry,
    learnt: 'asked again',
    history: {
      event: 'begun',
      at: run,
      body: { review: name, run, ...written, terms, etag: head.etag, fallback, reviewers: namesOf(population, entry) },
    },
  }
}

/**
 * Lists the reviewers who do not exist, and the groups whose members could not be read. The run freezes its terms and who is in these groups,
 * so a typing error or an outage would stay for weeks.
 */
async function findUnknownReviewers(
  { reviewers: { named, fallback } }: ReviewFile,
  { identityStore, configuration: { principalSuffix } }: ReviewContext,
) {
  const find = async ({ groups, users }: ReviewFile['reviewers']['named']) => {
    const all = [...groups.map((one) => ['GROUP', one] as const), ...users.map((one) => ['USER', one] as const)]
    const found = await Promise.all(
      all.map(async ([type, one]) => {
        const name = principalName.safeParse(one + principalSuffix).data
        const id = name && (await identityStore.findPrincipalId(type, name))
        const read = id && type === 'GROUP' ? await unlessUnread(people.membersOf(id)) : {}
        return { isThere: id !== undefined, why: 'unread' in read ? read.unread : undefined }
      }),
    )
    const unknown = all.filter((_, index) => !found[index]?.isThere).map(([type, one]) => `${nounOf(type)} '${one}'`)
    const unread = all.flatMap(([, one], index) => {
      const why = found[index]?.why
      return why === undefined ? [] : [`the members of the group ${one} could not be read (${why})`]
    })
    return { unknown, unread, isNobodyLeft: unknown.length === all.length }
  }
  const people = new Directory(identityStore)
  const [ofNamed, ofFallback] = await Promise.all([find(named), find(fallback)])
  const both = (of: 'unknown' | 'unread') => [...new Set([...ofNamed[of], ...ofFallback[of]])]
  return { ...ofFallback, unknown: both('unknown'), unread: both('unread') }
}

/** Everybody whose decision is still missing. */
async function listAwaited(name: string, run: ReviewRun, { objects }: ReviewContext): Promise<readonly string[]> {
  const items = await readItems(objects, folderOf(name, run.run))
  const open = items.filter((item) => item.end === undefined && !isDecided(item, run.terms))
  return namesOf(open, run)
}

function namesOf(items: readonly ReviewItem[], run: Pick<ReviewRun, 'fallback'>): readonly string[] {
  return [...new Set(items.flatMap((item) => whoDecides(item, run)).map(({ name }) => name))].sort()
}

type Ending = Pick<ReviewInput, 'name' | 'now'> & { readonly isEarly: boolean }
type OpenItem = { readonly item: ReviewItem; readonly record: KnownRecord<ReviewItem>; readonly folder: string }

/** Looks at each item without an end, as long as there is time. */
async function forEachOpen(
  { run }: ReviewRun,
  name: string,
  { objects }: ReviewContext,
  look: (open: OpenItem) => Promise<void>,
  hasTime = () => true,
): Promise<void> {
  const folder = folderOf(name, run)
  await forEachAtOnce(await listDigests(objects, folder), async (digest) => {
    if (!hasTime()) return
    const open = await readOpen(digest, folder, objects)
    if (open) await look(open)
  })
}

/** A question counts once the item before the edit has its end. */
async function readOpen(
  digest: ItemDigest,
  folder: string,
  objects: ReviewContext['objects'],
): Promise<OpenItem | undefined> {
  const record = new KnownRecord(itemRecord(objects, folder, digest))
  const item = await record.read()
  if (item === undefined || item.end) return undefined
  const edited = item.replaces && (await readItem(objects, folder, item.replaces))?.value
  return edited && !edited.end ? undefined : { item, record, folder }
}

/** How long one look asks again: the function has five minutes. The end asks about the other items. */
const askingMostMs = 60_000

/**
 * Reviewers see the present upload, and decide on it. The next ones are asked if nobody of those before is left. Returns how many items got
 * their first owner who cannot decide.
 */
async function lookAtItems(
  run: ReviewRun,
  { name, now }: Omit<Ending, 'isEarly'>,
  context: ReviewContext,
): Promise<number> {
  const untilMs = context.clock.monotonicMs() + askingMostMs
  const passOn = passingOn(folderOf(name, run.run), context)
  let passedOver = 0
  const look = async (open: OpenItem) => {
    const { record, folder } = open
    const state = await readItemState(open.item, { ...context, folder })
    const goneAt = state === 'gone' ? (open.item.goneAt ?? renderInstant(now)) : open.item.goneAt
    const passed = await passOn({ ...open.item, goneAt })
    if (passed.left !== open.item.left) {
      const { digest, left } = passed
      const told = {
        event: 'passed-on',
        named: 'review-item-passed-on',
        at: renderInstant(now),
        body: { digest, left },
      }
      await tellEvent(context.objects, historyOfItem(name, digest), told)
    }
    if (goneAt !== open.item.goneAt || passed.left !== open.item.left) await record.write(passed)
    if (passed.left && !passed.passedOver && !open.item.left) passedOver++
    if (state === 'changed')
      await giveEnd({ ...open, item: passed }, { step: 'ask again', at: now, review: name, run }, context)
  }
  await forEachOpen(run, name, context, look, () => context.clock.monotonicMs() < untilMs)
  return passedOver
}

/** Gives each item without an end its end. A run that somebody ends early revokes nothing that nobody decided. */
async function endItems(run: ReviewRun, ending: Ending, context: ReviewContext): Promise<void> {
  const { objects } = context
  const folder = folderOf(ending.name, run.run)
  const items = once(() => readItems(objects, folder))
  const reviewerOf = onceEach(async (user: PrincipalId) =>
    findReviewer(user, { folder, run, items: await items() }, context),
  )
  await forEachOpen(run, ending.name, context, (open) => endItem(open, run, { ...ending, reviewerOf }, context))
  await noteGivenSince(ending.name, run, context)
}

type Judged = Ending & { readonly reviewerOf: (user: PrincipalId) => Promise<Reviewer> }

/** Judges each *keep* again: its author may be suspended by now, have the access, or have left. `undefined`: not known now. */
async function judgeKeeps(item: ReviewItem, run: ReviewRun, { reviewerOf }: Judged): Promise<ReviewItem | undefined> {
  const decisions: GivenDecision[] = []
  for (const given of item.decisions) {
    const author =
      given.verdict === 'keep' ? judgeAuthor(item, { run, verdict: 'keep' }, await reviewerOf(given.user)) : 'may'
    if (author === 'unclear') return undefined
    const lapsed = lapses.find((one) => one === author)
    decisions.push(lapsed ? { ...given, lapsed } : given)
  }
  return { ...item, decisions }
}

/** If somebody edits its file or decides on it at this moment, the item stays without an end, and the next look judges it. */
async function endItem(open: OpenItem, run: ReviewRun, ending: Judged, context: ReviewContext): Promise<void> {
  const { record, folder } = open
  const { name, now, isEarly } = ending
  const item = await judgeKeeps(open.item, run, ending)
  if (item === undefined) return
  const { keeps, silence } = run.terms
  const revocation = item.decisions.find(({ verdict }) => verdict === 'revoke')
  const step = decideEnd({
    item: await readItemState(item, { ...context, folder }),
    decided: revocation ? 'revoke' : keepsOf(item).length >= keeps ? 'keep' : 'nothing',
    isEarly,
    silence: silence.means,
    isSilenceNoted: item.silentAt !== undefined,
  })
  const isSilence = step === 'revoke by silence'
  const noted = isSilence ? { ...item, silentAt: item.silentAt ?? renderInstant(now) } : item
  await record.write(noted)
  const of = { step: isSilence ? 'carry out' : step, by: revocation?.user, at: now, review: name, run } as const
  const end = await giveEnd({ ...open, item: noted }, of, context).catch((error: unknown) => {
    if (error instanceof RecordChangedError) return undefined
    throw error
  })
  const next = end?.next && (await readOpen(end.next, folder, context.objects))
  if (next) await endItem(next, run, ending, context)
}

async function giveEnd(
  { item, record }: OpenItem,
  ending: Parameters<typeof performEnd>[1],
  context: ReviewContext,
): Promise<ItemEnd> {
  const { review, run } = ending
  const { digest } = item
  const end = await performEnd(item, ending, context)
  const body = { review, run: run.run, digest, item: describeSubject(item.subject), end }
  const event = end.is.replace(' ', '-')
  const told = { event, named: `review-item-${event}`, at: end.at, body }
  await tellEvent(context.objects, historyOfItem(review, digest), told)
  await record.write({ ...item, end })
  return end
}

function describe({ tell }: ReviewEnd, { file, head, entry }: ReviewInput, { next }: Facts): Description {
  const of = entry && instantsOf(entry)
  switch (tell) {
    case 'nothing':
      return { told: undefined }
    case 'later': {
      const begins = file.is === 'valid' ? file.body.begins : undefined
      return { told: { state: 'applied', reason: `it begins ${begins ?? 'at once'}` }, again: next }
    }
    case 'runs': {
      const until = renderInstant(entry?.phase === 'open' ? (of?.dueAt ?? new Date(0)) : (of?.endsAt ?? new Date(0)))
      const who = entry?.phase === 'open' ? 'its reviewers' : 'the fallback'
      const former =
        head?.etag === entry?.etag
          ? ''
          : '; it keeps its former terms, and the file as it is now counts from the next run'
      const { passedOver = 0 } = entry ?? {}
      const others =
        passedOver === 0
          ? ''
          : `; ${count(passedOver, 'item has', 'items have')} an owner who cannot decide, so others are asked`
      const reason = `${count(entry?.items ?? 0, 'item')} since ${entry?.run}: ${who} decide until ${until}${others}${former}`
      return { told: { state: 'applied', reason }, again: next }
    }
    case 'done':
      return { told: { state: 'applied', reason: `the run of ${entry?.run} is done` }, again: next }
  }
}

function describeSettling({ items }: ReviewEvidence, { now, file }: ReviewInput): Description {
  const open = items.filter(isUnproven)
  const tasks = open.filter(({ end }) => end?.is === 'task').length
  const revoking = open.length - tasks
  const reason = `the decisions are over; ${count(revoking, 'revocation')} and ${count(tasks, 'task')} are not done yet`
  const again = new Date(now.getTime() + (revoking > 0 ? soonMs : hourMs))
  return { told: file.is === 'none' ? undefined : { state: 'applied', reason }, again }
}

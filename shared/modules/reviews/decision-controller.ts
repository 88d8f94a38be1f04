import { type DecisionFile, type DecisionPath, decisionKey } from '../../domain/files/decision-file.ts'
import { kinds } from '../../domain/inputs/kinds.ts'
import { rejection } from '../../domain/statuses/status.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ReadingObjects } from '../../ports/object-store.ts'
import type {
  Controller,
  Description,
  Effect,
  Input,
  KindTypes,
  ReadingContext,
  ReconcileContext,
} from '../../reconcile/inputs/controller.ts'
import { KnownRecord } from '../../reconcile/records/known-record.ts'
import type { Stored } from '../../reconcile/records/stored-json.ts'
import type { RequestSources } from '../requests/gather-request.ts'
import { performEnd, readItemState } from './carry-out.ts'
import { findReviewer } from './find-reviewer.ts'
import { folderOf, historyOfItem, itemRecord, readItem, readRun, readUpload } from './review-records.ts'
import {
  type DecisionAction,
  type DecisionEnd,
  type DecisionFacts,
  decideDecision,
  judgeAuthor,
  mayBeNamed,
  type Uploads,
} from './rules/decide-decision.ts'
import {
  describeSubject,
  filesOf,
  findShown,
  type GivenDecision,
  isUnseen,
  type ReviewItem,
} from './rules/review-item.ts'
import { isRunning, type ReviewRun } from './rules/review-record.ts'

export type DecisionContext = ReconcileContext & Pick<RequestSources, 'people' | 'actorOf'>

interface DecisionTypes extends KindTypes {
  readonly name: DecisionPath
  readonly body: DecisionFile
  readonly entry: ReviewItem
  readonly facts: DecisionFacts & {
    readonly of: ReviewRun | undefined
    readonly folder: string
    readonly stored: Stored<ReviewItem> | undefined
    readonly userName: string | undefined
  }
  readonly action: DecisionAction
  readonly end: DecisionEnd
  readonly context: DecisionContext
}
type Facts = DecisionTypes['facts']
type Reading = ReadingContext<DecisionContext>

/** One person's decision on one item. A revocation is carried out at once. */
export const decisionController: Controller<DecisionTypes> = {
  noun: 'review decision',
  format: kinds.decision,
  gather,
  decide: decideDecision,
  underPause: ['record', 'withdraw', 'ask again', 'note gone'],
  perform,
  describe,
  waiting: listOpposite,
}

/** The other decision of the same person: its status says that this one counts instead. */
async function* listOpposite(name: DecisionPath, { objects }: DecisionContext): AsyncGenerator<string> {
  const key = oppositeOf(name)
  if (await objects.head(key)) yield key
}

function oppositeOf(name: DecisionPath): string {
  return decisionKey({ ...name, verdict: name.verdict === 'keep' ? 'revoke' : 'keep' })
}

async function gather({ key, name, file, head, now }: Input<DecisionTypes>, context: Reading): Promise<Facts> {
  const { objects } = context
  const { review, userId, verdict } = name
  const of = await readRun(objects, review)
  const folder = of ? folderOf(review, of.run) : ''
  const stored = of && (await readAsked(objects, folder, name))
  const own = stored?.value.decisions.find((one) => one.user === userId && one.key === key)
  const opposite = await objects.head(oppositeOf(name))
  const run = stateOf(of)
  // The same content uploaded again is the same decision.
  const recorded = own === undefined ? 'none' : own.etag === head?.etag ? 'same' : 'other'
  const isAsked = file.is === 'valid' && run === 'open' && recorded !== 'same' && stored
  const person = isAsked ? await findReviewer(userId, { folder, run: of, items: [stored.value] }, context) : undefined
  const item =
    judgeRecord(stored?.value) ?? (stored ? await readState(stored.value, { ...context, folder }) : 'unknown')
  // Nobody learns who uploaded content that is not there now.
  const uploads =
    person && stored && item === 'as shown' ? await readUploads(stored.value, { verdict, now }, objects) : undefined
  return {
    ...{ of, folder, stored, verdict, file: file.is, run, recorded, item },
    hasKept: stored?.value.decisions.some((one) => one.user === userId && one.verdict === 'keep') ?? false,
    isReplaced:
      head !== undefined && opposite !== undefined && isLater(opposite.lastModified, head.lastModified, verdict),
    author: person && of && stored ? judgeAuthor(stored.value, { run: of, verdict, uploads }, person) : 'may',
    userName: person?.userName,
  }
}

/** The item of a decision. A revocation is about the access, so it counts for what ssofile asked again after edits. */
async function readAsked(objects: ReadingObjects, folder: string, { digest, verdict }: DecisionPath) {
  for (let next = digest; ; ) {
    const stored = await readItem(objects, folder, next)
    const { end } = stored?.value ?? {}
    if (verdict === 'keep' || end?.next === undefined) return stored
    next = end.next
  }
}

/** The status of an upload may be later than a decision on it. A revocation does not wait for it. */
async function readUploads(
  item: ReviewItem,
  { verdict, now }: Pick<DecisionPath, 'verdict'> & Pick<Input<DecisionTypes>, 'now'>,
  objects: ReadingObjects,
): Promise<Uploads> {
  const read = await Promise.all(
    filesOf(item.subject).map(async (shown) => ({
      shown,
      ...(await readUpload(objects, { ...shown, ...findShown(item, shown) })),
    })),
  )
  const isUnnamed = read.some(({ shown, told }) => shown.by === undefined && mayBeNamed(told, now))
  return { by: read.map(({ file }) => file.by), isUnnamed: verdict === 'keep' && isUnnamed }
}

function stateOf(run: ReviewRun | undefined): DecisionFacts['run'] {
  return run === undefined ? 'none' : isRunning(run.phase) ? 'open' : 'over'
}

/** At one instant, S3's clock has seconds, the revocation counts. */
function isLater(opposite: Date, own: Date, verdict: DecisionPath['verdict']): boolean {
  return opposite > own || (verdict === 'keep' && opposite.getTime() === own.getTime())
}

async function readState(item: ReviewItem, context: Parameters<typeof readItemState>[1]) {
  const state = await readItemState(item, context)
  return state === 'gone' && item.goneAt !== undefined ? 'gone again' : state
}

/** An item without an end is as its files are now. */
function judgeRecord(item: ReviewItem | undefined): 'unknown' | 'edited' | 'settled' | undefined {
  if (item === undefined) return 'unknown'
  return item.end && (item.end.is === 'changed' ? 'edited' : 'settled')
}

/** Which of a person's decisions would not count now, and why: the first. `undefined`: all would, unless somebody edited a file since. */
export async function foretellRefusal(
  { userId, review, verdict }: Omit<DecisionPath, 'digest'>,
  { run, items }: { readonly run: ReviewRun | undefined; readonly items: readonly (ReviewItem | undefined)[] },
  context: Parameters<typeof findReviewer>[2],
) {
  const known = items.filter((item) => item !== undefined)
  const person = run && (await findReviewer(userId, { folder: folderOf(review, run.run), run, items: known }, context))
  for (const [at, item] of items.entries()) {
    const is =
      judgeRecord(item) ??
      (item?.subject.kind === 'unread' ? 'unread' : item && isUnseen(item.subject) ? 'unseen' : 'as shown')
    const author = run && person && item ? judgeAuthor(item, { run, verdict }, person) : 'may'
    const facts = { file: 'valid', recorded: 'none', hasKept: false, isReplaced: false } as const
    const step = decideDecision({ ...facts, run: stateOf(run), item: is, author, verdict })
    if ('tell' in step && isRefusal(step.tell)) return { at, tell: step.tell, ...refusals[step.tell] }
  }
  return undefined
}

async function perform(
  { do: action }: DecisionAction,
  { key, name, file, head, now }: Input<DecisionTypes>,
  { of: run, folder, stored, userName }: Facts,
  context: DecisionContext,
): Promise<Effect<ReviewItem> | Description> {
  if (run === undefined || stored === undefined) return {}
  const { review, userId: user, verdict } = name
  const { value: item, object } = stored
  const { digest } = item
  const record = new KnownRecord(itemRecord(context.objects, folder, digest), { value: item, etag: object.etag })
  const comment = file.is === 'valid' ? file.body.comment : undefined
  const about = { review, run: run.run, digest, item: describeSubject(item.subject), user, name: userName, comment }
  const effect = (event: string, changed: Partial<ReviewItem>, said: object = {}): Effect<ReviewItem> => ({
    of: { record, history: historyOfItem(review, digest, user) },
    entry: { ...item, ...changed },
    history: { event, body: { ...about, ...said } },
  })
  const others = item.decisions.filter((one) => one.user !== user)
  if (action === 'withdraw') return effect('withdrawn', { decisions: others })
  if (action === 'record') {
    if (head === undefined) return {}
    const { etag, versionId, lastModified } = head
    const at = renderInstant(lastModified)
    const given: GivenDecision = { user, name: userName, verdict, comment, key, etag, versionId, at }
    return { ...effect(verdict, { decisions: [...others, given] }), isNews: true }
  }
  if (action === 'note gone') return effect('gone', { goneAt: renderInstant(now) })
  const end = await performEnd(item, { step: action, by: user, at: now, review, run }, context)
  const event = { 'ask again': 'asked-again', 'carry out': end.is === 'task' ? 'task' : 'carried-out' }
  return effect(event[action], { end }, { files: filesOf(item.subject), task: end.task })
}

const refusals = {
  'no review': {
    received: 'a decision in a review that has not begun',
    expected: 'the name of a review that runs',
    remedy: 'run ssofile review list',
  },
  'no item': {
    received: 'a digest that this run of the review does not have',
    expected: 'the digest of an item',
    remedy: 'run ssofile review show, and decide again',
  },
  unread: {
    received: 'a decision to keep something that could not be read',
    expected: 'a decision to revoke it, or a file that ssofile can read',
    remedy: 'ask the uploader to upload it again without an encryption option',
  },
  late: {
    received: 'a decision that came too late',
    expected: 'a decision while the review runs and nobody has carried out another one',
    remedy: 'run ssofile review show, which has the result',
  },
  edited: {
    received: 'a decision on an item that was edited since',
    expected: 'the digest of the item as it is now',
    remedy: 'run ssofile review show, and decide again',
  },
  barred: {
    received: 'a decision of a disabled or suspended user',
    expected: 'one of a user who can sign in',
    remedy: 'ask another reviewer to decide',
  },
  own: {
    received: 'a decision on your own access, membership or upload, or on a setting about you',
    expected: 'a decision by somebody else',
    remedy: 'ask another reviewer to decide',
  },
  'no reviewer': {
    received: 'a decision of a person who does not review this item',
    expected: 'one of its reviewers',
    remedy: 'run ssofile review show, which names them',
  },
  'only revokes': {
    received: 'a decision to keep it, of a person who may only revoke it',
    expected: 'one of its reviewers, who was one when the review began',
    remedy: 'ask another reviewer to keep it; ssofile review show names them',
  },
} as const
type Refusal = keyof typeof refusals

function isRefusal(tell: DecisionEnd['tell']): tell is Refusal {
  return Object.hasOwn(refusals, tell)
}

function describe({ tell }: DecisionEnd, _: Input<DecisionTypes>, { stored }: Facts): Description {
  const object = stored ? describeSubject(stored.value.subject) : ''
  switch (tell) {
    case 'nothing':
      return { told: undefined }
    case 'counted':
      return { told: { state: 'applied', reason: `it counts: keep ${object}` } }
    case 'carried out': {
      const task = stored?.value.end?.task
      const reason = task === undefined ? `revoked: ${object}` : `a task for a person: ${task}`
      return { told: { state: 'applied', reason } }
    }
    case 'gone':
      return { told: { state: 'applied', reason: `the file is gone; if it comes back, ssofile asks again: ${object}` } }
    case 'replaced':
      return { told: { state: 'applied', reason: 'your later decision counts instead' } }
    case 'unclear':
      return {
        told: {
          state: 'waiting',
          reason: 'your groups could not be read, so ssofile does not know whether you may decide',
          remedy: 'ask an operator to run ssofile doctor',
        },
      }
    case 'unnamed':
      return {
        told: {
          state: 'waiting',
          reason: 'ssofile does not know yet who uploaded the file, and nobody may keep their own upload',
          remedy: 'wait: ssofile looks again every five minutes, and counts it a day after the upload at the latest',
        },
      }
    default:
      return { told: rejection({ object, ...refusals[tell] }) }
  }
}

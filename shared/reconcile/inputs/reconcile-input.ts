import { liveMs } from '../../domain/assignments/access-proof.ts'
import { queueOf } from '../../domain/inputs/kinds.ts'
import { findUploader } from '../../domain/links/find-uploader.ts'
import type { InputMessage } from '../../domain/links/input-message.ts'
import { changesNothing } from '../../domain/links/upload.ts'
import { rejection, type Status, status } from '../../domain/statuses/status.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import { once } from '../../ports/once.ts'
import { askOnce } from '../directory/ask-once.ts'
import { crowdOf, isCrowded, tellCrowd } from '../records/crowds.ts'
import { nameDeleter } from '../records/deletion-notes.ts'
import { indexInstants } from '../records/expiry-index.ts'
import { dueEvent, sendEach } from '../records/inputs.ts'
import { RecordChangedError } from '../records/json-record.ts'
import { KnownRecord } from '../records/known-record.ts'
import { sendHints } from '../records/lanes.ts'
import { readNow } from '../records/owner.ts'
import { readPause, readPauseReason } from '../records/pause.ts'
import { describeInput, fileReadingOf, readParsedInput, requireUnchanged } from '../records/read-input.ts'
import { isSameStatus, StatusStore, statusKey } from '../records/status-store.ts'
import { type Stored, spoiledAsAbsent } from '../records/stored-json.ts'
import { tellEvent } from '../records/tell-event.ts'
import type { Controller, Description, Effect, Input, KindTypes, ReconcileContext, Wakes } from './controller.ts'
import { rejectRefused } from './reject-refused.ts'
import { tellInput } from './tell-input.ts'

/** More than any input needs: a request has a step for each approval. */
const stepsMost = 40
const pausedAgainMs = 60_000
/** Half of what a removal may rely on. */
const looksMostMs = liveMs / 2

/** The result of one reconcile: the description, the status now, and whether a step woke the inputs that wait. */
export type Reconciled = {
  readonly told: Description['told']
  readonly status: Status | undefined
  readonly isNews: boolean
}

/**
 * Reconciles one input as it is now: gather, decide, perform one step, and repeat until nothing is left to do; then write its
 * status. If somebody else was faster, it reads everything again. Safe to repeat, and beside another process that does the
 * same. Throws if it cannot read or write something; SQS then delivers the message again.
 */
export async function reconcileInput<T extends KindTypes>(
  message: InputMessage,
  controller: Controller<T>,
  context: T['context'],
): Promise<Reconciled> {
  const { key } = message
  const named = controller.format.parseName(key)
  if (!named.ok) {
    const stored = await readStatus(key, context)
    const head = await context.objects.head(key)
    const by = findUploader(head, message, stored?.value)
    const rejected = { told: head && rejection(named.complaint) }
    const status = await tell(rejected, { head, by, stored }, message, controller, context)
    return { ...rejected, status, isNews: false }
  }
  const { again, ...reconciled } = await settle(message, named.value, controller, context)
  const { isNews } = reconciled
  if (isNews && controller.waiting)
    await wake(
      {
        why: `its ${controller.noun} has changed`,
        inputs: (await Array.fromAsync(controller.waiting(named.value, context))).map((one) => ({ key: one })),
      },
      message,
      context,
    )
  return again === 'now' ? reconcileInput(message, controller, context) : reconciled
}

type Before = { readonly stored: Stored<Status> | undefined }

/** Writes the status first, because others rely on it, then wakes the inputs that wait. */
async function tell<T extends KindTypes>(
  { told, again, wakes, afterwards }: Description,
  { head, by, stored }: Pick<Input<T>, 'head' | 'by'> & Before,
  message: InputMessage,
  { noun }: Controller<T>,
  context: T['context'],
): Promise<Status | undefined> {
  const { key, id, event } = message
  const { objects, clock, configuration, log } = context
  const crowd = crowdOf(key, configuration.folders)
  // S3 sends no events for these inputs, so a schedule looks at each again. Its function may write no index.
  const isNotified = queueOf(key) !== undefined
  const isNew = stored === undefined && told?.state === 'rejected'
  const isOneTooMany = isNew && (await isCrowded(objects, crowd, configuration))
  // An input with a status has its next looks in the index. The sweep finds an input without one.
  await indexInstants(objects, key, again === 'now' || !isNotified ? [] : [again ?? []].flat(), id)
  const status = await tellInput(context, { key, head, before: { stored } }, (current) => {
    if (current !== stored?.value) throw new RecordChangedError(statusKey(key))
    return told && !isOneTooMany ? { by, ...told } : undefined
  })
  if (isOneTooMany) await tellCrowd(new StatusStore(objects, clock), crowd, configuration)
  const state = isOneTooMany ? 'rejected, with many others' : (status?.state ?? 'removed')
  log.info(`${noun} reconciled`, { input: key, event, id, status: state })
  if (wakes) await wake(wakes, message, context)
  await afterwards?.()
  return status
}

async function wake(
  { why, id, inputs = [], revocations = [], hints = [] }: Wakes,
  message: Pick<InputMessage, 'id'>,
  context: ReconcileContext,
): Promise<void> {
  const event = { id: id ?? message.id }
  await sendHints(context, { ...event, hints: revocations, revocation: true }, context.configuration)
  await sendHints(context, { ...event, hints, revocation: false }, context.configuration)
  await sendEach(context, inputs, why, context.configuration)
}

/** Takes step after step, each on a new reading, until one has a result to write. */
async function settle<T extends KindTypes>(
  message: InputMessage,
  name: T['name'],
  controller: Controller<T>,
  context: T['context'],
): Promise<Reconciled & Pick<Description, 'again'>> {
  const readReason = once(() => readPauseReason(context.objects))
  const entry = controller.entryOf && new KnownRecord(controller.entryOf(context.objects, name))
  let isNews = false
  let look = beginLook(context)
  let learnt: { readonly of: T['learnt']; readonly etag: string | undefined } | undefined
  for (let steps = 0; steps < stepsMost; steps++) {
    try {
      const { stored, ...read } = await readInput(message, name, entry, controller, context)
      // Another file may ask for something else.
      const isKnown = controller.learnsOfCalls || learnt?.etag === read.head?.etag
      const known = isKnown ? learnt?.of : undefined
      const input = { ...read, learnt: known, lookedMs: look.lookedMs }
      const came = await advance(input, readReason, controller, look.context)
      if ('told' in came) {
        const status = await tell(came, { ...input, stored }, message, controller, context)
        return { told: came.told, again: came.again, status, isNews }
      }
      await record(came, input, entry, controller, context)
      isNews ||= came.isNews === true
      const isFresh = context.clock.monotonicMs() - look.lookedMs < looksMostMs
      if (!isFresh || !controller.takesNothingAfter?.some((one) => one === came.did)) look = beginLook(context)
      if (came.learnt !== undefined) learnt = { of: came.learnt, etag: read.head?.etag }
    } catch (error) {
      if (!(error instanceof RecordChangedError)) throw error
    }
  }
  throw new Error(`${message.key} keeps changing; ssofile will try again`)
}

/** The steps of one look ask the directory once for each user and group. */
function beginLook<Context extends ReconcileContext>(context: Context) {
  const { clock, identityStore } = context
  return { lookedMs: clock.monotonicMs(), context: { ...context, identityStore: askOnce(identityStore) } }
}

/**
 * Reads the entry before the file. If the file is deleted while a slower process still follows it, that process finds no file
 * in its next step, or a changed entry when it writes its own.
 */
async function readInput<T extends KindTypes>(
  message: InputMessage,
  name: T['name'],
  entry: KnownRecord<T['entry']> | undefined,
  { format }: Pick<Controller<T>, 'format'>,
  context: Pick<ReconcileContext, 'objects' | 'clock'>,
): Promise<Before & Omit<Input<T>, 'learnt' | 'lookedMs'>> {
  const { key } = message
  const { objects } = context
  await entry?.read()
  const stored = await readStatus(key, context)
  const told = stored?.value
  const found = await readParsedInput(objects, key, format)
  const now = found?.head.servedAt ?? stored?.object.servedAt ?? (await readNow(context))
  const head = found?.head
  const by = findUploader(head, head ? message : await nameDeleter(objects, message, told), told)
  const isRepeated = head !== undefined && changesNothing(message, head, told)
  const isDue = message.event === dueEvent
  const file = fileReadingOf<T['body']>(found)
  const about = {
    key,
    name,
    user: message.user,
    isDue,
    isRepeated,
    isAlone: (message.isAlone ?? message.overtakes) === true,
  }
  return { stored, ...about, head, by, told, file, entry: entry?.value, now }
}

function readStatus(
  key: string,
  { objects, clock }: Pick<ReconcileContext, 'objects' | 'clock'>,
): Promise<Stored<Status> | undefined> {
  return spoiledAsAbsent(new StatusStore(objects, clock).readStored(key))
}

/** Returns the change of a step, or the status if nothing is left to do. */
async function advance<T extends KindTypes>(
  input: Input<T>,
  readReason: () => Promise<string | undefined>,
  controller: Controller<T>,
  context: T['context'],
): Promise<(Effect<T['entry'], T['learnt']> & { readonly did: string }) | Description> {
  const { key, file, head, now } = input
  const withKept = ({ told, ...rest }: Description): Description => ({
    told: told && { ...controller.keep?.(input), ...told },
    ...rest,
  })
  try {
    if (file.is === 'none' && controller.waitsForLost && (await readPause(context.objects))?.lost !== undefined)
      return { told: input.told, again: new Date(now.getTime() + pausedAgainMs) }
    const facts = await controller.gather(input, context)
    const step = controller.decide(facts)
    if (isEnd<T>(step)) return withKept(describeEnd(step, input, facts, controller))
    if (!controller.underPause.some((name) => name === step.do)) {
      const paused = await readReason()
      if (paused !== undefined) {
        const describe = controller.describePause ?? describePause
        return withKept({ told: describe(paused, input, facts), again: new Date(now.getTime() + pausedAgainMs) })
      }
      await requireUnchanged(context.objects, key, head)
    }
    const came = await controller.perform(step, input, facts, context)
    return 'told' in came ? withKept(came) : { ...came, did: step.do }
  } catch (error) {
    return withKept({ told: rejectRefused(error, { object: key, isThere: file.is === 'valid' }) })
  }
}

function describeEnd<T extends KindTypes>(
  end: T['end'],
  input: Input<T>,
  facts: T['facts'],
  { describe, describesInvalid }: Pick<Controller<T>, 'describe' | 'describesInvalid'>,
): Description {
  const said = describe(end, input, facts)
  const isRejected = input.file.is === 'invalid' && describesInvalid === undefined
  return isRejected ? { told: rejection(input.file.complaint), again: said.again } : said
}

/** `told`: at an end, and if the key is not valid. `isSettled`: no step is left, and the status already describes this upload. */
export type Foreseen<T extends KindTypes> = {
  readonly isSettled: boolean
  readonly input?: Input<T>
  readonly facts?: T['facts']
  readonly step?: T['action'] | T['end']
  readonly told?: Description['told']
}

/** The first step for an input, for a plan: nobody carries it out. `learnt`: facts that the plan already knows. */
export async function foresee<T extends KindTypes, Context extends Pick<ReconcileContext, 'objects' | 'clock'>>(
  key: string,
  controller: Omit<Controller<T>, 'gather' | 'perform'> & {
    readonly gather: (input: Input<T>, context: Context) => Promise<T['facts']>
  },
  context: Context,
  learnt?: T['learnt'],
): Promise<Foreseen<T>> {
  const named = controller.format.parseName(key)
  if (!named.ok) return { told: rejection(named.complaint), isSettled: false }
  const entry = controller.entryOf && new KnownRecord(controller.entryOf(context.objects, named.value))
  const message = { v: 1, key, id: 'plan', event: 'plan' } as const
  const { stored: _, ...read } = await readInput(message, named.value, entry, controller, context)
  const input = { ...read, learnt, lookedMs: context.clock.monotonicMs() }
  const facts = await controller.gather(input, context)
  const step = controller.decide(facts)
  const told = isEnd<T>(step) ? describeEnd(step, input, facts, controller).told : undefined
  return { input, facts, step, told, isSettled: isEnd<T>(step) && isTold(told, input) }
}

function isTold<T extends KindTypes>(told: Description['told'], { key, head, told: before }: Input<T>): boolean {
  if (told === undefined || before === undefined) return told === before
  const { by, updatedAt } = before
  return isSameStatus(before, status.parse({ by, ...(head && describeInput(head)), ...told, input: key, updatedAt }))
}

export function describePause(reason: string, { file }: Pick<Input<KindTypes>, 'file'>): Description['told'] {
  return { state: file.is === 'valid' ? 'applying' : 'revoking', reason }
}

function isEnd<T extends KindTypes>(step: T['action'] | T['end']): step is T['end'] {
  return 'tell' in step
}

/** History first, so that nothing exists without its history. */
async function record<T extends KindTypes>(
  { history, entry: next, of, afterwards }: Effect<T['entry']>,
  { name, now }: Input<T>,
  entry: KnownRecord<T['entry']> | undefined,
  { noun, historyOf }: Controller<T>,
  { objects }: T['context'],
): Promise<void> {
  const subject = of?.history ?? historyOf?.(name)
  if (history && subject) {
    const named = `${noun.replaceAll(' ', '-')}-${history.event}`
    await tellEvent(objects, subject, { ...history, at: history.at ?? renderInstant(now), named })
  }
  const record = of?.record ?? entry
  if (next === 'none') await record?.remove()
  else if (next !== undefined) await record?.write(next)
  await afterwards?.()
}

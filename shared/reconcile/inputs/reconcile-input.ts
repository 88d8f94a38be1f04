import type { InputMessage } from '../../domain/links/input-message.ts'
import type { Parsed } from '../../domain/statuses/complaint.ts'
import { rejection } from '../../domain/statuses/status.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import { readPauseReason } from '../dispatcher/pause.ts'
import { indexInstants } from '../records/expiry-index.ts'
import { sendInputs } from '../records/inputs.ts'
import { KnownRecord } from '../records/known-record.ts'
import { readNow } from '../records/owner.ts'
import { type InputHead, readParsedInput, requireUnchanged } from '../records/read-input.ts'
import { tellEvent } from '../records/tell-event.ts'
import type { Controller, Description, Effect, FileReading, Input, KindTypes } from './controller.ts'
import { rejectRefused } from './reject-refused.ts'
import { tellInput } from './tell-input.ts'

/** More than any input needs. */
const stepsMost = 8
const pausedAgainMs = 60_000

/**
 * Makes one input true, as it is now: gather, decide, perform one step, and again until nothing is left to do; then its status says so.
 * Safe to repeat at any time, and beside another process that does the same. Throws where something cannot be read or written: the
 * message then comes again.
 */
export async function reconcileInput<T extends KindTypes>(
  message: InputMessage,
  controller: Controller<T>,
  context: T['context'],
): Promise<void> {
  const { key, id } = message
  const { objects, log, configuration } = context
  const named = controller.parseName(key)
  if (!named.ok) {
    const head = await objects.head(key)
    const status = await tellInput(context, { message, head }, () => head && rejection(named.complaint))
    log.info(`${controller.noun} reconciled`, { input: key, id, status: status?.state ?? 'removed' })
    return
  }
  const { head, told, again, isNews } = await settle(key, named.value, controller, context)
  const status = await tellInput(context, { message, head }, () => told)
  await indexInstants(objects, key, again ? [again] : [], id)
  log.info(`${controller.noun} reconciled`, { input: key, id, status: status?.state ?? 'removed' })
  if (!isNews || controller.wakes === undefined) return
  const waiting = await Array.fromAsync(controller.wakes(named.value, context))
  await sendInputs(context, waiting, `its ${controller.noun} has changed`, configuration)
}

type Settled = Description & { readonly head: InputHead | undefined; readonly isNews: boolean }

/** One step after the other, each by what is so before it. */
async function settle<T extends KindTypes>(
  key: string,
  name: T['name'],
  controller: Controller<T>,
  context: T['context'],
): Promise<Settled> {
  const paused = await readPauseReason(context.objects)
  const entry = new KnownRecord(controller.entryOf(context.objects, name))
  let isNews = false
  for (let steps = 0; steps < stepsMost; steps++) {
    const input = await readInput(key, name, entry, controller, context)
    const { head } = input
    const came = await advance(input, paused, controller, context)
    if ('told' in came) return { ...came, head, isNews }
    await record(came, input, entry, controller, context)
    isNews ||= came.isNews === true
  }
  throw new Error(`${key} is being changed by others all the time; it will be tried again`)
}

/**
 * The entry is read before the file. So if a file is deleted while a slower process still works by what it said, that process finds
 * no file in its next step, or an entry that has changed when it writes its own.
 */
async function readInput<T extends KindTypes>(
  key: string,
  name: T['name'],
  entry: KnownRecord<T['entry']>,
  { mostBytes, parseBody }: Controller<T>,
  context: T['context'],
): Promise<Input<T>> {
  await entry.read()
  const found = await readParsedInput(context.objects, key, { mostBytes, parse: parseBody })
  const now = await readNow(context)
  return { key, name, head: found?.head, file: readingOf<T['body']>(found?.file), entry: entry.value, now }
}

function readingOf<Body>(file: Parsed<Body> | undefined): FileReading<Body> {
  if (file === undefined) return { is: 'none' }
  return file.ok ? { is: 'valid', body: file.value } : { is: 'invalid', complaint: file.complaint }
}

/** Answers what a step has changed; or, where nothing is left to do, what is told. */
async function advance<T extends KindTypes>(
  input: Input<T>,
  paused: string | undefined,
  controller: Controller<T>,
  context: T['context'],
): Promise<Effect<T['entry']> | Description> {
  const { key, file, head, now } = input
  const quoted = file.is === 'valid' ? controller.quote?.(file.body) : undefined
  const tell = ({ told, again }: Description): Description => ({ told: told && { ...quoted, ...told }, again })
  try {
    const facts = await controller.gather(input, context)
    const step = controller.decide(facts)
    if (isEnd<T>(step)) {
      const said = controller.describe(step, input, facts)
      return tell(file.is === 'invalid' ? { told: rejection(file.complaint), again: said.again } : said)
    }
    if (!controller.underPause.some((name) => name === step.do)) {
      const state = file.is === 'valid' ? 'applying' : 'revoking'
      if (paused !== undefined)
        return tell({ told: { state, reason: paused }, again: new Date(now.getTime() + pausedAgainMs) })
      await requireUnchanged(context.objects, key, head)
    }
    const came = await controller.perform(step, input, facts, context)
    return 'told' in came ? tell(came) : came
  } catch (error) {
    return tell({ told: rejectRefused(error, { object: key, isThere: file.is === 'valid' }) })
  }
}

function isEnd<T extends KindTypes>(step: T['action'] | T['end']): step is T['end'] {
  return 'tell' in step
}

/** History first, so that nothing is ever there that history does not have. */
async function record<T extends KindTypes>(
  { history, entry: next }: Effect<T['entry']>,
  { name, now }: Input<T>,
  entry: KnownRecord<T['entry']>,
  { noun, historyOf }: Controller<T>,
  { objects }: T['context'],
): Promise<void> {
  if (history) {
    const { event, at = renderInstant(now), body } = history
    await tellEvent(objects, historyOf(name), { event, named: `${noun}-${event}`, at, body })
  }
  if (next === 'none') await entry.remove()
  else if (next !== undefined) await entry.write(next)
}

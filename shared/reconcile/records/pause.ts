import * as z from 'zod'
import { record } from '../../domain/json/record.ts'
import { quote } from '../../domain/statuses/complaint.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { JsonRecord } from './json-record.ts'
import { askForReconcile } from './lanes.ts'
import { isSpoiled, spoiledAsAbsent, unlessSpoiled } from './stored-json.ts'
import { tellEvent } from './tell-event.ts'

export const pauseKey = 'control/pause.json'
/** A dispatcher that a pause stopped leaves it for the first one after the pause: which pause it was. */
const pausedKey = 'state/paused.json'
/** The pauses that are over, until a dispatcher has told history of them: operators write `control/` only. */
const resumedKey = 'control/resumed.json'

/** While this object exists, no dispatcher pulls anything. `since` is by the clock of the person who paused. */
const pause = record({
  v: z.literal(1),
  reason: z.string().min(1),
  by: z.string(),
  since: z.iso.datetime(),
  /** What of the ledger is gone without its history. Only `ssofile restore`, or a person who accepts it, ends such a pause. */
  lost: z.string().min(1).optional(),
})
export type Pause = z.infer<typeof pause>
const recordOf = (objects: ObjectStore) => new JsonRecord(objects, pauseKey, pause)
const pausedRecord = (objects: ObjectStore) => new JsonRecord(objects, pausedKey, pause)

const pauseOver = record({ pause, endedAt: z.iso.datetime(), endedBy: z.string() })
type PauseOver = z.infer<typeof pauseOver>
const pausesOver = record({ v: z.literal(1), over: z.array(pauseOver) })
const resumedRecord = (objects: ObjectStore) => new JsonRecord(objects, resumedKey, pausesOver)

/**
 * The pause in force; `undefined`: none. Throws where it cannot be read. A pause that a person wrote by hand, with
 * mistakes, is a pause too.
 */
export async function readPause(objects: ObjectStore): Promise<Pause | undefined> {
  const read = await unlessSpoiled(recordOf(objects).read())
  if (!isSpoiled(read)) return read?.value
  const reason = `(${pauseKey} says nothing that can be understood)`
  return { v: 1, reason, by: 'unknown', since: renderInstant(read.object.lastModified) }
}

/** What a status says while all changes are paused; `undefined`: they are not. */
export async function readPauseReason(objects: ObjectStore): Promise<string | undefined> {
  const found = await readPause(objects)
  return found && `all changes are ${describePause(found)}`
}

/** Returns the pause in force now: this one, or one that was there before and stays. */
export async function pauseChanges(
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
  { reason, by }: Pick<Pause, 'reason' | 'by'>,
): Promise<{ readonly isNew: boolean; readonly pause: Pause }> {
  for (;;) {
    const wanted: Pause = { v: 1, reason, by, since: renderInstant(clock.now()) }
    const written = await recordOf(objects).write(wanted, undefined)
    if (written.outcome === 'written') return { isNew: true, pause: wanted }
    const known = await readPause(objects)
    if (known) return { isNew: false, pause: known }
  }
}

/** The ledger was lost: nothing is changed until it is found again. A pause that is in force stays, and says so too. */
export async function stopForLoss({ objects, clock }: Pick<Ports, 'objects' | 'clock'>, lost: string): Promise<Pause> {
  const since = renderInstant(clock.now())
  const stopped: Pause = { v: 1, reason: 'the ledger was lost', by: 'ssofile', since, lost }
  // A pause that nobody can read is a pause all the same.
  const pause = await unlessSpoiled(recordOf(objects).revise((known) => ({ ...stopped, ...known, lost })))
  return isSpoiled(pause) ? stopped : pause
}

/** Returns the pause that is over; `undefined`: there was none. Who ended it is noted first, for history. */
export async function resumeChanges(
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
  by: string,
): Promise<Pause | undefined> {
  const known = await readPause(objects)
  if (!known) return undefined
  const ended: PauseOver = { pause: known, endedAt: renderInstant(clock.now()), endedBy: by }
  const note = resumedRecord(objects).revise((before) => {
    const others = before?.over.filter((one) => one.pause.since !== known.since) ?? []
    return { v: 1, over: [...others, ended] }
  })
  // One that nobody can read must not keep the pause in force.
  await spoiledAsAbsent(note)
  await objects.delete(pauseKey)
  return known
}

/** The ledger is found again. The pause of a person goes on. Returns the pause that goes on. */
export async function endLoss(objects: ObjectStore): Promise<Pause | undefined> {
  const byPerson = ({ lost, ...pause }: Pause) => (pause.by === 'ssofile' ? undefined : pause)
  return recordOf(objects).revise((known) => (known?.lost === undefined ? known : byPerson(known)))
}

/** Who paused, since when and why, for a person. */
export function describePause({ by, since, reason, lost }: Pause): string {
  if (lost !== undefined) return `stopped since ${since}: the ledger was lost: ${quote(lost, 1000)}`
  return `paused by ${quote(by)} since ${since}: ${quote(reason, 1000)}`
}

/** What a person does to end it. */
export function remedyOf({ lost }: Pick<Pause, 'lost'>): string {
  return lost === undefined ? 'ssofile resume' : 'ssofile restore (docs/operations.md#the-ledger-was-lost)'
}

/** This pause stopped a dispatcher: history says so, and after it everything has to be compared again. */
export async function noteStopped(objects: ObjectStore, stopped: Pause): Promise<void> {
  const noted = await spoiledAsAbsent(pausedRecord(objects).read())
  if (noted?.value.since === stopped.since) return
  await tellPaused(objects, stopped)
  await pausedRecord(objects).overwrite(stopped)
}

const subject = { folder: 'history/pause/', name: 'all' }

function tellPaused(objects: ObjectStore, { reason, by, since: at }: Pause): Promise<void> {
  return tellEvent(objects, subject, { event: 'paused', at, body: { by, reason } })
}

function tellResumed(objects: ObjectStore, { pause: { since }, endedAt: at, endedBy: by }: PauseOver): Promise<void> {
  return tellEvent(objects, subject, { event: 'resumed', at, body: { by, since } })
}

/**
 * After a pause, tells history who ended it, and has everything compared again (`resume` itself may write `control/` only).
 * A second reconcile does no harm, and the hourly one replaces a lost one. Answers whether a pause had stopped a dispatcher.
 */
export async function reconcileAfterPause(
  ports: Pick<Ports, 'objects' | 'queues' | 'clock' | 'randomness'>,
): Promise<boolean> {
  const { objects, queues, clock, randomness } = ports
  const over = (await spoiledAsAbsent(resumedRecord(objects).read()))?.value.over ?? []
  for (const one of over) {
    await tellPaused(objects, one.pause)
    await tellResumed(objects, one)
  }
  const isStopped = (await objects.head(pausedKey)) !== undefined
  if (isStopped) {
    const stopped = (await spoiledAsAbsent(pausedRecord(objects).read()))?.value
    // Somebody deleted the pause by hand.
    if (stopped && !over.some(({ pause: { since } }) => since === stopped.since))
      await tellResumed(objects, { pause: stopped, endedAt: renderInstant(clock.now()), endedBy: 'unknown' })
    await askForReconcile(queues, { why: 'resumed after a pause', deduplicationId: randomness.id() })
    await objects.delete(pausedKey)
  }
  if (over.length > 0)
    await resumedRecord(objects).revise((now) => {
      const isTold = (one: PauseOver) => over.some(({ endedAt }) => endedAt === one.endedAt)
      return { v: 1, over: now?.over.filter((one) => !isTold(one)) ?? [] }
    })
  return isStopped
}

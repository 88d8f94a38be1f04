import * as z from 'zod'
import { record } from '../../domain/json/record.ts'
import type { Reading } from '../../domain/readings/reading.ts'
import { quote } from '../../domain/statuses/complaint.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { defineRecord } from './define-record.ts'
import { askForReconcile } from './lanes.ts'
import { isSpoiled, type Stored, spoiledAsAbsent, unlessSpoiled } from './stored-json.ts'
import { tellEvent } from './tell-event.ts'

/** While this object exists, no dispatcher pulls hints. `since`: by the clock of the person who paused. */
const pause = record({
  v: z.literal(1),
  reason: z.string().min(1),
  by: z.string(),
  since: z.iso.datetime(),
  /**
   * The part of the ledger that is gone without an end in history. Only `ssofile restore`, or a person who accepts the loss, ends such a
   * pause.
   */
  lost: z.string().min(1).optional(),
  /**
   * When files were lost with the ledger, by S3's clock: from `since` (null: no file was) until everything stopped. The first `ssofile restore`
   * writes it, because nothing tells this instant once the records are back.
   */
  loss: record({ since: z.iso.datetime().nullable(), stoppedAt: z.iso.datetime() }).optional(),
})
export type Pause = z.infer<typeof pause>
export type Loss = NonNullable<Pause['loss']>
export const pauseRecord = defineRecord({
  at: 'control/pause.json',
  meaning: 'the pause in force',
  source: { is: 'primary' },
  value: pause,
})

export const pausedRecord = defineRecord({
  at: 'state/paused.json',
  meaning: 'the pause that stopped a dispatcher, for the first one after it',
  source: { is: 'note', until: 'the first dispatcher after the pause has read it' },
  value: pause,
})

const pauseOver = record({
  pause,
  endedAt: z.iso.datetime(),
  endedBy: z.string(),
  /** Only the stop for the loss ended: somebody accepted it. The pause of a person went on. */
  isLossOnly: z.boolean().optional(),
})
type PauseOver = z.infer<typeof pauseOver>
const pausesOver = record({ v: z.literal(1), over: z.array(pauseOver) })
/** Operators may write only under `control/`, so a dispatcher records ended pauses in history. */
export const resumedRecord = defineRecord({
  at: 'control/resumed.json',
  meaning: 'ended pauses that history lacks',
  source: { is: 'note', until: 'a dispatcher has written them into history' },
  value: pausesOver,
})

/**
 * The pause in force. `undefined`: none. Throws if S3 does not return it. A pause that a person wrote by hand, with mistakes, counts too.
 */
export async function readPause(objects: ObjectStore): Promise<Pause | undefined> {
  return (await readStoredPause(objects))?.value
}

/** The same, with its object. */
export async function readStoredPause(objects: ObjectStore): Promise<Stored<Pause> | undefined> {
  const read = await unlessSpoiled(pauseRecord.of(objects).read())
  if (!isSpoiled(read)) return read
  const { object } = read
  const reason = `(${pauseRecord.at} cannot be read)`
  return { value: { v: 1, reason, by: 'unknown', since: renderInstant(object.lastModified) }, object }
}

/** The reason in a status while all changes are paused. `undefined`: no pause. */
export async function readPauseReason(objects: ObjectStore): Promise<string | undefined> {
  const found = await readPause(objects)
  return found && `all changes are ${describePause(found)}`
}

/** The author of a stop that no person asked for. */
const byLoss = 'ssofile'

export function isOfPerson({ by }: Pick<Pause, 'by'>): boolean {
  return by !== byLoss
}

/** Returns the pause in force: the new one, or an earlier one that stays. */
export async function pauseChanges(
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
  { reason, by }: Pick<Pause, 'reason' | 'by'>,
): Promise<{ readonly isNew: boolean; readonly pause: Pause }> {
  for (;;) {
    const wanted: Pause = { v: 1, reason, by, since: renderInstant(clock.now()) }
    const written = await pauseRecord.of(objects).write(wanted, undefined)
    if (written.outcome === 'written') return { isNew: true, pause: wanted }
    const known = await readPause(objects)
    if (known) return { isNew: false, pause: known }
  }
}

/**
 * The ledger was lost: pauses all changes until it is found. If a pause exists, it stays and also names the loss. `loss`: replaces that of
 * the stop.
 */
export async function stopForLoss(
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
  lost: string,
  loss?: Loss,
): Promise<Pause> {
  const since = renderInstant(clock.now())
  const stopped: Pause = { v: 1, reason: 'the ledger was lost', by: byLoss, since }
  const withLoss = (known: Pause): Pause => ({ ...known, lost, ...(loss && { loss }) })
  // An unreadable pause stops changes too.
  const pause = await unlessSpoiled(pauseRecord.of(objects).revise((known) => withLoss(known ?? stopped)))
  return isSpoiled(pause) ? withLoss(stopped) : pause
}

/** `since`: end only the pause with this beginning. `acceptsLoss`: end only a stop by ssofile, not the pause of a person. */
type Resumption = { readonly since?: string; readonly acceptsLoss?: boolean }

/**
 * `lost`: the ledger is lost. `other`: the pause is not the one that was asked for. `paused`: the loss is accepted, and a person has paused
 * all changes too. All three stay in force.
 */
export type Resumed =
  | { readonly is: 'none' }
  | { readonly is: 'ended' | 'lost' | 'other' | 'paused'; readonly pause: Pause }

/**
 * Ends exactly the pause that it has judged: if the pause changes meanwhile, judges it again. First notes the person who ends it, for
 * history.
 */
export async function resumeChanges(
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
  by: string,
  { since, acceptsLoss = false }: Resumption = {},
): Promise<Resumed> {
  for (;;) {
    const known = await readStoredPause(objects)
    if (!known) return { is: 'none' }
    const { value: pause, object } = known
    if (since !== undefined && pause.since !== since) return { is: 'other', pause }
    if (pause.lost !== undefined && !acceptsLoss) return { is: 'lost', pause }
    const over: PauseOver = { pause, endedAt: renderInstant(clock.now()), endedBy: by }
    if (acceptsLoss && isOfPerson(pause)) {
      if (pause.lost !== undefined) await noteOver(objects, replacing({ ...over, isLossOnly: true }))
      const left = await unlessSpoiled(endLoss(objects))
      if (left !== undefined) return { is: 'paused', pause: isSpoiled(left) ? pause : left }
      continue
    }
    await noteOver(objects, replacing(over))
    if ((await objects.delete(pauseRecord.at, { ifMatch: object.etag })) === 'deleted') return { is: 'ended', pause }
    await noteOver(objects, (all) => all.filter((one) => !isSameEnd(one, over)))
  }
}

function replacing(over: PauseOver): (all: readonly PauseOver[]) => readonly PauseOver[] {
  return (all) => [...all.filter((one) => !isSameEnd(one, over)), over]
}

function isSameEnd(one: PauseOver, other: PauseOver): boolean {
  return one.pause.since === other.pause.since && one.isLossOnly === other.isLossOnly
}

async function noteOver(
  objects: ObjectStore,
  change: (over: readonly PauseOver[]) => readonly PauseOver[],
): Promise<void> {
  // An unreadable note must not keep the pause in force.
  await spoiledAsAbsent(resumedRecord.of(objects).revise((now) => ({ v: 1, over: [...change(now?.over ?? [])] })))
}

/** The ledger is found again. Ends a pause by ssofile. A person's pause goes on and is returned. */
export async function endLoss(objects: ObjectStore): Promise<Pause | undefined> {
  const byPerson = ({ lost, loss, ...pause }: Pause) => (isOfPerson(pause) ? pause : undefined)
  return pauseRecord.of(objects).revise((known) => (known?.lost === undefined ? known : byPerson(known)))
}

/** The author, time and reason of a pause, for people. If a person paused and the ledger was lost, it has both. */
export function describePause({ by, since, reason, lost }: Pause): string {
  const loss = lost === undefined ? undefined : `the ledger was lost: ${quote(lost, 1000)}`
  if (loss !== undefined && !isOfPerson({ by })) return `stopped since ${since}: ${loss}`
  const paused = `paused by ${quote(by)} since ${since}: ${quote(reason, 1000)}`
  return loss === undefined ? paused : `${paused}; also stopped, because ${loss}`
}

/** While the ledger is lost, nobody can say whose access something is. */
export async function readLedgerState(objects: ObjectStore, asOf: string): Promise<Reading<'whole'>> {
  const pause = await readPause(objects)
  if (pause?.lost === undefined) return { is: 'whole', asOf }
  const { lost, since } = pause
  const unread = `the ledger was lost since ${since} (${quote(lost, 1000)}), so it is not known whose access something is; do: ${remedyOf(pause)}`
  return { unread, since }
}

/** The command that ends the pause. */
export function remedyOf({ lost }: Pick<Pause, 'lost'>): string {
  return lost === undefined ? 'ssofile resume' : 'ssofile restore (docs/operations.md#the-ledger-was-lost)'
}

/** Records that this pause stopped a dispatcher: in history, and for the reconcile after the pause. */
export async function noteStopped(objects: ObjectStore, stopped: Pause): Promise<void> {
  const noted = await spoiledAsAbsent(pausedRecord.of(objects).read())
  if (noted?.value.since === stopped.since) return
  await tellPaused(objects, stopped)
  await pausedRecord.of(objects).overwrite(stopped)
}

const subject = { folder: 'history/pause/', name: 'all' }

function tellPaused(objects: ObjectStore, { reason, by, since: at }: Pause): Promise<void> {
  return tellEvent(objects, subject, { event: 'paused', at, body: { by, reason } })
}

function tellAccepted(objects: ObjectStore, { pause: { lost }, endedAt: at, endedBy: by }: PauseOver): Promise<void> {
  return tellEvent(objects, subject, { event: 'loss-accepted', at, body: { by, lost } })
}

function tellResumed(objects: ObjectStore, { pause: { since }, endedAt: at, endedBy: by }: PauseOver): Promise<void> {
  return tellEvent(objects, subject, { event: 'resumed', at, body: { by, since } })
}

/**
 * After a pause, records in history who ended it, and asks for a reconcile. (`resume` itself may write only under `control/`.) A second
 * reconcile does no harm, and the hourly one replaces a lost one. Returns whether a pause had stopped a dispatcher.
 */
export async function reconcileAfterPause(ports: Pick<Ports, 'objects' | 'queues' | 'clock'>): Promise<boolean> {
  const { objects, queues, clock } = ports
  const over = (await spoiledAsAbsent(resumedRecord.of(objects).read()))?.value.over ?? []
  for (const one of over) {
    await tellPaused(objects, one.pause)
    await (one.isLossOnly ? tellAccepted(objects, one) : tellResumed(objects, one))
  }
  const isStopped = (await objects.head(pausedRecord.at)) !== undefined
  if (isStopped) {
    const stopped = (await spoiledAsAbsent(pausedRecord.of(objects).read()))?.value
    // Somebody deleted the pause by hand.
    if (stopped && !over.some(({ pause: { since }, isLossOnly }) => since === stopped.since && !isLossOnly))
      await tellResumed(objects, { pause: stopped, endedAt: renderInstant(clock.now()), endedBy: 'unknown' })
    await askForReconcile(queues, 'resumed after a pause')
    await objects.delete(pausedRecord.at)
  }
  if (over.length > 0)
    await resumedRecord.of(objects).revise((now) => {
      const isTold = (one: PauseOver) => over.some(({ endedAt }) => endedAt === one.endedAt)
      return { v: 1, over: now?.over.filter((one) => !isTold(one)) ?? [] }
    })
  return isStopped
}

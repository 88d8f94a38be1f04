import * as z from 'zod'
import { quote } from '../domain/complaint.ts'
import { renderInstant } from '../domain/instant.ts'
import type { ObjectStore } from '../ports/object-store.ts'
import type { Ports } from '../ports/ports.ts'
import { readJson, renderJson } from './stored-json.ts'

export const pauseKey = 'control/pause.json'
/** Left by a dispatcher that was stopped by a pause, for the first one after it. */
const pausedKey = 'state/paused.json'

/** While this object exists, no dispatcher pulls anything. `since` is the clock of whoever paused. */
const pause = z.strictObject({
  v: z.literal(1),
  reason: z.string().min(1),
  by: z.string(),
  since: z.iso.datetime(),
})
export type Pause = z.infer<typeof pause>

/**
 * The pause that is in force; `undefined`: none. Throws where it cannot be read. One that a person wrote by hand and got
 * wrong is a pause all the same.
 */
export async function readPause(objects: ObjectStore): Promise<Pause | undefined> {
  const head = await objects.head(pauseKey)
  if (!head) return undefined
  try {
    return (await readJson(objects, pauseKey, pause))?.value
  } catch (error) {
    // readJson tells with a ZodError or SyntaxError as the cause what is no pause of ours; all else is for the caller.
    if (!(error instanceof Error) || !isMalformed(error.cause)) throw error
    const reason = `(${pauseKey} says nothing that can be understood)`
    return { v: 1, reason, by: 'unknown', since: renderInstant(head.lastModified) }
  }
}

function isMalformed(cause: unknown): boolean {
  return cause instanceof z.ZodError || cause instanceof SyntaxError
}

/** Answers the pause that is in force now: this one, or one that was there before and stays. */
export async function pauseChanges(
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
  { reason, by }: Pick<Pause, 'reason' | 'by'>,
): Promise<{ readonly isNew: boolean; readonly pause: Pause }> {
  for (;;) {
    const wanted: Pause = { v: 1, reason, by, since: renderInstant(clock.now()) }
    const written = await objects.put(pauseKey, renderJson(wanted), { ifNoneMatch: '*' })
    if (written.outcome === 'written') return { isNew: true, pause: wanted }
    const known = await readPause(objects)
    if (known) return { isNew: false, pause: known }
  }
}

/** Answers the pause that is over; `undefined`: there was none. */
export async function resumeChanges(objects: ObjectStore): Promise<Pause | undefined> {
  const known = await readPause(objects)
  if (known) await objects.delete(pauseKey)
  return known
}

/** Who paused, since when and why, for a person. */
export function describePause({ by, since, reason }: Pause): string {
  return `paused by ${quote(by)} since ${since}: ${quote(reason, 1000)}`
}

/** A dispatcher was stopped: whatever changes now is to be compared anew afterwards. */
export async function noteStopped(objects: ObjectStore): Promise<void> {
  if (!(await objects.head(pausedKey))) await objects.put(pausedKey, new Uint8Array())
}

/**
 * After a pause, has everything compared anew (`resume` itself may write `control/` only). A reconcile asked for twice does
 * no harm; one that is lost is the hourly one.
 */
export async function reconcileAfterPause({
  objects,
  queues,
  randomness,
}: Pick<Ports, 'objects' | 'queues' | 'randomness'>): Promise<boolean> {
  if (!(await objects.head(pausedKey))) return false
  const body = JSON.stringify({ 'detail-type': 'resumed after a pause' })
  await queues.send('events', [{ body, groupId: 'resume', deduplicationId: randomness.id() }])
  await objects.delete(pausedKey)
  return true
}

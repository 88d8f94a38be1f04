import * as z from 'zod'
import { renderInstant } from '../domain/instant.ts'
import type { Clock } from '../ports/clock.ts'
import type { ObjectStore } from '../ports/object-store.ts'
import { isServiceError } from '../ports/service-error.ts'
import { readJson, renderJson, type Stored } from './stored-json.ts'

const runKey = 'state/drift.json'
const revisionsMost = 20

const count = z.int().min(0)

/** How far a drift check is. */
const driftRun = z.strictObject({
  v: z.literal(1),
  run: z.string(),
  startedAt: z.iso.datetime(),
  /** What is still to be done; empty: it has ended. */
  open: z.array(z.string()),
  /** Entries of the ledger that were compared. */
  checked: count,
  /** Of these, not there. */
  missing: count,
  /** Newly found, and recorded under `foreign/`. */
  foreign: count,
  /** Foreign before, and no longer there. */
  gone: count,
  /** Calls to SSO Admin. */
  calls: count,
})
export type DriftRun = z.infer<typeof driftRun>
export type DriftFigures = Pick<DriftRun, 'checked' | 'missing' | 'foreign' | 'gone' | 'calls'>

/** The first part of every run: it finds the others. */
export const wholeUnit = 'whole'

/** The latest run. A cache: one that cannot be understood is none. */
export async function readDriftRun(objects: ObjectStore): Promise<DriftRun | undefined> {
  return (await readStored(objects))?.value
}

function readStored(objects: ObjectStore): Promise<Stored<DriftRun> | undefined> {
  return readJson(objects, runKey, driftRun).catch((error: unknown) => {
    if (isServiceError(error)) throw error
    return undefined
  })
}

/** From now on this is the run; what is left of an earlier one is dropped. */
export async function beginDriftRun(
  { objects, clock }: { readonly objects: ObjectStore; readonly clock: Clock },
  run: string,
): Promise<void> {
  const figures: DriftFigures = { checked: 0, missing: 0, foreign: 0, gone: 0, calls: 0 }
  const begun: DriftRun = { v: 1, run, startedAt: renderInstant(clock.now()), open: [wholeUnit], ...figures }
  await objects.put(runKey, renderJson(begun))
}

/** Whether this part is still to be done: not where it was done already, or another run has begun. */
export async function isOpen(objects: ObjectStore, { run, unit }: { readonly run: string; readonly unit: string }) {
  const latest = await readDriftRun(objects)
  return latest?.run === run && latest.open.includes(unit)
}

/** A part is done, and was divided into these: counted once, however often it is done. Answers the run as it stands. */
export async function closeUnit(
  objects: ObjectStore,
  { run, unit }: { readonly run: string; readonly unit: string },
  figures: DriftFigures,
  divided: readonly string[] = [],
): Promise<DriftRun | undefined> {
  for (let revision = 0; revision < revisionsMost; revision++) {
    const stored = await readStored(objects)
    const before = stored?.value
    if (!stored || before?.run !== run || !before.open.includes(unit)) return before
    const next: DriftRun = {
      ...before,
      open: [...new Set([...before.open.filter((one) => one !== unit), ...divided])],
      checked: before.checked + figures.checked,
      missing: before.missing + figures.missing,
      foreign: before.foreign + figures.foreign,
      gone: before.gone + figures.gone,
      calls: before.calls + figures.calls,
    }
    const written = await objects.put(runKey, renderJson(next), { ifMatch: stored.object.etag })
    if (written.outcome === 'written') return next
  }
  throw new Error(`${runKey} is being changed by others all the time; the part '${unit}' is done again`)
}

import * as z from 'zod'
import { renderInstant } from '../../domain/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { JsonRecord } from '../records/json-record.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'

const count = z.int().min(0)

/** How far a drift check is. */
const driftRun = z.strictObject({
  v: z.literal(1),
  run: z.string(),
  startedAt: z.iso.datetime(),
  /** The parts still to be done; empty: the run has ended. */
  open: z.array(z.string()),
  /** Compared ledger entries. */
  checked: count,
  /** Compared entries that Identity Center does not have. */
  missing: count,
  /** Newly recorded under `foreign/`. */
  foreign: count,
  /** Removed from `foreign/`: Identity Center has them no longer. */
  gone: count,
  /** Calls to SSO Admin. */
  calls: count,
})
export type DriftRun = z.infer<typeof driftRun>
const recordOf = (objects: ObjectStore) => new JsonRecord(objects, 'state/drift.json', driftRun)
export type DriftFigures = Pick<DriftRun, 'checked' | 'missing' | 'foreign' | 'gone' | 'calls'>

/** The first part of every run: it finds the others. */
export const wholeUnit = 'whole'

type Unit = { readonly run: string; readonly unit: string }

/** The latest run. A cache: a spoiled one counts as absent. */
export async function readDriftRun(objects: ObjectStore): Promise<DriftRun | undefined> {
  return (await spoiledAsAbsent(recordOf(objects).read()))?.value
}

/** Begins this run. The rest of an earlier one is dropped. */
export async function beginDriftRun({ objects, clock }: Pick<Ports, 'objects' | 'clock'>, run: string): Promise<void> {
  const figures: DriftFigures = { checked: 0, missing: 0, foreign: 0, gone: 0, calls: 0 }
  const begun: DriftRun = { v: 1, run, startedAt: renderInstant(clock.now()), open: [wholeUnit], ...figures }
  await recordOf(objects).overwrite(begun)
}

/** Whether this part is still to be done: false once it was done, or another run has begun. */
export async function isOpen(objects: ObjectStore, { run, unit }: Unit): Promise<boolean> {
  const latest = await readDriftRun(objects)
  return latest?.run === run && latest.open.includes(unit)
}

/** Counts a part that is done, once however often it is done, and opens the parts that it was divided into. */
export async function closeUnit(
  objects: ObjectStore,
  { run, unit }: Unit,
  figures: DriftFigures,
  divided: readonly string[] = [],
): Promise<DriftRun | undefined> {
  const close = (before: DriftRun | undefined): DriftRun | undefined => {
    if (before?.run !== run || !before.open.includes(unit)) return before
    return {
      ...before,
      open: [...new Set([...before.open.filter((one) => one !== unit), ...divided])],
      checked: before.checked + figures.checked,
      missing: before.missing + figures.missing,
      foreign: before.foreign + figures.foreign,
      gone: before.gone + figures.gone,
      calls: before.calls + figures.calls,
    }
  }
  return spoiledAsAbsent(recordOf(objects).revise(close))
}

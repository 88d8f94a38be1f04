import * as z from 'zod'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { record } from '../../domain/json/record.ts'
import { type Hint, permissionSetHint } from '../../domain/messages/hint.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { defineRecord } from '../records/define-record.ts'
import { sendHints } from '../records/lanes.ts'
import { listOwned } from '../records/owned-permission-sets.ts'
import { readNow } from '../records/owner.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'

const count = z.int().min(0)

/** Progress of a drift check. */
const driftRun = record({
  v: z.literal(1),
  run: z.string(),
  /** By S3's clock. */
  startedAt: z.iso.datetime(),
  /** The remaining parts; empty: the run has ended. */
  open: z.array(z.string()),
  /** The parts that the check before did not come to. This one begins with them. */
  left: z.array(z.string()).optional(),
  /** Compared ledger entries. */
  checked: count,
  /** Compared entries that Identity Center lacks. */
  missing: count,
  /** Entries that are not listed, while our own calls are too recent to trust the listing before this instant. */
  undecided: record({ count, until: z.iso.datetime() }).optional(),
  /** Newly recorded under `foreign/`. */
  foreign: count,
  /** Removed from `foreign/`, because Identity Center no longer has them. */
  gone: count,
  /** Calls to SSO Admin. */
  calls: count,
  /** The answer of account access manager about existing roles. Absent: not asked yet, or written by an earlier release. */
  roles: record({
    state: z.enum(['not offered', 'not used', 'read', 'not known']),
    /** For `not known`. */
    why: z.string().optional(),
  }).optional(),
})
export type DriftRun = z.infer<typeof driftRun>
export const driftRecord = defineRecord({
  at: 'state/drift.json',
  meaning: 'how far the drift check is, and when the last one ended',
  source: { is: 'progress', of: 'the drift check' },
  value: driftRun,
})
type DriftFigures = Pick<DriftRun, 'checked' | 'missing' | 'undecided' | 'foreign' | 'gone' | 'calls' | 'roles'>

/** The first part of every run; it finds the others. */
const wholeUnit = 'whole'

type Unit = { readonly run: string; readonly unit: string }

/** The latest run. A spoiled record counts as absent, because it is only a cache. */
export async function readDriftRun(objects: ObjectStore): Promise<DriftRun | undefined> {
  return (await spoiledAsAbsent(driftRecord.of(objects).read()))?.value
}

/** Begins this run and drops the rest of an earlier one, which this one begins with. */
export async function beginDriftRun(ports: Pick<Ports, 'objects' | 'clock'>, run: string): Promise<void> {
  const before = await readDriftRun(ports.objects)
  // If the earlier run was not even divided, it did not come to what it was to begin with.
  const left = before?.open.includes(wholeUnit) ? before.left : before?.open
  const startedAt = renderInstant(await readNow(ports))
  const figures = { checked: 0, missing: 0, foreign: 0, gone: 0, calls: 0 }
  const kept = left && left.length > 0 ? { left } : {}
  await driftRecord.of(ports.objects).overwrite({ v: 1, run, startedAt, open: [wholeUnit], ...kept, ...figures })
}

/**
 * Begins a drift check: compares Identity Center with the ledger and with our permission sets. Only the dispatcher calls SSO
 * Admin, so this only sends hints; the dispatcher divides the hint of the check. Drops the rest of an earlier check, and begins with it.
 * Returns the run.
 */
export async function beginDriftCheck(
  ports: Pick<Ports, 'objects' | 'queues' | 'clock' | 'randomness'>,
  configuration: Configuration,
): Promise<string> {
  const run = ports.randomness.id()
  await beginDriftRun(ports, run)
  const hints: Hint[] = [{ v: 1, kind: 'drift', run, unit: wholeUnit, cause: 'drift' }]
  for await (const permissionSet of listOwned(ports.objects)) hints.push(permissionSetHint(permissionSet, 'drift'))
  await sendHints(ports, { id: run, hints, revocation: false }, configuration)
  return run
}

/** Whether this part is still open: false if it is done, or another run has begun. */
export async function isOpen(objects: ObjectStore, { run, unit }: Unit): Promise<boolean> {
  const latest = await readDriftRun(objects)
  return latest?.run === run && latest.open.includes(unit)
}

/** Counts a finished part exactly once, and opens the parts that it was divided into. */
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
      undecided: addUndecided(before.undecided, figures.undecided),
      foreign: before.foreign + figures.foreign,
      gone: before.gone + figures.gone,
      calls: before.calls + figures.calls,
      roles: figures.roles ?? before.roles,
    }
  }
  return spoiledAsAbsent(driftRecord.of(objects).revise(close))
}

type Undecided = DriftRun['undecided']

function addUndecided(before: Undecided, more: Undecided): Undecided {
  if (!before || !more) return before ?? more
  const [until = more.until] = [before.until, more.until].sort().reverse()
  return { count: before.count + more.count, until }
}

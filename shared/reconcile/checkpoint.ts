import * as z from 'zod'
import type { ObjectStore } from '../ports/object-store.ts'
import { readJson, renderJson } from './stored-json.ts'

const checkpointKey = 'state/reconcile.json'
/** What the last reconcile knew: with it, only what changed since or was not settled then has to be read. */
const checkpoint = z.strictObject({
  v: z.literal(1),
  startedAt: z.iso.datetime(),
  /** Ledger entries that were not settled, and inputs whose status was not final. */
  entries: z.array(z.string()),
  inputs: z.array(z.string()),
})
export type Unsettled = { readonly entries: readonly string[]; readonly inputs: readonly string[] }
/** Ledger entries and statuses written since the last reconcile are read; so much earlier, for clocks and writes under way. */
const overlapMs = 30 * 60_000

/** `since`: what is older was settled then, unless it is named here. */
export type Checkpoint = { readonly since: Date } & Unsettled

/** What the last reconcile recorded; with none, or none that can be understood, everything is read. */
export async function readCheckpoint(objects: ObjectStore): Promise<Checkpoint> {
  const last = (await readJson(objects, checkpointKey, checkpoint).catch(() => undefined))?.value
  if (!last) return { since: new Date(0), entries: [], inputs: [] }
  return { ...last, since: new Date(Date.parse(last.startedAt) - overlapMs) }
}

export async function writeCheckpoint(objects: ObjectStore, startedAt: string, unsettled: Unsettled): Promise<void> {
  await objects.put(checkpointKey, renderJson({ v: 1, startedAt, ...unsettled }))
}

import pLimit from 'p-limit'
import type { ObjectHead, ReadingObjects } from '../../ports/object-store.ts'
import { type Heads, readsAtOnce } from '../../reconcile/records/list-heads.ts'
import { inputOfStatus, readStatus, statusKey } from '../../reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'

/** S3 dates objects in whole seconds, and a status may have the same second as its input. */
export const datedMs = 1_000

/** The longest look: the time that a function has. */
export const lookMostMs = 15 * 60_000

/**
 * `untold`: inputs without a status. `stale`: inputs that were uploaded after their status was written. `doubtful`: their status was written
 * soon after, perhaps by a look that began before. `gone`: they have a status, but no file.
 */
export type ComparedInputs = {
  readonly untold: readonly string[]
  readonly stale: readonly string[]
  readonly doubtful: readonly ObjectHead[]
  readonly gone: readonly string[]
}

/** Compares inputs with their statuses. `laterMs`: an upload counts as later than the status if it is so many milliseconds later. */
export function compareHeads(
  { files, told }: { readonly files: Heads; readonly told: Heads },
  laterMs = datedMs,
): ComparedInputs {
  const laterThanTold = ({ key, lastModified }: ObjectHead) => {
    const status = told.get(statusKey(key))
    return status && lastModified.getTime() - status.lastModified.getTime()
  }
  const dated = [...files.values()].map((file) => [file, laterThanTold(file)] as const)
  return {
    untold: dated.flatMap(([{ key }, later]) => (later === undefined ? [key] : [])),
    stale: dated.flatMap(([{ key }, later = 0]) => (later > laterMs ? [key] : [])),
    doubtful: dated.flatMap(([file, later]) =>
      later !== undefined && later <= laterMs && later >= -lookMostMs ? [file] : [],
    ),
    gone: [...told.keys()].map(inputOfStatus).filter((key) => !files.has(key)),
  }
}

/** The doubtful inputs of the last minutes that the status does not describe. Earlier sweeps have seen older ones. */
export async function findMisjudged(
  doubtful: readonly ObjectHead[],
  now: Date,
  objects: ReadingObjects,
): Promise<readonly string[]> {
  const recent = doubtful.filter(({ lastModified }) => now.getTime() - lastModified.getTime() <= lookMostMs)
  const found = await pLimit(readsAtOnce).map(recent, async ({ key, etag }) => {
    const status = await spoiledAsAbsent(readStatus(objects, key))
    return status === undefined || status.etag === etag ? [] : [key]
  })
  return found.flat()
}

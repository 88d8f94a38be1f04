import type { Heads } from '../../reconcile/records/list-heads.ts'
import { inputOfStatus, statusKey } from '../../reconcile/records/status-store.ts'

/** S3 dates objects in whole seconds, and a status may have the same second as its input. */
export const datedMs = 1_000

/** `untold`: inputs without a status. `stale`: inputs that were uploaded after their status was written. `gone`: they have a status, but no file. */
export type ComparedInputs = {
  readonly untold: readonly string[]
  readonly stale: readonly string[]
  readonly gone: readonly string[]
}

/** Compares inputs with their statuses. `laterMs`: an upload counts as later than the status if it is so many milliseconds later. */
export function compareHeads(
  { files, told }: { readonly files: Heads; readonly told: Heads },
  laterMs = datedMs,
): ComparedInputs {
  const stale = [...files.values()].filter(({ key, lastModified }) => {
    const status = told.get(statusKey(key))
    return status !== undefined && status.lastModified.getTime() + laterMs < lastModified.getTime()
  })
  return {
    untold: [...files.keys()].filter((key) => !told.has(statusKey(key))),
    stale: stale.map(({ key }) => key),
    gone: [...told.keys()].map(inputOfStatus).filter((key) => !files.has(key)),
  }
}

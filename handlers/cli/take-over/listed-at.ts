import type { ObjectStore } from '../../../shared/ports/object-store.ts'
import { readDriftRun } from '../../../shared/reconcile/drift/drift-run.ts'

/** When the last drift check began, if it has ended: its records have all access, without a call for each account. */
export async function readListedAt(objects: ObjectStore): Promise<string | undefined> {
  const drift = await readDriftRun(objects)
  return drift?.open.length === 0 ? drift.startedAt : undefined
}

export function renderListedAt(listedAt: string | undefined): string {
  return listedAt === undefined
    ? ''
    : `Listed as the drift check of ${listedAt} found it; the import itself asks Identity Center again.\n`
}

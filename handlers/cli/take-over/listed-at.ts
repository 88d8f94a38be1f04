import type { ObjectStore } from '../../../shared/ports/object-store.ts'
import { readDriftRun } from '../../../shared/reconcile/drift/drift-run.ts'

/**
 * The start of the last drift check, if the check has ended. Its records contain all access, so no calls for each account are necessary.
 */
export async function readListedAt(objects: ObjectStore): Promise<string | undefined> {
  const drift = await readDriftRun(objects)
  return drift?.open.length === 0 ? drift.startedAt : undefined
}

export function renderListedAt(listedAt: string | undefined): string {
  return listedAt === undefined
    ? ''
    : `This list comes from the drift check of ${listedAt}; the import itself asks Identity Center again.\n`
}

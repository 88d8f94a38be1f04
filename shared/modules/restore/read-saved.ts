import type * as z from 'zod'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { KeyVersions, ObjectVersions } from '../../ports/object-versions.ts'
import { isUnreadable, parseSaved, unlessUnreadable } from '../../reconcile/records/stored-json.ts'
import type { InPortions } from '../take-over/list-existing.ts'

/** The places to search for lost records. */
export type LostSources = {
  readonly objects: ObjectStore
  readonly versions: ObjectVersions
  /** History without its deletions. */
  readonly history: ObjectStore
  readonly inPortions: InPortions
  /** Ignore versions after this. */
  readonly at: Date | undefined
}

/** The newest readable version that is not after `at`; `undefined`: none. */
export async function readSaved<T>(
  versions: ObjectVersions,
  { key, versions: all }: KeyVersions,
  schema: z.ZodType<T>,
  at: Date | undefined,
): Promise<T | undefined> {
  for (const { versionId, lastModified } of all) {
    if (at && lastModified > at) continue
    const body = await unlessUnreadable(versions.get(key, versionId))
    const saved = isUnreadable(body) ? undefined : parseSaved(body, schema)
    if (saved !== undefined) return saved
  }
  return undefined
}

import { endedSessionsKey } from '../../domain/sessions/ended-sessions.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { ObjectVersions } from '../../ports/object-versions.ts'
import { brakeKey, partsPrefix } from '../../reconcile/records/brake-file.ts'
import { lostSince } from './inputs-at.ts'

export type LostControl = { readonly key: string; readonly body: Uint8Array }

/** In this order: the brake's record names its parts. */
const places = [partsPrefix, brakeKey, endedSessionsKey] as const

/**
 * The counts and held lists of the brake, and the ended sessions, if they were deleted since the loss, as they were right before it. They
 * come back even if there are new ones. `lostAt` absent: no deletion is known. Reads only.
 */
export async function findLostControl(
  objects: ObjectStore,
  versions: ObjectVersions,
  lostAt: Date | undefined,
): Promise<readonly LostControl[]> {
  const lost: LostControl[] = []
  if (lostAt === undefined) return lost
  for (const place of places)
    for await (const kept of versions.list(place)) {
      const { key } = kept
      const old = lostSince(kept, lostAt)
      if (old === undefined) continue
      if (place === partsPrefix && (await objects.head(key)) !== undefined) continue
      const body = await versions.get(key, old.versionId)
      if (body) lost.push({ key, body })
    }
  return lost
}

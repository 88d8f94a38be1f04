import pLimit from 'p-limit'
import { type Status, status as statusSchema } from '../../shared/domain/status.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { statusPrefix } from '../../shared/reconcile/status-store.ts'
import { isSpoiled, readJson, type SpoiledObjectError, unlessSpoiled } from '../../shared/reconcile/stored-json.ts'

const readsAtOnce = 32

/** Every status, in the order of the keys, and those that nobody can read, which hide no other. */
export async function readAllStatuses({ objects }: Pick<Ports, 'objects'>): Promise<{
  readonly statuses: readonly Status[]
  readonly spoiled: readonly SpoiledObjectError[]
}> {
  const limit = pLimit(readsAtOnce)
  const keys = await Array.fromAsync(objects.list(statusPrefix))
  const read = await Promise.all(
    keys.map(({ key }) => limit(() => unlessSpoiled(readJson(objects, key, statusSchema)))),
  )
  const statuses = read.flatMap((stored) => (stored === undefined || isSpoiled(stored) ? [] : [stored.value]))
  return { statuses, spoiled: read.filter(isSpoiled) }
}

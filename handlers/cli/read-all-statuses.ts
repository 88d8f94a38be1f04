import pLimit from 'p-limit'
import { type Status, status as statusSchema } from '../../shared/domain/status.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { queueOf } from '../../shared/reconcile/records/inputs.ts'
import { JsonRecord } from '../../shared/reconcile/records/json-record.ts'
import { statusPrefix } from '../../shared/reconcile/records/status-store.ts'
import { isSpoiled, type SpoiledObjectError, unlessSpoiled } from '../../shared/reconcile/records/stored-json.ts'

const readsAtOnce = 32

/** Every status, those of ssofile's own objects first, ascending by key, and the objects that cannot be read. */
export async function readAllStatuses({ objects }: Pick<Ports, 'objects'>): Promise<{
  readonly statuses: readonly Status[]
  readonly spoiled: readonly SpoiledObjectError[]
}> {
  const limit = pLimit(readsAtOnce)
  const keys = await Array.fromAsync(objects.list(statusPrefix))
  const read = await Promise.all(
    keys.map(({ key }) => limit(() => unlessSpoiled(new JsonRecord(objects, key, statusSchema).read()))),
  )
  const statuses = read.flatMap((stored) => (stored === undefined || isSpoiled(stored) ? [] : [stored.value]))
  // Those of ssofile's own objects come first: they hold up everything else.
  const own = statuses.filter(({ input }) => queueOf(input) === undefined)
  return { statuses: [...own, ...statuses.filter((one) => !own.includes(one))], spoiled: read.filter(isSpoiled) }
}

import pLimit from 'p-limit'
import { type Status, status as statusSchema } from '../../shared/domain/status.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { statusPrefix } from '../../shared/reconcile/status-store.ts'
import { readJson } from '../../shared/reconcile/stored-json.ts'

const readsAtOnce = 32

/** Every status, in the order of the keys. */
export async function readAllStatuses({ objects }: Pick<Ports, 'objects'>): Promise<readonly Status[]> {
  const limit = pLimit(readsAtOnce)
  const keys = await Array.fromAsync(objects.list(statusPrefix))
  const read = await Promise.all(keys.map(({ key }) => limit(() => readJson(objects, key, statusSchema))))
  return read.filter((stored) => stored !== undefined).map(({ value }) => value)
}

import pLimit from 'p-limit'
import { queueOf } from '../../../shared/domain/inputs/kinds.ts'
import { type Status, status as statusSchema } from '../../../shared/domain/statuses/status.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import type { TellProgress } from '../../../shared/ports/progress.ts'
import { JsonRecord } from '../../../shared/reconcile/records/json-record.ts'
import { statusPrefix } from '../../../shared/reconcile/records/status-store.ts'
import { isSpoiled, type SpoiledObjectError, unlessSpoiled } from '../../../shared/reconcile/records/stored-json.ts'

const readsAtOnce = 32

/**
 * Every status, those of ssofile's own objects first, ascending by key, and the unreadable ones. `beginning`: only inputs with this
 * beginning.
 */
export async function readAllStatuses(
  { objects }: Pick<Ports, 'objects'>,
  onStep: TellProgress = () => {},
  beginning = '',
): Promise<{ readonly statuses: readonly Status[]; readonly spoiled: readonly SpoiledObjectError[] }> {
  const limit = pLimit(readsAtOnce)
  onStep('listing statuses')
  const keys = await Array.fromAsync(objects.list(statusPrefix + beginning))
  let done = 0
  const readOne = async (key: string) => {
    const stored = await unlessSpoiled(new JsonRecord(objects, key, statusSchema).read())
    onStep('reading statuses', { done: ++done, of: keys.length })
    return stored
  }
  const read = await Promise.all(keys.map(({ key }) => limit(readOne, key)))
  const statuses = read.flatMap((stored) => (stored === undefined || isSpoiled(stored) ? [] : [stored.value]))
  // ssofile's own objects come first: they hold up everything else.
  const own = statuses.filter(({ input }) => queueOf(input) === undefined)
  return { statuses: [...own, ...statuses.filter((one) => !own.includes(one))], spoiled: read.filter(isSpoiled) }
}

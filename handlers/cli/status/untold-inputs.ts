import pLimit from 'p-limit'
import { isOfRequest, notifiedPlaces } from '../../../shared/domain/inputs/kinds.ts'
import { type Status, status as statusSchema } from '../../../shared/domain/statuses/status.ts'
import type { ObjectHead } from '../../../shared/ports/object-store.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { crowdPrefix, mayBeOf } from '../../../shared/reconcile/records/crowds.ts'
import { JsonRecord } from '../../../shared/reconcile/records/json-record.ts'
import { listHeads, readsAtOnce } from '../../../shared/reconcile/records/list-heads.ts'
import { statusKey, statusPrefix } from '../../../shared/reconcile/records/status-store.ts'
import { isSpoiled, unlessSpoiled } from '../../../shared/reconcile/records/stored-json.ts'
import type { ReadStatuses } from './read-all-statuses.ts'

/** Whether a status covers the present file. `undefined`: the file is gone. */
export function isCurrent(status: Status, object: Pick<ObjectHead, 'etag' | 'lastModified'> | undefined): boolean {
  if (!object) return status.etag === undefined
  return status.etag === object.etag && status.lastModified === object.lastModified.toISOString()
}

/**
 * The inputs whose last upload or deletion no status covers yet, and links that wait for a permission set that was applied since.
 * `statuses` and `spoiled` (unreadable statuses) were read before.
 */
export async function listUntold(
  { objects }: Pick<Ports, 'objects'>,
  { statuses, spoiled }: ReadStatuses,
): Promise<readonly string[]> {
  const waitedFor = statuses.filter(({ input }) => !isOfRequest(input))
  const left = new Map(waitedFor.map((status) => [status.input, status]))
  const unread = new Set(spoiled.map(({ object }) => object.key))
  // Files of a crowd have no status: `--wait` would wait for ever.
  const crowds = statuses.flatMap(({ input }) => (input.startsWith(crowdPrefix) ? [input] : []))
  const appliedAt = new Map(statuses.flatMap((one) => (one.state === 'applied' ? [[one.input, one.updatedAt]] : [])))
  const isOld = ({ waitsFor = '', updatedAt }: Status) => (appliedAt.get(waitsFor) ?? '') > updatedAt
  const untold: string[] = []
  for (const prefix of placesOfSsofile()) {
    for (const object of (await listHeads(objects, prefix)).values()) {
      if (unread.has(statusKey(object.key))) continue
      const status = left.get(object.key)
      left.delete(object.key)
      if (!status && crowds.some((crowd) => mayBeOf(crowd, object.key))) continue
      if (!status || !isCurrent(status, object) || isOld(status)) untold.push(object.key)
    }
  }
  return [...untold, ...[...left.values()].flatMap((status) => (isCurrent(status, undefined) ? [] : status.input))]
}

/** Requests for temporary access wait for people, not for ssofile. */
function placesOfSsofile(): readonly string[] {
  return notifiedPlaces().filter((place) => !isOfRequest(place))
}

/** How many deleted inputs have no evaluation yet, or are being revoked: the brake may still hold them. */
export async function countPendingDeletions({ objects }: Pick<Ports, 'objects'>): Promise<number> {
  const gone = placesOfSsofile().map(async (place) => {
    const [files, told] = await Promise.all([listHeads(objects, place), listHeads(objects, statusPrefix + place)])
    const ofFiles = new Set([...files.keys()].map(statusKey))
    return [...told.keys()].filter((key) => !ofFiles.has(key))
  })
  const keys = (await Promise.all(gone)).flat()
  const read = await pLimit(readsAtOnce).map(keys, async (key) => {
    const stored = await unlessSpoiled(new JsonRecord(objects, key, statusSchema).read())
    return isSpoiled(stored) ? undefined : stored?.value
  })
  return read.filter((told) => told && (told.state === 'revoking' || !isCurrent(told, undefined))).length
}

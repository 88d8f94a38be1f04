import pLimit from 'p-limit'
import { queueOf } from '../../../shared/domain/inputs/kinds.ts'
import { linkPrefix } from '../../../shared/domain/links/link.ts'
import { type Status, status as statusSchema } from '../../../shared/domain/statuses/status.ts'
import { unlessRefused } from '../../../shared/modules/access/unless-refused.ts'
import type { ObjectHead, ObjectStore } from '../../../shared/ports/object-store.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import type { TellProgress } from '../../../shared/ports/progress.ts'
import { readCheckpoint } from '../../../shared/reconcile/records/checkpoint.ts'
import { JsonRecord } from '../../../shared/reconcile/records/json-record.ts'
import { listHeads, readsAtOnce } from '../../../shared/reconcile/records/list-heads.ts'
import { inputOfStatus, isTooLong, statusPrefix } from '../../../shared/reconcile/records/status-store.ts'
import { isSpoiled, type SpoiledObjectError, unlessSpoiled } from '../../../shared/reconcile/records/stored-json.ts'

export type ReadStatuses = {
  readonly statuses: readonly Status[]
  readonly spoiled: readonly SpoiledObjectError[]
}

type PlainOf = (head: ObjectHead) => readonly (readonly [key: string, Status])[]

type Reading = {
  /** Only inputs with this beginning. */
  readonly beginning?: string
  readonly isWanted?: (input: string) => boolean
  /** Reads only so many links that are simply in force: the others have only input, state and file. Absent: reads all. */
  readonly mostPlain?: number
}

/** Every status, those of ssofile's own objects first, ascending by key, and the unreadable ones. */
export async function readAllStatuses(
  { objects }: Pick<Ports, 'objects'>,
  onStep: TellProgress = () => {},
  { beginning = '', isWanted = () => true, mostPlain }: Reading = {},
): Promise<ReadStatuses> {
  onStep('listing statuses')
  const [listed, plainOf] = await Promise.all([
    Array.fromAsync(objects.list(statusPrefix + beginning)),
    mostPlain === undefined ? () => [] : findPlain(objects),
  ])
  const heads = listed.filter(({ key }) => isTooLong(inputOfStatus(key)) || isWanted(inputOfStatus(key)))
  const plain = new Map(heads.flatMap(plainOf).slice(mostPlain))
  const of = heads.length - plain.size
  let done = 0
  const readOne = async (key: string) => {
    const stored = await unlessSpoiled(new JsonRecord(objects, key, statusSchema).read())
    onStep('reading statuses', { done: ++done, of })
    return isSpoiled(stored) ? stored : stored?.value
  }
  const read = await pLimit(readsAtOnce).map(heads, async ({ key }) => plain.get(key) ?? readOne(key))
  const statuses: Status[] = []
  const spoiled: SpoiledObjectError[] = []
  for (const one of read)
    if (isSpoiled(one)) spoiled.push(one)
    else if (one !== undefined) statuses.push(one)
  // ssofile's own objects come first: they hold up everything else.
  const isOwn = ({ input }: Status) => queueOf(input) === undefined
  const others = statuses.filter((one) => !isOwn(one))
  return { statuses: [...statuses.filter(isOwn), ...others], spoiled }
}

/**
 * The links that were simply in force at the last comparison, if the listings show the same status and the same file, and no file that is
 * newer than the status.
 */
async function findPlain(objects: ObjectStore): Promise<PlainOf> {
  const [last, files] = await Promise.all([
    unlessRefused(readCheckpoint(objects), '', []),
    listHeads(objects, linkPrefix),
  ])
  return ({ key, etag, lastModified }) => {
    const input = inputOfStatus(key)
    const [told, file] = [last?.statuses[input], files.get(input)]
    if (!told?.isPlain || told.etag !== etag || !file || file.etag !== told.of) return []
    if (file.lastModified > lastModified) return []
    const [at, updatedAt] = [file.lastModified.toISOString(), lastModified.toISOString()]
    return [[key, { input, state: 'applied', etag: file.etag, lastModified: at, updatedAt }]]
  }
}

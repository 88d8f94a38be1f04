import pLimit from 'p-limit'
import { type Act, folderOf } from '../../domain/brake/act.ts'
import type { BrakeRecord } from '../../domain/brake/brake-record.ts'
import { findEnded } from '../../domain/brake/judge-act.ts'
import { type BrakeTerms, type EndedTally, prolongWindow, type Tally } from '../../domain/brake/windows.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { linkPrefix, parseLinkKey } from '../../domain/links/link.ts'
import { isLeaving, status } from '../../domain/statuses/status.ts'
import type { ObjectHead, ObjectStore } from '../../ports/object-store.ts'
import { JsonRecord } from '../records/json-record.ts'
import { readsAtOnce } from '../records/list-heads.ts'
import { isKnownEmpty } from '../records/read-link.ts'
import { attentionPrefix, statusKey, statusPrefix } from '../records/status-store.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'

export type BrakeSources = { readonly objects: ObjectStore; readonly configuration: Configuration }

/** Of so many open links S3 is asked when they were deleted. A flood that has many more was under way at its first ones too. */
const datedMost = 200

/** The open links of windows that have just ended, by `nameOfWindow`. */
export type OpenCounts = ReadonlyMap<string, number>

export const nameOfWindow = ({ rule, cause, name, folder }: Omit<Tally, 'items'>) =>
  JSON.stringify([rule, cause, name, folder])

/** Prolongs ended windows that must continue. `uncounted`: the caller must first count the open links of these windows. */
export function prolongEnded(
  before: BrakeRecord,
  act: Act,
  terms: BrakeTerms,
  open: OpenCounts,
): { readonly record: BrakeRecord; readonly uncounted: readonly EndedTally[] } {
  const ended = findEnded(before, act, terms)
  const uncounted = ended.filter((one) => !open.has(nameOfWindow(one)))
  if (uncounted.length > 0) return { record: before, uncounted }
  const prolong = (record: BrakeRecord, one: Tally) =>
    prolongWindow(record, one, open.get(nameOfWindow(one)) ?? 0, terms)
  return { record: ended.reduce(prolong, before), uncounted }
}

/**
 * Counts withdrawn links of a folder, or of all folders for a review, whose access still has to be revoked and is not held, failed or stuck. Uses statuses: they
 * outlive their links, and for an existing link they say whether its access goes. 0 if each was withdrawn after the window had ended.
 */
export async function countOpen(
  objects: ObjectStore,
  { cause, name, items, endedAt }: EndedTally,
  { folders }: Configuration,
): Promise<number> {
  const list = (before: string, after = '') => listOfFolder(objects, { cause, name }, { before, after })
  const [links, told] = [await list(''), await list(statusPrefix, '.json')]
  const resting: ReadonlyMap<string, ObjectHead>[] = []
  for (const state of ['held', 'failed', 'stuck']) resting.push(await list(`${attentionPrefix}${state}/`))
  const all = [...new Set([...told.keys(), ...items])].filter((key) => parseLinkKey(key, folders).ok)
  const moving = all.filter((key) => !resting.some((inputs) => inputs.has(key)))
  const withdrawn = new Set(items)
  const isOpen = async (key: string): Promise<boolean> => {
    const link = links.get(key)
    if (link === undefined || withdrawn.has(key)) return true
    // An empty link is in force. Others may be invalid or expired, so read these few from S3.
    if (isKnownEmpty(link)) return false
    const found = await spoiledAsAbsent(new JsonRecord(objects, statusKey(key), status).read())
    return found !== undefined && isLeaving(found.value)
  }
  const areOpen = await pLimit(readsAtOnce).map(moving, isOpen)
  const open = moving.filter((_, index) => areOpen[index])
  // An expired link counts from its upload. S3 knows no deletion in a bucket without versions.
  const withdrawnAt = async (key: string) => links.get(key)?.lastModified ?? objects.lastDeletion(key, readsAtOnce)
  const since = await pLimit(readsAtOnce).map(open.slice(0, datedMost), withdrawnAt)
  return since.some((at) => at === undefined || at <= endedAt) ? open.length : 0
}

/** The links that count for this scope, or other objects with their names. A review revokes links of all folders. */
export async function listOfFolder(
  objects: ObjectStore,
  { cause, name }: Pick<Tally, 'cause' | 'name'>,
  { before, after }: { readonly before: string; readonly after: string },
): Promise<ReadonlyMap<string, ObjectHead>> {
  const isAll = cause === 'review'
  const prefix = isAll || name === undefined ? linkPrefix : `${linkPrefix}${name}/`
  const found = new Map<string, ObjectHead>()
  for await (const object of objects.list(before + prefix)) {
    const key = object.key.slice(before.length, object.key.length - after.length)
    if (isAll || folderOf(key) === name) found.set(key, object)
  }
  return found
}

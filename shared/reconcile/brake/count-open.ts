import pLimit from 'p-limit'
import { type Act, folderOf } from '../../domain/brake/act.ts'
import type { BrakeRecord } from '../../domain/brake/brake-record.ts'
import { findEnded } from '../../domain/brake/judge-act.ts'
import { type BrakeTerms, prolongWindow, type Tally } from '../../domain/brake/windows.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { linkPrefix, parseLinkKey } from '../../domain/links/link.ts'
import { isLeaving, status } from '../../domain/statuses/status.ts'
import type { ObjectHead, ObjectStore } from '../../ports/object-store.ts'
import { JsonRecord } from '../records/json-record.ts'
import { isKnownEmpty } from '../records/read-link.ts'
import { attentionPrefix, statusKey, statusPrefix } from '../records/status-store.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'

export type BrakeSources = { readonly objects: ObjectStore; readonly configuration: Configuration }

export const readsAtOnce = 16

/** The record in which windows that have just run out go on, where they have to. `planned`: deleted besides those that are. */
export async function prolongEnded(
  record: BrakeRecord,
  act: Act,
  terms: BrakeTerms,
  { objects, configuration, planned }: BrakeSources & { readonly planned?: (one: Tally) => readonly string[] },
): Promise<BrakeRecord> {
  let prolonged = record
  for (const one of findEnded(record, act, terms)) {
    const items = planned?.(one) ?? one.items
    prolonged = prolongWindow(prolonged, one, await countOpen(objects, { ...one, items }, configuration), terms)
  }
  return prolonged
}

/**
 * How many links of a folder are withdrawn while their access is still to be revoked, and neither held, failed nor stuck.
 * Statuses tell: they outlive their links, and say of a link that is there whether its access goes.
 */
export async function countOpen(
  objects: ObjectStore,
  { name, items }: Tally,
  { folders }: Configuration,
): Promise<number> {
  const list = (before: string, after = '') => listOfFolder(objects, name, { before, after })
  const [links, told] = [await list(''), await list(statusPrefix, '.json')]
  const resting: ReadonlyMap<string, ObjectHead>[] = []
  for (const state of ['held', 'failed', 'stuck']) resting.push(await list(`${attentionPrefix}${state}/`))
  const all = [...new Set([...told.keys(), ...items])].filter((key) => parseLinkKey(key, folders).ok)
  const moving = all.filter((key) => !resting.some((inputs) => inputs.has(key)))
  const withdrawn = new Set(items)
  const isOpen = async (key: string): Promise<boolean> => {
    const link = links.get(key)
    if (link === undefined || withdrawn.has(key)) return true
    // One that is empty is in force. The others may not be valid any more, or expired: S3 is asked for few.
    if (isKnownEmpty(link)) return false
    const found = await spoiledAsAbsent(new JsonRecord(objects, statusKey(key), status).read())
    return found !== undefined && isLeaving(found.value)
  }
  return (await pLimit(readsAtOnce).map(moving, isOpen)).filter(Boolean).length
}

export async function listOfFolder(
  objects: ObjectStore,
  folder: string | undefined,
  { before, after }: { readonly before: string; readonly after: string },
): Promise<ReadonlyMap<string, ObjectHead>> {
  const prefix = folder === undefined ? linkPrefix : `${linkPrefix}${folder}/`
  const found = new Map<string, ObjectHead>()
  for await (const object of objects.list(before + prefix)) {
    const key = object.key.slice(before.length, object.key.length - after.length)
    if (folderOf(key) === folder) found.set(key, object)
  }
  return found
}

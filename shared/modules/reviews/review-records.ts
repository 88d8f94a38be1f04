import { createHash } from 'node:crypto'
import pLimit from 'p-limit'
import { type ItemDigest, itemDigest } from '../../domain/files/decision-file.ts'
import { record } from '../../domain/json/record.ts'
import { linkBodyMostBytes } from '../../domain/links/link-body.ts'
import { isSameUpload, type Upload } from '../../domain/links/upload.ts'
import type { ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import { JsonRecord } from '../../reconcile/records/json-record.ts'
import { forEachAtOnce, readsAtOnce } from '../../reconcile/records/list-heads.ts'
import { type InputHead, readInput } from '../../reconcile/records/read-input.ts'
import { readStatus } from '../../reconcile/records/status-store.ts'
import { readStored, type Stored, spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import type { EventSubject } from '../../reconcile/records/tell-event.ts'
import { type ReviewItem, reviewItem, type ShownFile, type Subject, subject } from './rules/review-item.ts'
import { type ReviewRun, reviewResultsPrefix, reviewRun } from './rules/review-record.ts'

export const runRecord = (objects: ObjectStore, review: string) =>
  new JsonRecord(objects, `${reviewResultsPrefix}${review}/run.json`, reviewRun)

export async function readRun(objects: ReadingObjects, review: string): Promise<ReviewRun | undefined> {
  return (await readStored(objects, `${reviewResultsPrefix}${review}/run.json`, reviewRun))?.value
}

const manifestOfRun = record({
  ...reviewRun.omit({ etag: true, items: true, hash: true }).shape,
  population: record(reviewRun.pick({ etag: true, items: true, hash: true }).shape),
})

/** A run that may be an earlier one, as its manifest has it. `begun`: its beginning. */
export async function readRunOf(
  objects: ReadingObjects,
  review: string,
  begun: string,
): Promise<ReviewRun | undefined> {
  const stored = await readStored(objects, `${folderOf(review, begun)}manifest.json`, manifestOfRun)
  return stored && { ...stored.value, ...stored.value.population }
}

export const folderOf = (review: string, run: string) => `${reviewResultsPrefix}${review}/${run}/`

export const historyOfReview = (review: string): EventSubject => ({
  folder: `history/reviews/${review}/`,
  name: review,
})

/** The event in history with which a run began. */
export const beginningOf = (review: string, run: string) => `${historyOfReview(review).folder}${run}%begun.json`

/** One item. Its history has each decision and its end. */
export function historyOfItem(review: string, digest: ItemDigest, user = ''): EventSubject {
  const name = `${review}%${digest}`
  const { folder } = historyOfReview(review)
  return user === ''
    ? { folder: `${folder}${digest}/`, name }
    : { folder: `${folder}${digest}/${user}/`, name: `${name}%${user}` }
}

export const itemKey = (folder: string, digest: ItemDigest) => `${folder}items/${digest}.json`
export const itemRecord = (objects: ObjectStore, folder: string, digest: ItemDigest) =>
  new JsonRecord(objects, itemKey(folder, digest), reviewItem)

export const readItem = (
  objects: ReadingObjects,
  folder: string,
  digest: ItemDigest,
): Promise<Stored<ReviewItem> | undefined> => readStored(objects, itemKey(folder, digest), reviewItem)

/** The digests of all items of a run, ascending. */
export async function listDigests(objects: ReadingObjects, folder: string): Promise<readonly ItemDigest[]> {
  const heads = await Array.fromAsync(objects.list(`${folder}items/`))
  return heads.flatMap(({ key }) => itemDigest.safeParse(/([^/]+)\.json$/.exec(key)?.[1]).data ?? [])
}

/** All items of a run, ascending by digest. */
export async function readItems(objects: ReadingObjects, folder: string): Promise<readonly ReviewItem[]> {
  const digests = await listDigests(objects, folder)
  const read = await pLimit(readsAtOnce).map(digests, (digest) => readItem(objects, folder, digest))
  return read.flatMap((stored) => stored?.value ?? [])
}

/** Writes the questions of a run. Each is written once. */
export async function writeItems(objects: ObjectStore, folder: string, items: readonly ReviewItem[]): Promise<void> {
  await forEachAtOnce(items, async (item) => {
    await itemRecord(objects, folder, item.digest).write(item, undefined)
  })
}

/** The present upload of a file. Without content: it is too large, or S3 does not return it. */
export async function readPresent(objects: ReadingObjects, key: string): Promise<InputHead | undefined> {
  const found = await readInput(objects, key, { mostBytes: linkBodyMostBytes })
  return found && 'head' in found ? found.head : found
}

/** One upload, with its status if ssofile has looked at it, or at another upload of the same content. */
export async function readUpload(objects: ReadingObjects, upload: Pick<ShownFile, 'key' | 'etag'> & Upload) {
  const { key, etag } = upload
  const status = await spoiledAsAbsent(readStatus(objects, key))
  const told = status?.etag === etag || isSameUpload(status, upload) ? status : undefined
  const file: ShownFile = { key, etag, by: told?.by?.principalId }
  return { file, told }
}

/** The count and hash of the frozen population. Items that were asked again are not part of it. */
export function sealOf(items: readonly Pick<ReviewItem, 'digest' | 'replaces'>[]) {
  const frozen = items.filter(({ replaces }) => replaces === undefined).map(({ digest }) => digest)
  return { items: frozen.length, hash: createHash('sha256').update(frozen.sort().join('\n')).digest('hex') }
}

/** Binds a decision to one run, and to the item as it was shown. `replaces`: the item before an edit. */
export function digestOf(folder: string, about: Subject, replaces?: ItemDigest): ItemDigest {
  const text = `${folder}\n${replaces ?? ''}\n${JSON.stringify(subject.parse(about))}`
  return itemDigest.parse(createHash('sha256').update(text).digest('hex').slice(0, 32))
}

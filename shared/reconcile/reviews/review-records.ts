import { createHash } from 'node:crypto'
import * as z from 'zod'
import { record } from '../../domain/json/record.ts'
import {
  type ItemDigest,
  itemDigest,
  subject as parseSubject,
  type ReviewItem,
  reviewItem,
  type Subject,
} from '../../domain/reviews/review-item.ts'
import {
  type ReviewOutcome,
  type ReviewRun,
  reviewOutcome,
  reviewResultsPrefix,
  reviewRun,
} from '../../domain/reviews/review-record.ts'
import type { ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import { JsonRecord } from '../records/json-record.ts'
import { readStored, renderJson } from '../records/stored-json.ts'
import type { EventSubject } from '../records/tell-event.ts'

export const runRecord = (objects: ObjectStore, review: string) =>
  new JsonRecord(objects, `${reviewResultsPrefix}${review}/run.json`, reviewRun)

export async function readRun(objects: ReadingObjects, review: string): Promise<ReviewRun | undefined> {
  return (await readStored(objects, `${reviewResultsPrefix}${review}/run.json`, reviewRun))?.value
}

export const folderOf = (review: string, run: string) => `${reviewResultsPrefix}${review}/${run}/`

export const outcomeRecord = (objects: ObjectStore, folder: string, digest: ItemDigest) =>
  new JsonRecord(objects, `${folder}outcomes/${digest}.json`, reviewOutcome)

export async function readOutcome(
  objects: ReadingObjects,
  folder: string,
  digest: ItemDigest,
): Promise<ReviewOutcome | undefined> {
  return (await readStored(objects, `${folder}outcomes/${digest}.json`, reviewOutcome))?.value
}

export const historyOfReview = (review: string): EventSubject => ({
  folder: `history/reviews/${review}/`,
  name: review,
})

const chunk = record({ items: z.array(reviewItem) })
/** One of 256 files of the population has an item, so that a decision reads few others. */
const chunkKey = (folder: string, part: string) => `${folder}items/${part}.json`

/** Writes the frozen population once. Returns its count and hash. */
export async function writePopulation(objects: ObjectStore, folder: string, items: readonly ReviewItem[]) {
  for (const [part, some] of Map.groupBy(items, ({ digest }) => digest.slice(0, 2)))
    await objects.put(chunkKey(folder, part), renderJson({ items: some }), { ifNoneMatch: '*' })
  return { items: items.length, hash: hashOf(items.map(({ digest }) => digest)) }
}

export function hashOf(digests: readonly ItemDigest[]): string {
  return createHash('sha256')
    .update([...digests].sort().join('\n'))
    .digest('hex')
}

/** The item with this digest: in the frozen population, or asked again after an edit. */
export async function findItem(
  objects: ReadingObjects,
  folder: string,
  digest: ItemDigest,
): Promise<ReviewItem | undefined> {
  const frozen = await readStored(objects, chunkKey(folder, digest.slice(0, 2)), chunk)
  const item = frozen?.value.items.find((one) => one.digest === digest)
  return item ?? (await readStored(objects, `${folder}added/${digest}.json`, reviewItem))?.value
}

/** The frozen items, then those that are asked again. Each ascending by digest. */
export async function listItems(
  objects: ReadingObjects,
  folder: string,
): Promise<{ readonly frozen: readonly ReviewItem[]; readonly added: readonly ReviewItem[] }> {
  const frozen: ReviewItem[] = []
  for await (const { key } of objects.list(`${folder}items/`))
    frozen.push(...((await readStored(objects, key, chunk))?.value.items ?? []))
  const added: ReviewItem[] = []
  for await (const { key } of objects.list(`${folder}added/`)) {
    const item = (await readStored(objects, key, reviewItem))?.value
    if (item) added.push(item)
  }
  return { frozen, added }
}

export async function addItem(objects: ObjectStore, folder: string, item: ReviewItem): Promise<void> {
  await objects.put(`${folder}added/${item.digest}.json`, renderJson(item), { ifNoneMatch: '*' })
}

/** Binds a decision to one run, and to the item as it was shown. `replaces`: the item before an edit. */
export function digestOf(folder: string, about: Subject, replaces?: ItemDigest): ItemDigest {
  const hash = createHash('sha256').update(`${folder}\n${replaces ?? ''}\n${JSON.stringify(parseSubject.parse(about))}`)
  return itemDigest.parse(hash.digest('hex').slice(0, 32))
}

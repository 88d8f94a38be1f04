import { createHash } from 'node:crypto'
import pLimit from 'p-limit'
import * as z from 'zod'
import { type ItemDigest, itemDigest, parseDecisionKey, type Verdict } from '../../domain/files/decision-file.ts'
import { record } from '../../domain/json/record.ts'
import { linkBodyMostBytes } from '../../domain/links/link-body.ts'
import { isSameUpload, type Upload } from '../../domain/links/upload.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import { definePlace } from '../../reconcile/records/define-record.ts'
import { JsonRecord } from '../../reconcile/records/json-record.ts'
import { forEachAtOnce, readsAtOnce } from '../../reconcile/records/list-heads.ts'
import { type InputHead, readInput } from '../../reconcile/records/read-input.ts'
import { readStatus } from '../../reconcile/records/status-store.ts'
import { readStored, type Stored, spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import type { EventSubject } from '../../reconcile/records/tell-event.ts'
import { type ReviewItem, reviewItem, type ShownFile, subject } from './rules/review-item.ts'
import { type ReviewRun, reviewResultsPrefix, reviewRun } from './rules/review-record.ts'

export const reviewResults = definePlace({
  at: reviewResultsPrefix,
  meaning: 'what reviews asked, and what became of it: the evidence',
  source: { is: 'primary' },
})

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

const itemKey = (folder: string, digest: ItemDigest) => `${folder}items/${digest}.json`
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

/** The present upload of a file. Without content: it is too large, or S3 does not return it. `unread`: why S3 does not. */
export async function readPresent(
  objects: ReadingObjects,
  key: string,
): Promise<(InputHead & { readonly unread?: string }) | undefined> {
  const found = await readInput(objects, key, { mostBytes: linkBodyMostBytes })
  return found && 'head' in found ? { ...found.head, unread: found.complaint.received } : found
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

type Question = Pick<ReviewItem, 'subject' | 'reviewers' | 'next' | 'revokers' | 'passedOver' | 'replaces'>

/** Binds a decision to one run, and to the item and its reviewers as they were shown. `replaces`: the item before an edit. */
export function digestOf(folder: string, question: Question): ItemDigest {
  const { subject: about, reviewers, next = [], revokers = [], passedOver = [], replaces = '' } = question
  const asked = [subject.parse(about), reviewers, next, revokers, passedOver]
  const text = `${folder}\n${replaces}\n${JSON.stringify(asked)}`
  return itemDigest.parse(createHash('sha256').update(text).digest('hex').slice(0, 32))
}

type ItemsByKey = Map<string, { readonly etag: string; readonly item: ReviewItem | undefined }>
const manifestOf = record({ items: z.array(reviewItem) })
const runsMost = 20

/** The last run of each review, ascending by name. It skips the items: a run has thousands. */
export async function listRuns(objects: ReadingObjects): Promise<readonly (ReviewRun & { readonly review: string })[]> {
  const runs: (ReviewRun & { readonly review: string })[] = []
  for await (const review of foldersIn(objects, reviewResultsPrefix)) {
    const run = await spoiledAsAbsent(readRun(objects, review))
    if (run) runs.push({ review, ...run })
  }
  return runs
}

/** The beginnings of all runs of a review, ascending. One that died before history had its beginning never began. */
export async function listBeginnings(objects: ReadingObjects, review: string): Promise<readonly string[]> {
  const begun: string[] = []
  for await (const run of foldersIn(objects, `${reviewResultsPrefix}${review}/`))
    if (await objects.head(beginningOf(review, run))) begun.push(run)
  return begun
}

/**
 * The names of the folders directly under a prefix. It skips their content, and ends at the first object beside them: `run.json` of a review
 * sorts after its runs.
 */
async function* foldersIn(objects: ReadingObjects, prefix: string): AsyncGenerator<string> {
  for (let startAfter = prefix; ; ) {
    const [first] = await Array.fromAsync(firstOf(objects.list(prefix, { startAfter })))
    const folder = /^([^/]+)\//.exec(first?.key.slice(prefix.length) ?? '')?.[1]
    if (folder === undefined) return
    yield folder
    startAfter = `${prefix}${folder}/~`
  }
}

async function* firstOf<T>(all: AsyncIterable<T>): AsyncGenerator<T> {
  for await (const one of all) return yield one
}

/** The items of runs, for a process that is asked often: it reads what changed since the last time. */
export class KnownReviews {
  readonly #objects: ReadingObjects
  readonly #runs = new Map<string, ItemsByKey>()

  constructor(objects: ReadingObjects) {
    this.#objects = objects
  }

  /** Ascending by digest. The manifest has all items as they were when it was written; a run that is done changes no more. */
  async itemsOf(review: string, { run, phase }: Pick<ReviewRun, 'run' | 'phase'>): Promise<readonly ReviewItem[]> {
    const folder = folderOf(review, run)
    const known: ItemsByKey = this.#runs.get(folder) ?? new Map()
    const isRead = known.size === 0 || phase === 'done'
    const manifest = isRead ? await readStored(this.#objects, `${folder}manifest.json`, manifestOf) : undefined
    if (manifest && phase === 'done') return manifest.value.items
    if (this.#runs.size >= runsMost) this.#runs.clear()
    this.#runs.set(folder, known)
    const heads = await Array.fromAsync(this.#objects.list(`${folder}items/`))
    const listed = new Map(manifest?.value.items.map((item) => [itemKey(folder, item.digest), item]))
    for (const { key, etag, lastModified } of heads) {
      const item = listed.get(key)
      // S3 dates objects in whole seconds.
      if (manifest && item && lastModified < manifest.object.lastModified) known.set(key, { etag, item })
    }
    const changed = heads.filter(({ key, etag }) => known.get(key)?.etag !== etag)
    await forEachAtOnce(changed, async ({ key, etag }) => {
      known.set(key, { etag, item: (await spoiledAsAbsent(readStored(this.#objects, key, reviewItem)))?.value })
    })
    return heads.flatMap(({ key }) => known.get(key)?.item ?? [])
  }
}

/** A person's own decision. `problem`: why it does not count. */
export type OwnDecision = { readonly verdict: Verdict; readonly at: string; readonly problem?: string | undefined }

/** The person's latest decision on each of these items. Their records say which ones count; only others have a status that it reads. */
export async function listOwnDecisions(
  objects: ReadingObjects,
  { userId, review }: { readonly userId: PrincipalId; readonly review: string },
  items: readonly ReviewItem[],
): Promise<ReadonlyMap<ItemDigest, OwnDecision>> {
  const counted = new Map(items.map(({ digest, decisions }) => [digest, decisions]))
  const latest = new Map<ItemDigest, { readonly key: string; readonly etag: string } & OwnDecision>()
  for await (const { key, etag, lastModified } of objects.list(`decisions/${userId}/${review}/`)) {
    const path = parseDecisionKey(key)
    if (!path.ok || !counted.has(path.value.digest)) continue
    const { digest, verdict } = path.value
    const at = renderInstant(lastModified)
    // At one instant the revocation counts; it is listed last.
    if ((latest.get(digest)?.at ?? '') <= at) latest.set(digest, { key, etag, verdict, at })
  }
  const told = new Map<ItemDigest, OwnDecision>()
  await forEachAtOnce(latest, async ([digest, { key, etag, verdict, at }]) => {
    const isCounted = counted.get(digest)?.some((one) => one.key === key && one.etag === etag)
    const status = isCounted ? undefined : await spoiledAsAbsent(readStatus(objects, key))
    const isProblem = status?.etag === etag && status.state !== 'applied'
    told.set(digest, { verdict, at, problem: isProblem ? (status.reason ?? status.state) : undefined })
  })
  return told
}

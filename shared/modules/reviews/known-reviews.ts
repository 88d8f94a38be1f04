import * as z from 'zod'
import { type ItemDigest, parseDecisionKey, type Verdict } from '../../domain/files/decision-file.ts'
import { record } from '../../domain/json/record.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ReadingObjects } from '../../ports/object-store.ts'
import { forEachAtOnce } from '../../reconcile/records/list-heads.ts'
import { readStatus } from '../../reconcile/records/status-store.ts'
import { readStored, spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { beginningOf, folderOf, itemKey, readRun } from './review-records.ts'
import { type ReviewItem, reviewItem } from './rules/review-item.ts'
import { type ReviewRun, reviewResultsPrefix } from './rules/review-record.ts'

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

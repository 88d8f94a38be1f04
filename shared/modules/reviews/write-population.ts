import * as z from 'zod'
import type { ReviewFile } from '../../domain/files/review-file.ts'
import { record } from '../../domain/json/record.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import { JsonRecord, RecordChangedError } from '../../reconcile/records/json-record.ts'
import { listHeads } from '../../reconcile/records/list-heads.ts'
import type { InputHead } from '../../reconcile/records/read-input.ts'
import { readStored, spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { freezeReviewers } from './freeze-reviewers.ts'
import { gatherPopulation, type PopulationSources } from './gather-population.ts'
import { folderOf, writeItems } from './review-records.ts'
import { type ReviewItem, reviewItem } from './rules/review-item.ts'
import { reviewResultsPrefix } from './rules/review-record.ts'
import type { NamedPrincipal } from './rules/reviewers.ts'

/** The run that is being gathered. `etag`: the version of its file. */
const draft = record({ v: z.literal(1), run: z.iso.datetime(), etag: z.string() })
/** `upTo`: the last group that is complete with this part. */
const part = record({ v: z.literal(1), upTo: z.string(), items: z.array(reviewItem) })

/** An older draft has questions that nobody should answer now, and its reviewers would have less time. */
const draftMostMs = 24 * 60 * 60_000
/** The function has five minutes, and perhaps other messages. */
const gatherMs = 150_000

type Question = {
  readonly name: string
  readonly file: ReviewFile
  readonly head: InputHead
  /** The last run. */
  readonly before: string | undefined
  readonly now: Date
}

/** `isWhole`: every item is there. Otherwise the time is over, and the next call goes on. */
export type Population = {
  readonly run: string
  readonly items: readonly ReviewItem[]
  readonly isWhole: boolean
  readonly fallback: readonly NamedPrincipal[]
}

/**
 * Gathers the items of a run, and writes them part by part. The directory tells the members of fifteen groups a second, so thousands of groups
 * take longer than one function has: `draft.json` names the run, each part is written before its items, and the next call reads the parts that
 * are there and goes on. So every item is gathered once, also after a kill. Throws RecordChangedError if another process gathers the same run.
 */
export async function writePopulation(
  { name, file, head, before = '', now }: Question,
  sources: PopulationSources,
): Promise<Population> {
  const { objects, clock } = sources
  const untilMs = clock.monotonicMs() + gatherMs
  const drafts = new JsonRecord(objects, `${reviewResultsPrefix}${name}/draft.json`, draft)
  const stored = (await spoiledAsAbsent(drafts.read()))?.value
  const beganMs = Date.parse(stored?.run ?? '')
  // If somebody deletes the file and uploads it again, the review starts again.
  const isOfFile = stored?.etag === head.etag && beganMs >= head.lastModified.getTime()
  const run = isOfFile && stored.run > before && now.getTime() - beganMs < draftMostMs ? stored.run : renderInstant(now)
  const folder = folderOf(name, run)
  const items: ReviewItem[] = []
  const known = run === stored?.run ? [...(await listHeads(objects, `${folder}population/`)).keys()].sort() : []
  let last: z.infer<typeof part> | undefined
  for (const key of known) {
    last = (await readStored(objects, key, part))?.value
    for (const item of last?.items ?? []) items.push(item)
  }
  await writeItems(objects, folder, last?.items ?? [])
  let parts = known.length
  const frozen = freezeReviewers(file, folder, sources)
  const fallback = await frozen.fallback
  const gathering = gatherPopulation(file, { folder, now: new Date(run), after: last?.upTo, frozen }, sources)
  for await (const { upTo, items: some } of gathering) {
    const isOver = clock.monotonicMs() >= untilMs
    if (some.length > 0 || isOver) {
      if (parts === 0) await drafts.overwrite({ v: 1, run, etag: head.etag })
      const key = `${folder}population/${String(parts++).padStart(6, '0')}.json`
      const { outcome } = await new JsonRecord(objects, key, part).write({ v: 1, upTo, items: [...some] }, undefined)
      if (outcome === 'lost') throw new RecordChangedError(key)
      await writeItems(objects, folder, some)
      for (const item of some) items.push(item)
    }
    if (isOver) return { run, items, isWhole: false, fallback: [] }
  }
  return { run, items: items.sort((a, b) => (a.digest < b.digest ? -1 : 1)), isWhole: true, fallback }
}

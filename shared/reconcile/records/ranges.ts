import * as z from 'zod'
import { record } from '../../domain/json/record.ts'
import { type AccountId, accountId } from '../../domain/organization/account-id.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectHead, ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import type { OutgoingMessage } from '../../ports/queues.ts'
import { unlessCode } from '../../ports/service-error.ts'
import { JsonRecord } from './json-record.ts'
import { groupId } from './lanes.ts'
import { forEachAtOnce } from './list-heads.ts'
import { readStored, type Stored, spoiledAsAbsent } from './stored-json.ts'

/**
 * Account numbers from `from` on, up to `to` and without it. Absent: without this limit. All ranges of a run together have every key of a
 * prefix exactly once, also those that begin with no account.
 */
export const accountRange = record({ from: accountId.optional(), to: accountId.optional() })
export type AccountRange = z.infer<typeof accountRange>
export const allAccounts: AccountRange = {}

/** Every thousandth key of the ledger is a mark: as many as S3 lists in a call. A range takes a few seconds, and some ten megabytes. */
export const rangeSizes = { entriesOfMark: 1_000, marksOfRange: 20 }
export type RangeSizes = typeof rangeSizes

/** The accounts of each thousandth key, ascending. They show the next run where to cut. */
export function markAccounts(accounts: readonly AccountId[], every: number): readonly AccountId[] {
  return accounts.filter((_, index) => (index + 1) % every === 0)
}

/** `kinds`: ascending marks of several kinds. A range has at most so many marks of each kind, whatever the others say. */
export function cutRanges(
  kinds: readonly (readonly AccountId[])[],
  { marksOfRange }: RangeSizes,
): readonly AccountRange[] {
  const marks = kinds.flatMap((of, kind) => of.slice(0, -1).map((at) => ({ at, kind })))
  const bounds = new Set<AccountId>()
  const passed = new Map<number, number>()
  for (const { at, kind } of marks.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))) {
    passed.set(kind, (passed.get(kind) ?? 0) + 1)
    if (passed.get(kind) !== marksOfRange) continue
    bounds.add(at)
    passed.clear()
  }
  const cuts = [...bounds]
  return [undefined, ...cuts].map((from, index) => ({ from, to: cuts[index] }))
}

export function isInRange(id: AccountId, { from, to }: AccountRange): boolean {
  return (from === undefined || id >= from) && (to === undefined || id < to)
}

/** Also reads at most one page beyond the range. (S3 API Reference, "ListObjectsV2".) */
export async function* listInRange(
  objects: ReadingObjects,
  prefix: string,
  { from, to }: AccountRange,
): AsyncGenerator<ObjectHead> {
  const startAfter = from === undefined ? {} : { startAfter: `${prefix}account%${from}` }
  const end = to === undefined ? undefined : `${prefix}account%${to}`
  for await (const head of objects.list(prefix, startAfter)) {
    if (end !== undefined && head.key > end) return
    yield head
  }
}

/** How many ranges to list ahead of the reader. Each has about 20,000 objects of the ledger. */
const rangesAhead = 4

/** All objects of a prefix, ascending. Lists several ranges of the last sweep at once: S3 lists one page after the other. */
export async function* listByRanges(objects: ReadingObjects, prefix: string): AsyncGenerator<ObjectHead> {
  const ranges = await readLastRanges(objects)
  if (ranges.length === 1) return yield* objects.list(prefix)
  const begun: Promise<readonly ObjectHead[]>[] = []
  const begin = (range: AccountRange | undefined) => {
    if (range === undefined) return
    const heads = Array.fromAsync(listInRange(objects, prefix, range))
    // The reader of this range receives the error.
    heads.catch(() => {})
    begun.push(heads)
  }
  for (const range of ranges.slice(0, rangesAhead)) begin(range)
  for (const nth of ranges.keys()) {
    const heads = await begun.shift()
    begin(ranges[nth + rangesAhead])
    if (heads) yield* heads
  }
}

/** Lists all keys of a prefix by the ranges of the last sweep, many at a time, in no order. Keeps none of them. */
export async function forEachHead(
  objects: ReadingObjects,
  prefix: string,
  work: (head: ObjectHead) => void,
): Promise<void> {
  await forEachAtOnce(await readLastRanges(objects), async (range) => {
    for await (const head of listInRange(objects, prefix, range)) work(head)
  })
}

/** Like `forEachHead`, but keeps all of them, ascending by key. */
export async function listHeadsByRanges(objects: ReadingObjects, prefix: string): Promise<readonly ObjectHead[]> {
  const ranges = await readLastRanges(objects)
  const parts: (readonly ObjectHead[])[] = []
  await forEachAtOnce(ranges.entries(), async ([nth, range]) => {
    parts[nth] = await Array.fromAsync(listInRange(objects, prefix, range))
  })
  return parts.flat()
}

/** One range has everything if there was no sweep by ranges, or if this function may not read them. */
async function readLastRanges(objects: ReadingObjects): Promise<readonly AccountRange[]> {
  const reading = spoiledAsAbsent(readStored(objects, runKey('sweep'), rangeRun))
  const ranges = (await unlessCode(reading, 'AccessDenied'))?.value.ranges ?? []
  return haveEverything(ranges) ? ranges : [allAccounts]
}

/** A listing may prove that something is absent. */
function haveEverything(ranges: readonly AccountRange[]): boolean {
  return (
    ranges.length > 0 && ranges.every(({ to }, nth) => to === ranges[nth + 1]?.from) && ranges[0]?.from === undefined
  )
}

/** The comparisons that are cut by ranges (`compareByRanges`). */
export const rangedJob = z.enum(['sweep', 'reconcile'])
export type RangedJobName = z.infer<typeof rangedJob>

const rangeRun = record({
  v: z.literal(1),
  run: z.string(),
  /** By S3's clock. */
  startedAt: z.iso.datetime(),
  ranges: z.array(accountRange),
  isOpen: z.boolean(),
})
export type RangeRun = z.infer<typeof rangeRun>

/** `range` absent: every range is done, and the run ends. */
export const rangeMessage = record({
  v: z.literal(1),
  job: rangedJob,
  run: z.string(),
  range: z.int().min(0).optional(),
})
export type RangeMessage = z.infer<typeof rangeMessage>

/**
 * One schedule's work, cut by account numbers: each range is a message, several at a time, in any order. Every function may be called
 * again after a kill, or twice.
 */
export type RangedJob<Facts, Result> = {
  readonly name: RangedJobName
  /** What every range needs: read once for a run, so that readings do not grow with the number of ranges. */
  readonly facts: z.ZodType<Facts>
  readonly gather: () => Promise<Facts>
  readonly result: z.ZodType<Result>
  readonly work: (range: AccountRange, facts: Facts, id: string) => Promise<Result>
  /** Returns what to tell once. */
  readonly end: (run: RangeRun, results: readonly Result[]) => Promise<object>
}

const prefixOf = (job: RangedJobName) => `state/ranges/${job}/`
const runKey = (job: RangedJobName) => `state/ranges/${job}.json`
const runOf = (objects: ObjectStore, job: RangedJobName) => new JsonRecord(objects, runKey(job), rangeRun)
const factsOf = <Facts>(
  objects: ObjectStore,
  { name, facts }: Pick<RangedJob<Facts, never>, 'name' | 'facts'>,
  run: string,
) => new JsonRecord(objects, `${prefixOf(name)}${run}/facts.json`, facts)
const resultKey = (job: RangedJobName, run: string, range: number) => `${prefixOf(job)}${run}/${range}.json`

/** A result that is already there is not computed again. `undefined`: it is gone. */
export async function readResult<Result>(
  objects: ObjectStore,
  { name, result }: Pick<RangedJob<never, Result>, 'name' | 'result'>,
  run: string,
  range: number,
): Promise<Result | undefined> {
  return (await spoiledAsAbsent(new JsonRecord(objects, resultKey(name, run, range), result).read()))?.value
}

type Beginning = { readonly ranges: readonly AccountRange[]; readonly startedAt: Date; readonly replaces: boolean }

/** The log has an error for a run that takes longer. */
const lateMs = 15 * 60_000
/** Another run begins then: SQS has delivered the message of a range five times in vain. */
const runMostMs = 40 * 60_000

/**
 * Begins a run. If the last one is still open, sends its open ranges again, since their messages may be lost. `replaces`: begins another one
 * instead, because something changed since the last one began.
 */
export async function beginRun<Facts>(
  { objects, queues, randomness, log }: Pick<Ports, 'objects' | 'queues' | 'randomness' | 'log'>,
  of: Pick<RangedJob<Facts, never>, 'name' | 'facts' | 'gather'>,
  { ranges, startedAt, replaces }: Beginning,
): Promise<void> {
  const job = of.name
  const send = async (run: string, open: readonly number[]) => {
    const messages = open.map((range): RangeMessage => ({ v: 1, job, run, range }))
    await sendRanges(queues, messages.length > 0 ? messages : [{ v: 1, job, run }], randomness.id())
  }
  const last = (await spoiledAsAbsent(runOf(objects, job).read()))?.value
  if (last?.isOpen) {
    const done = await listDone(objects, job, last.run)
    const open = [...last.ranges.keys()].filter((range) => !done.has(range))
    const ageMs = startedAt.getTime() - Date.parse(last.startedAt)
    if (ageMs > lateMs) log.error('a run by ranges of accounts has not ended', { job, of: last.ranges.length, open })
    if (!replaces && ageMs < runMostMs) return send(last.run, open)
  }
  const run = randomness.id()
  const next: RangeRun = { v: 1, run, startedAt: renderInstant(startedAt), ranges: [...ranges], isOpen: true }
  await factsOf(objects, of, run).overwrite(await of.gather())
  await runOf(objects, job).overwrite(next)
  await send(run, [...ranges.keys()])
}

/** One message of a run. The last range sends the message of the end, which only one process at a time gets. */
export async function workOnRange<Facts, Result>(
  { objects, queues, log }: Pick<Ports, 'objects' | 'queues' | 'log'>,
  job: RangedJob<Facts, Result>,
  { run: id, range: index }: RangeMessage,
): Promise<void> {
  const stored = await spoiledAsAbsent(runOf(objects, job.name).read())
  if (stored?.value.run !== id || !stored.value.isOpen) return
  if (index === undefined) return endRun({ objects, log }, job, stored)
  const run = stored.value
  const range = run.ranges[index]
  if (range === undefined) return
  const key = resultKey(job.name, id, index)
  if ((await objects.head(key)) === undefined) {
    const facts = (await spoiledAsAbsent(factsOf(objects, job, id).read()))?.value ?? (await job.gather())
    const result = await job.work(range, facts, `${id}/${index}`)
    await new JsonRecord(objects, key, job.result).overwrite(result)
  }
  const done = await listDone(objects, job.name, id)
  if (done.size === run.ranges.length) await sendRanges(queues, [{ v: 1, job: job.name, run: id }], id)
}

async function endRun<Result>(
  { objects, log }: Pick<Ports, 'objects' | 'log'>,
  job: Pick<RangedJob<never, Result>, 'name' | 'result' | 'end'>,
  { value: run, object: { etag } }: Stored<RangeRun>,
): Promise<void> {
  const results = new Map<number, Result>()
  await forEachAtOnce(run.ranges.keys(), async (range) => {
    const result = await readResult(objects, job, run.run, range)
    if (result !== undefined) results.set(range, result)
  })
  // Somebody deleted results: the next schedule sends the messages of these ranges again.
  if (results.size < run.ranges.length) return
  const ordered = [...results].sort(([a], [b]) => a - b).map(([, result]) => result)
  const told = await job.end(run, ordered)
  const closed = await runOf(objects, job.name).write({ ...run, isOpen: false }, etag)
  if (closed.outcome === 'written')
    log.info(`${job.name} by ranges of accounts`, { ranges: run.ranges.length, ...told })
}

/** Deletes the facts and results of all runs except these. */
export async function forgetResults(objects: ObjectStore, job: RangedJobName, kept: readonly string[]): Promise<void> {
  const prefix = prefixOf(job)
  const isKept = (key: string) => kept.some((run) => key.startsWith(`${prefix}${run}/`))
  const old = (await Array.fromAsync(objects.list(prefix))).filter(({ key }) => !isKept(key))
  await forEachAtOnce(old, async ({ key }) => void (await objects.delete(key)))
}

async function listDone(objects: ObjectStore, job: RangedJobName, run: string): Promise<ReadonlySet<number>> {
  const prefix = `${prefixOf(job)}${run}/`
  const heads = await Array.fromAsync(objects.list(prefix))
  const numbers = heads.map(({ key }) => Number.parseInt(key.slice(prefix.length), 10))
  return new Set(numbers.filter((number) => !Number.isNaN(number)))
}

/** A range has one group, so that nobody works on it twice at a time. `sending`: SQS drops the same message of the same sending. */
async function sendRanges(queues: Ports['queues'], messages: readonly RangeMessage[], sending: string): Promise<void> {
  const outgoing = messages.map((message): OutgoingMessage => {
    const about = `${message.job} ${message.range ?? 'end'}`
    return { body: JSON.stringify(message), groupId: groupId(about), deduplicationId: groupId(`${sending} ${about}`) }
  })
  await queues.send('ranges', outgoing)
}

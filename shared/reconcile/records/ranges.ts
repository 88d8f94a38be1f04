import * as z from 'zod'
import { record } from '../../domain/json/record.ts'
import { type AccountId, accountId } from '../../domain/organization/account-id.ts'
import type { ObjectHead, ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import { marksOfLedger } from '../../ports/rights.ts'
import { unlessCode } from '../../ports/service-error.ts'
import { defineRecord } from './define-record.ts'
import { forEachAtOnce } from './list-heads.ts'
import { spoiledAsAbsent } from './stored-json.ts'

/**
 * Account numbers from `from` on, up to `to` and without it. Absent: without this limit. All ranges of a cut together have every key of a
 * prefix exactly once, also those that begin with no account.
 */
export type AccountRange = { readonly from?: AccountId | undefined; readonly to?: AccountId | undefined }
export const allAccounts: AccountRange = {}

/** Every thousandth key of the ledger is a mark: as many as S3 lists in a call. A range takes a few seconds, and some ten megabytes. */
export const rangeSizes = { entriesOfMark: 1_000, marksOfRange: 20 }
export type RangeSizes = typeof rangeSizes

/** The accounts of each thousandth key, ascending. They show the next comparison where to cut. */
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

/** All objects of a prefix, ascending. Lists several ranges at once: S3 lists one page after the other. */
export async function* listByRanges(objects: ReadingObjects, prefix: string): AsyncGenerator<ObjectHead> {
  const ranges = await rangesByMarks(objects)
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

/** Lists all keys of a prefix by ranges, many at a time, in no order. Keeps none of them. */
export async function forEachHead(
  objects: ReadingObjects,
  prefix: string,
  work: (head: ObjectHead) => void,
): Promise<void> {
  await forEachAtOnce(await rangesByMarks(objects), async (range) => {
    for await (const head of listInRange(objects, prefix, range)) work(head)
  })
}

/** Like `forEachHead`, but keeps all of them, ascending by key. */
export async function listHeadsByRanges(objects: ReadingObjects, prefix: string): Promise<readonly ObjectHead[]> {
  const ranges = await rangesByMarks(objects)
  const parts: (readonly ObjectHead[])[] = []
  await forEachAtOnce(ranges.entries(), async ([nth, range]) => {
    parts[nth] = await Array.fromAsync(listInRange(objects, prefix, range))
  })
  return parts.flat()
}

export const marksRecord = defineRecord({
  at: marksOfLedger,
  meaning: 'the account of each thousandth ledger entry: where to cut long listings',
  source: { is: 'index', of: 'assignments/' },
  value: record({ v: z.literal(1), accounts: z.array(accountId).readonly() }),
})

/** As the last comparison counted the ledger. None: it is small, was never counted, or this function may not read them. */
export async function readMarks(objects: ReadingObjects): Promise<readonly AccountId[]> {
  const reading = spoiledAsAbsent(marksRecord.read(objects))
  return (await unlessCode(reading, 'AccessDenied'))?.value.accounts ?? []
}

export async function writeMarks(objects: ObjectStore, accounts: readonly AccountId[]): Promise<void> {
  await marksRecord.of(objects).overwrite({ v: 1, accounts })
}

async function rangesByMarks(objects: ReadingObjects): Promise<readonly AccountRange[]> {
  return cutRanges([await readMarks(objects)], rangeSizes)
}

import * as z from 'zod'
import { limitOf } from '../brake/windows.ts'
import type { Configuration } from '../deployment/configuration.ts'
import { record } from '../json/record.ts'

/**
 * How many settled entries the ledger had at the last count. By S3's clock, they were listed after `at` and read before `until`. The
 * count lacks entries that began after `begunSince` and were lost: `changes/` names them.
 */
const count = {
  v: z.literal(1),
  settled: z.int().min(0),
  at: z.iso.datetime(),
  until: z.iso.datetime(),
  begunSince: z.iso.datetime(),
}
/** `people`: the count of groups and memberships. Absent: they were never counted. */
export const ledgerCount = record({ ...count, people: record(count).optional() })
export type LedgerCount = Omit<z.infer<typeof ledgerCount>, 'people'>
export type LedgerCounts = z.infer<typeof ledgerCount>

/**
 * `settled`: entries with nothing left to do. `all`: every entry. `lacking`: entries that began after the last count, and are gone
 * although history does not say that they ended.
 */
export type LedgerSize = {
  readonly settled: number
  readonly all: number
  readonly lacking: number
  readonly at: string
  readonly until: string
}

/** Whether this many entries are more than the brake lets pass for one cause. */
export function isMassLoss(gone: number, before: number, { brake }: Pick<Configuration, 'brake'>): boolean {
  return gone > limitOf({ rule: 'indirect', cause: 'account' }, before, brake)
}

/**
 * The next count. It counts only settled entries, since history tells the end of each of them and of no other entry. `ended`: how many
 * of the counted entries have ended since. It is asked for only if too many are gone. Lacking entries are added, so they stay counted.
 *
 * | the ledger now has                         | then                                                                  |
 * | ------------------------------------------ | --------------------------------------------------------------------- |
 * | as many settled entries as before, or more | count them                                                            |
 * | fewer, but not too many are gone           | keep the count, so that slow losses without history add up            |
 * | so few that too many are gone              | subtract those that ended; those gone without history stay counted    |
 */
export function countAgain(
  before: LedgerCount,
  { settled, all, lacking, at, until }: LedgerSize,
  ended: number | 'not asked',
): LedgerCount {
  const counted = { v: 1 as const, at, until, begunSince: at }
  if (settled >= before.settled) return { ...counted, settled: settled + lacking }
  if (ended === 'not asked') return { ...before, settled: before.settled + lacking, begunSince: at }
  const untold = Math.max(0, before.settled - all - ended)
  return { ...counted, settled: settled + untold + lacking }
}

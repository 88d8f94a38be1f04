import * as z from 'zod'
import { limitOf } from '../brake/windows.ts'
import type { Configuration } from '../deployment/configuration.ts'
import { record } from '../json/record.ts'

/**
 * How many settled entries the ledger had when they were last counted. By S3's clock they were listed after `at` and read before
 * `until`. What began since `begunSince`, and is lost, is not in the count: `changes/` tells of it.
 */
const count = {
  v: z.literal(1),
  settled: z.int().min(0),
  at: z.iso.datetime(),
  until: z.iso.datetime(),
  begunSince: z.iso.datetime(),
}
/** `people`: the same of groups and memberships. Absent: they were never counted. */
export const ledgerCount = record({ ...count, people: record(count).optional() })
export type LedgerCount = Omit<z.infer<typeof ledgerCount>, 'people'>
export type LedgerCounts = z.infer<typeof ledgerCount>

/**
 * `settled`: entries that have nothing left to do; `all`: these and the rest. `lacking`: that began since the last count, and are
 * gone without an end.
 */
export type LedgerSize = {
  readonly settled: number
  readonly all: number
  readonly lacking: number
  readonly at: string
  readonly until: string
}

/** Whether so many entries of so many are more than the brake lets pass for one cause. */
export function isMassLoss(gone: number, before: number, { brake }: Pick<Configuration, 'brake'>): boolean {
  return gone > limitOf({ rule: 'indirect', cause: 'account' }, before, brake)
}

/**
 * The next count. Only settled entries are counted: history tells of the end of each of them, and of no other entry.
 * `ended`: how many that it counted ended since; asked for only where too many are gone. What is lacking is added, so that
 * it stays in the count.
 *
 * | the ledger now has                        | then                                                                     |
 * | ----------------------------------------- | ------------------------------------------------------------------------ |
 * | as many settled entries as before, or more | count them                                                               |
 * | fewer, but not too many are gone          | keep the count: what is gone without its history adds up, however slowly |
 * | so few that too many are gone             | take off what ended; what is gone without its history stays in the count |
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

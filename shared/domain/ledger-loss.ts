import * as z from 'zod'
import { limitOf } from './brake.ts'
import type { Configuration } from './configuration.ts'
import { record } from './record.ts'

/** How many settled entries the ledger had when they were last counted. `at`: by S3's clock, before they were listed. */
export const ledgerCount = record({ v: z.literal(1), settled: z.int().min(0), at: z.iso.datetime() })
export type LedgerCount = z.infer<typeof ledgerCount>

/** `settled`: entries that have nothing left to do; `all`: these and the rest. `at`: before they were listed. */
export type LedgerSize = { readonly settled: number; readonly all: number; readonly at: string }

/** Whether so many entries of so many are more than the brake lets pass for one cause. */
export function isMassLoss(gone: number, before: number, { brake }: Pick<Configuration, 'brake'>): boolean {
  return gone > limitOf({ rule: 'indirect', cause: 'account' }, before, brake)
}

/**
 * The next count. Only settled entries are counted: history tells of the end of each of them, and of no other entry.
 * `ended`: how many entries ended since the last count; asked for only where too many are gone.
 *
 * | the ledger now has                        | then                                                                     |
 * | ----------------------------------------- | ------------------------------------------------------------------------ |
 * | as many settled entries as before, or more | count them                                                               |
 * | fewer, but not too many are gone          | keep the count: what is gone without its history adds up, however slowly |
 * | so few that too many are gone             | take off what ended; what is gone without its history stays in the count |
 */
export function countAgain(before: LedgerCount, { settled, all, at }: LedgerSize, ended: number | 'not asked') {
  if (settled >= before.settled) return { v: 1 as const, settled, at }
  if (ended === 'not asked') return before
  const untold = Math.max(0, before.settled - all - ended)
  return { v: 1 as const, settled: settled + untold, at }
}

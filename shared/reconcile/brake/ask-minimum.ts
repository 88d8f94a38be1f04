import type { BrakeRecord } from '../../domain/brake/brake-record.ts'
import {
  asksMinimum,
  holdForMinimum,
  type MinimumObjection,
  type Taking,
  takeOffMinimum,
} from '../../domain/brake/minimum.ts'
import type { BrakeTerms } from '../../domain/brake/windows.ts'

/** What policies want to be left of people, asked before anybody loses anything (`Minimums`). */
export type AskMinimum = {
  /**
   * `leaving`: what was let go, which may still stand in the ledger or in the directory. Throws when it cannot be said.
   */
  judge(
    taking: Taking,
    leaving: ReadonlySet<string>,
  ): Promise<{
    /** No minimum is about it: nobody else need know that it goes. */
    readonly isConcerned: boolean
    readonly objection?: MinimumObjection | undefined
  }>
}

/** There are no policies. */
export const noMinimums: AskMinimum = { judge: async () => ({ isConcerned: false }) }

/**
 * Judged while the record is being changed, so one after the other also where two dispatchers overlap. What was held for a
 * minimum before leaves its list where nothing stands against it any more.
 */
export async function askMinimum(
  record: BrakeRecord,
  taking: Taking,
  minimums: AskMinimum,
  terms: BrakeTerms,
): Promise<{ readonly record: BrakeRecord; readonly isHeld: boolean; readonly isConcerned: boolean }> {
  if (!asksMinimum(record, taking, terms)) return { record, isHeld: false, isConcerned: true }
  const leaving = new Set(record.leaving?.map(({ access }) => access))
  const { isConcerned, objection } = await minimums.judge(taking, leaving)
  if (objection) return { record: holdForMinimum(record, taking, objection, terms), isHeld: true, isConcerned }
  return { record: takeOffMinimum(record, taking), isHeld: false, isConcerned }
}

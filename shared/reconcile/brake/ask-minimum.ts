import type { Act } from '../../domain/brake/act.ts'
import type { BrakeRecord } from '../../domain/brake/brake-record.ts'
import { type Judged, judgeAct } from '../../domain/brake/judge-act.ts'
import { itemOf, letLeave, type MinimumObjection, type Taking } from '../../domain/brake/minimum.ts'
import { isMinimumReleased } from '../../domain/brake/releases.ts'
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

export const noMinimums: AskMinimum = { judge: async () => ({ isConcerned: false }) }

/**
 * Judged while the record is being changed, so one after the other also if two dispatchers overlap. What passes does not count among
 * what is left from now on. Policies are not asked about what another rule holds, nor about what a person released of theirs.
 */
export async function judgeWithMinimum(
  record: BrakeRecord,
  act: Act,
  terms: BrakeTerms,
  minimums: AskMinimum,
): Promise<Judged> {
  const { takes } = act
  if (!takes) return judgeAct(record, act, terms)
  const isReleased = isMinimumReleased(record, itemOf(takes), terms.now)
  const first = judgeAct(record, act, terms, isReleased ? 'agrees' : 'not asked')
  if (first.is !== 'unasked')
    return first.is === 'passes' ? { ...first, brake: letLeave(first.brake, takes, terms) } : first
  const leaving = new Set(record.leaving?.map(({ access }) => access))
  const { isConcerned, objection } = await minimums.judge(takes, leaving)
  const judged = judgeAct(record, act, terms, objection ?? 'agrees')
  const isLeaving = judged.is === 'passes' && isConcerned
  return isLeaving ? { ...judged, brake: letLeave(judged.brake, takes, terms) } : judged
}

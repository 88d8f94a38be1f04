import type { Act } from '../../domain/brake/act.ts'
import type { BrakeRecord } from '../../domain/brake/brake-record.ts'
import { type Judged, judgeAct } from '../../domain/brake/judge-act.ts'
import { itemOf, letLeave, type MinimumObjection, type Taking } from '../../domain/brake/minimum.ts'
import { isMinimumReleased } from '../../domain/brake/releases.ts'
import type { BrakeTerms } from '../../domain/brake/windows.ts'

/** The minimums of policies, asked before anybody loses access (`Minimums`). */
export type AskMinimum = {
  /** `leaving`: access that passed and may still be in the ledger or the directory. Throws if it cannot decide. */
  judge(
    taking: Taking,
    leaving: ReadonlySet<string>,
  ): Promise<{
    /** False: no minimum covers it, so other judgements need not know that it goes. */
    readonly isConcerned: boolean
    readonly objection?: MinimumObjection | undefined
  }>
}

export const noMinimums: AskMinimum = { judge: async () => ({ isConcerned: false }) }

/**
 * Judges while the record is being changed, so judgements are sequential even if two dispatchers overlap. Access that passes no
 * longer counts as left. Does not ask policies about access that another rule holds, or whose minimum a person released.
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

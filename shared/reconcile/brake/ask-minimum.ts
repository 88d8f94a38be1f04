import type { Act } from '../../domain/brake/act.ts'
import type { BrakeRecord } from '../../domain/brake/brake-record.ts'
import { type Judged, judgeAct } from '../../domain/brake/judge-act.ts'
import {
  itemOf,
  type JudgedPlaces,
  leavingOf,
  letLeave,
  type MinimumObjection,
  mayChange,
  type Taking,
} from '../../domain/brake/minimum.ts'
import { isReleased } from '../../domain/brake/releases.ts'
import type { BrakeTerms } from '../../domain/brake/windows.ts'

type MinimumJudgement = {
  /** False: no minimum covers it, so other judgements need not know that it goes. */
  readonly isConcerned: boolean
  readonly objection?: MinimumObjection | undefined
  /** Absent: any loss may change the judgement. */
  readonly places?: JudgedPlaces | undefined
}

/** The minimums of policies, asked before anybody loses access (`Minimums`). */
export type AskMinimum = {
  /**
   * Judges one loss after the other, as if `leaving` and each loss that passes were gone. `leaving`: access that passed and may still be in
   * the ledger or the directory. Throws if it cannot decide.
   */
  judgeAll(takings: readonly Taking[], leaving: ReadonlySet<string>): Promise<readonly MinimumJudgement[]>
}

export const noMinimums: AskMinimum = { judgeAll: async (takings) => takings.map(() => ({ isConcerned: false })) }

/** A judgement of the minimums about one loss, and the state of the record on which it is based. */
export type AskedMinimum = MinimumJudgement & { readonly leaving: ReadonlySet<string>; readonly left: number }

export async function askMinimums(
  takings: readonly Taking[],
  record: BrakeRecord,
  minimums: AskMinimum,
): Promise<readonly AskedMinimum[]> {
  const before = { leaving: leavingIn(record), left: record.left ?? 0 }
  return (await minimums.judgeAll(takings, before.leaving)).map((one) => ({ ...one, ...before }))
}

/**
 * Whether an answer from before holds for the record as it is now. Asking takes long, and other changes of the record must neither wait for it
 * nor begin it again.
 *
 * | the loss                   | holds while                                                                |
 * | -------------------------- | -------------------------------------------------------------------------- |
 * | is of no minimum           | all that was leaving is still leaving: if more leaves, it is still of none |
 * | leaves enough people       | nothing that may change it has begun to leave since                        |
 * | breaks a minimum           | both                                                                       |
 */
export function stillHolds(asked: AskedMinimum, record: BrakeRecord, takes: Taking): boolean {
  const now = leavingIn(record)
  const isLeavingStill = [...asked.leaving].every((one) => one === leavingOf(takes) || now.has(one))
  const isNothingNew = isUnchanged(asked, record, now)
  if (!asked.isConcerned) return isLeavingStill
  return isNothingNew && (asked.objection === undefined || isLeavingStill)
}

/** What began to leave and is not in the record any more is unknown, so it may change the answer. */
function isUnchanged({ left, leaving, places }: AskedMinimum, record: BrakeRecord, now: ReadonlySet<string>): boolean {
  const added = [...now.difference(leaving)]
  const isAllKnown = (record.left ?? 0) - left === added.length
  return isAllKnown && added.every((one) => places !== undefined && !mayChange(one, places))
}

function leavingIn({ leaving }: BrakeRecord): ReadonlySet<string> {
  return new Set(leaving?.map(({ access }) => access))
}

/**
 * Judges with an answer of the minimums. `unasked`: an answer is needed, and there is none. Access that passes no longer counts as left. If
 * another rule holds the access, or a person released it from its minimum, no answer is needed.
 */
export function judgeWithMinimum(
  record: BrakeRecord,
  act: Act,
  terms: BrakeTerms,
  answer: MinimumJudgement | undefined,
): Judged {
  const { takes } = act
  if (!takes) return judgeAct(record, act, terms)
  const isLetGo = isReleased(record, { rule: 'minimum', item: itemOf(takes) }, terms.now)
  const first = judgeAct(record, act, terms, isLetGo ? 'agrees' : 'not asked')
  if (first.is === 'passes') return { ...first, brake: letLeave(first.brake, takes, terms) }
  if (first.is !== 'unasked' || answer === undefined) return first
  const judged = judgeAct(record, act, terms, answer.objection ?? 'agrees')
  const isLeaving = judged.is === 'passes' && answer.isConcerned
  return isLeaving ? { ...judged, brake: letLeave(judged.brake, takes, terms) } : judged
}

import type { Act } from '../../domain/brake/act.ts'
import type { BrakeRecord } from '../../domain/brake/brake-record.ts'
import { type Judged, judgeAct } from '../../domain/brake/judge-act.ts'
import { itemOf, leavingOf, letLeave, type MinimumObjection, type Taking } from '../../domain/brake/minimum.ts'
import { isMinimumReleased } from '../../domain/brake/releases.ts'
import type { BrakeTerms } from '../../domain/brake/windows.ts'

type MinimumJudgement = {
  /** False: no minimum covers it, so other judgements need not know that it goes. */
  readonly isConcerned: boolean
  readonly objection?: MinimumObjection | undefined
}

/** The minimums of policies, asked before anybody loses access (`Minimums`). */
export type AskMinimum = {
  /**
   * Judges each loss as if nothing but `leaving` were gone: access that passed and may still be in the ledger or the directory. Throws if it
   * cannot decide.
   */
  judgeAll(takings: readonly Taking[], leaving: ReadonlySet<string>): Promise<readonly MinimumJudgement[]>
}

export const noMinimums: AskMinimum = { judgeAll: async (takings) => takings.map(() => ({ isConcerned: false })) }

/** What the minimums said about one loss, and what was leaving. `beganMs`: on the monotonic clock. */
export type AskedMinimum = MinimumJudgement & { readonly leaving: ReadonlySet<string>; readonly beganMs: number }

/** `unasked`: the minimums must be asked, with this access `leaving`. */
export type JudgedWithMinimum =
  | Exclude<Judged, { readonly is: 'unasked' }>
  | (Extract<Judged, { readonly is: 'unasked' }> & { readonly leaving: ReadonlySet<string> })

/**
 * Judges by an answer of the minimums from before the record was read: asking takes long, and other changes of the record must not wait or
 * begin it again. So the answer counts only for the access that is leaving now. Access that passes no longer counts as left. Does not ask
 * policies about access that another rule holds, or whose minimum a person released.
 */
export function judgeWithMinimum(
  record: BrakeRecord,
  act: Act,
  terms: BrakeTerms,
  asked: (MinimumJudgement & { readonly leaving: ReadonlySet<string> }) | undefined,
): JudgedWithMinimum {
  const { takes } = act
  const leaving = new Set(record.leaving?.map(({ access }) => access))
  const withLeaving = (judged: Judged): JudgedWithMinimum => (judged.is === 'unasked' ? { ...judged, leaving } : judged)
  if (!takes) return withLeaving(judgeAct(record, act, terms))
  const isReleased = isMinimumReleased(record, itemOf(takes), terms.now)
  const first = judgeAct(record, act, terms, isReleased ? 'agrees' : 'not asked')
  if (first.is === 'passes') return { ...first, brake: letLeave(first.brake, takes, terms) }
  if (first.is !== 'unasked' || asked === undefined || !isAbout(asked, leaving, takes)) return withLeaving(first)
  const judged = judgeAct(record, act, terms, asked.objection ?? 'agrees')
  const isLeaving = judged.is === 'passes' && asked.isConcerned
  return withLeaving(isLeaving ? { ...judged, brake: letLeave(judged.brake, takes, terms) } : judged)
}

/** A loss that no minimum covers is of none when more is leaving. */
function isAbout(
  { isConcerned, leaving: then }: MinimumJudgement & { readonly leaving: ReadonlySet<string> },
  now: ReadonlySet<string>,
  takes: Taking,
): boolean {
  const own = leavingOf(takes)
  const isIn = (all: ReadonlySet<string>) => (one: string) => one === own || all.has(one)
  return [...then].every(isIn(now)) && (!isConcerned || [...now].every(isIn(then)))
}

import type { ReviewFile } from '../../../domain/files/review-file.ts'
import { isRunning, type ReviewRun } from './review-record.ts'

const dayMs = 24 * 60 * 60_000

/** The instants of one run. */
export type Instants = { readonly begunAt: Date; readonly dueAt: Date; readonly endsAt: Date }

/** The fallback has all its days, also if an outage delayed the escalation. */
export function instantsOf({ run, terms, escalatedAt }: Pick<ReviewRun, 'run' | 'terms' | 'escalatedAt'>): Instants {
  const begunAt = new Date(run)
  const dueAt = new Date(begunAt.getTime() + terms.lastsDays * dayMs)
  const escalated = escalatedAt === undefined ? dueAt : new Date(escalatedAt)
  return { begunAt, dueAt, endsAt: new Date(escalated.getTime() + terms.silence.escalateDays * dayMs) }
}

/** Somebody deleted its file before its end. */
export function isEndedEarly(run: ReviewRun): boolean {
  return run.closed !== undefined || Date.parse(run.endedAt ?? '') < instantsOf(run).endsAt.getTime()
}

/** The reminders before the end, ascending. `1`: the last day. */
export function remindersOf(
  { begunAt, dueAt }: Instants,
  { remindDays }: Pick<ReviewFile, 'remindDays'>,
): readonly { readonly days: number; readonly at: Date }[] {
  return [...new Set(remindDays)]
    .map((days) => ({ days, at: new Date(dueAt.getTime() - days * dayMs) }))
    .filter(({ at }) => at > begunAt)
    .sort((a, b) => a.at.getTime() - b.at.getTime())
}

/** The facts of one review. */
export type ReviewFacts = {
  readonly isForetelling: boolean
  readonly file: 'none' | 'invalid' | 'valid'
  /** The run has noted that somebody deleted its file. A file that comes back meanwhile is for the next run. */
  readonly isClosed: boolean
  /** The last run. `settling`: decisions are over, and something is still to be proven or done. */
  readonly run: 'none' | 'open' | 'escalated' | 'settling' | 'done'
  /** The latest instant that has come. `begin`: the first beginning, or the next one. `end`: the end after the escalation. */
  readonly due: 'nothing' | 'begin' | 'remind' | 'escalate' | 'end'
  /** This look has asked again about edited items. */
  readonly hasAskedAgain: boolean
}

export const reviewActions = ['begin', 'close', 'ask again', 'remind', 'escalate', 'end', 'check'] as const
export const reviewEnds = ['nothing', 'later', 'runs', 'done'] as const
export type ReviewAction = { readonly do: (typeof reviewActions)[number] }
export type ReviewEnd = { readonly tell: (typeof reviewEnds)[number] }

/**
 * The next step of one review. The first row that fits counts.
 *
 * | plan | file    | run             | due                | step     |
 * | ---- | ------- | --------------- | ------------------ | -------- |
 * | yes  | any     | any             | any                | nothing, later |
 * | no   | valid   | none, settling, done | begin         | begin    |
 * | no   | valid   | none            | any other          | later    |
 * | no   | any     | open, escalated, closed | any        | end      |
 * | no   | none    | open, escalated | any                | close    |
 * | no   | any     | escalated       | end                | end      |
 * | no   | any     | open, escalated | any, not asked again in this look | ask again |
 * | no   | any     | open            | remind             | remind   |
 * | no   | any     | open            | escalate, end      | escalate |
 * | no   | any     | open, escalated | any other          | runs     |
 * | no   | any     | settling        | any                | check    |
 * | no   | valid   | done            | any other          | done     |
 * | no   | any other |               |                    | nothing  |
 */
export function decideReview(facts: ReviewFacts): ReviewAction | ReviewEnd {
  const { isForetelling, file, isClosed, run, due, hasAskedAgain } = facts
  if (isForetelling) return { tell: file === 'valid' ? 'later' : 'nothing' }
  const runs = isRunning(run)
  if (file === 'valid' && !runs && due === 'begin') return { do: 'begin' }
  if (runs && isClosed) return { do: 'end' }
  if (runs && file === 'none') return { do: 'close' }
  if (run === 'escalated' && due === 'end') return { do: 'end' }
  if (runs && !hasAskedAgain) return { do: 'ask again' }
  if (run === 'open' && due === 'remind') return { do: 'remind' }
  if (run === 'open' && (due === 'escalate' || due === 'end')) return { do: 'escalate' }
  if (runs) return { tell: 'runs' }
  if (run === 'settling') return { do: 'check' }
  if (file !== 'valid') return { tell: 'nothing' }
  return { tell: run === 'none' ? 'later' : 'done' }
}

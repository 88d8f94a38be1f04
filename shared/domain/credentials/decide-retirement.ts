import type { Retirement } from './retirement.ts'

/** What IAM says of one credential. A password, and a user, are always active. */
export type LiveCredential = {
  readonly isActive: boolean
  readonly madeAt: Date
  /** As IAM knows it now, which is late by hours. Absent: never, as far back as IAM keeps it. */
  readonly lastUsedAt?: Date | undefined
}

export type RetirementFacts = {
  readonly now: Date
  /** When the first of the files was uploaded that ask for it; `undefined`: none does. */
  readonly askedAt: Date | undefined
  readonly kept: Retirement | undefined
  /** `undefined`: it is not there. */
  readonly live: LiveCredential | undefined
  readonly canBeInactive: boolean
  readonly retireAfterDays: number
}

/** `note …`: the ledger is written before the call. */
export type RetirementStep =
  | Bare<'nothing' | 'forget' | 'watch' | 'stay' | 'note off' | 'note on' | 'switch on' | 'note deletion' | 'delete'>
  | { readonly step: 'switch off'; readonly live: LiveCredential }
  /** `why`: for a person. */
  | { readonly step: 'stop'; readonly live: LiveCredential; readonly why: string }
  | { readonly step: 'tell gone'; readonly byOthers: boolean }
type Bare<Step extends string> = Step extends unknown ? { readonly step: Step } : never

const dayMs = 24 * 60 * 60_000
/**
 * Of uses within so long IAM records only the first: one that is recorded just before may stand for one after. (IAM User Guide,
 * "Generate credential reports for your AWS account": 15 minutes for keys, 5 for passwords.)
 */
const recordedSpanMs = 15 * 60_000
/** IAM is eventually consistent: so long an answer may not know our own call. (IAM User Guide, "Changes that I make are not always immediately visible".) */
const listingLagMs = 5 * 60_000

/**
 * One step for one credential. The first row that fits counts:
 *
 * | files ask | the ledger says         | the credential is                       | then                 |
 * | --------- | ----------------------- | --------------------------------------- | -------------------- |
 * | any       | `switching on`          | any                                     | switch on            |
 * | no        | nothing                 | any                                     | nothing              |
 * | no        | `gone`                  | any                                     | forget               |
 * | no        | anything else           | any                                     | note on              |
 * | yes       | `gone`                  | any                                     | stay                 |
 * | yes       | nothing                 | not there                               | nothing              |
 * | yes       | `deleting`              | not there, or another                   | tell gone, by us     |
 * | yes       | anything else           | not there, or another                   | tell gone, by others |
 * | yes       | `used since`            | the same                                | stay                 |
 * | yes       | any                     | used since it was asked for             | stop                 |
 * | yes       | nothing                 | there                                   | note off             |
 * | yes       | `switching off`         | the same                                | switch off           |
 * | yes       | `watched`, `deleting`   | a key that is active again              | stop                 |
 * | yes       | `watched`, `deleting`   | the same, and days are left             | watch                |
 * | yes       | `watched`               | the same, and the days are over         | note deletion        |
 * | yes       | `deleting`              | the same, and the days are over         | delete               |
 */
export function decideRetirement(facts: RetirementFacts): RetirementStep {
  const { askedAt, kept, live } = facts
  if (kept?.state === 'switching on') return { step: 'switch on' }
  if (askedAt === undefined) {
    if (kept === undefined) return { step: 'nothing' }
    return kept.state === 'gone' ? { step: 'forget' } : { step: 'note on' }
  }
  if (kept?.state === 'gone') return { step: 'stay' }
  if (!isSame(kept, live)) {
    if (kept === undefined) return { step: 'nothing' }
    return { step: 'tell gone', byOthers: kept.state !== 'deleting' }
  }
  return decideThere(facts, askedAt, live)
}

/** Another credential of the same name is none that anybody asked for. */
export function isSame(kept: Retirement | undefined, live: LiveCredential | undefined): live is LiveCredential {
  return live !== undefined && (kept === undefined || live.madeAt.getTime() === Date.parse(kept.madeAt))
}

/** It is asked for, and there. */
function decideThere(
  { now, kept, canBeInactive, retireAfterDays }: RetirementFacts,
  asked: Date,
  live: LiveCredential,
): RetirementStep {
  if (kept?.state === 'used since') return { step: 'stay' }
  const { lastUsedAt } = live
  const askedAt = kept ? Date.parse(kept.askedAt) : asked.getTime()
  if (lastUsedAt !== undefined && lastUsedAt.getTime() > askedAt - recordedSpanMs)
    return { step: 'stop', live, why: `it was used at ${lastUsedAt.toISOString()}` }
  if (kept === undefined) return { step: 'note off' }
  if (kept.state === 'switching off') return { step: 'switch off', live }
  const watchedMs = now.getTime() - Date.parse(kept.watchedAt ?? kept.at)
  if (canBeInactive && live.isActive && watchedMs > listingLagMs)
    return { step: 'stop', live, why: 'somebody made it active again' }
  if (now < dueAt(kept, retireAfterDays)) return { step: 'watch' }
  return kept.state === 'deleting' ? { step: 'delete' } : { step: 'note deletion' }
}

/** When the days are over. */
export function dueAt({ watchedAt, at }: Pick<Retirement, 'watchedAt' | 'at'>, retireAfterDays: number): Date {
  return new Date(Date.parse(watchedAt ?? at) + retireAfterDays * dayMs)
}

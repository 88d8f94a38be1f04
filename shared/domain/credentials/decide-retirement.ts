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
  /** It is known whether its files may ask for it. */
  readonly isKnown: boolean
  /** When the file was uploaded; `undefined`: it is gone, or may not ask. */
  readonly askedAt: Date | undefined
  /** Another file may ask for the same credential, and is there. */
  readonly isAskedElsewhere: boolean
  readonly kept: Retirement | undefined
  /** `undefined`: it is not there, or nobody has to know (`needsLook`). */
  readonly live: LiveCredential | undefined
  readonly canBeInactive: boolean
  readonly retireAfterDays: number
}

export const retirementActions = [
  'note off',
  'switch off',
  'watch',
  'stop',
  'note deletion',
  'delete',
  'tell gone',
  'note on',
  'switch on',
  'forget',
] as const
export const retirementEnds = ['unknown', 'withdrawn', 'stay', 'absent'] as const
type Bare = Exclude<(typeof retirementActions)[number], 'switch off' | 'stop' | 'tell gone'>

/** `note …`: the entry is written before the call. */
export type RetirementAction =
  | { readonly do: Bare }
  | { readonly do: 'switch off'; readonly live: LiveCredential }
  /** `why`: for a person. */
  | { readonly do: 'stop'; readonly live: LiveCredential; readonly why: string }
  | { readonly do: 'tell gone'; readonly byOthers: boolean }
export type RetirementEnd = { readonly tell: (typeof retirementEnds)[number] }

const dayMs = 24 * 60 * 60_000
/**
 * Of uses within so long IAM records only the first: one that is recorded just before may stand for one after. (IAM User Guide,
 * "Generate credential reports for your AWS account": 15 minutes for keys, 5 for passwords.)
 */
const recordedSpanMs = 15 * 60_000
/** IAM is eventually consistent: so long an answer may not know our own call. (IAM User Guide, "Changes that I make are not always immediately visible".) */
const listingLagMs = 5 * 60_000

/**
 * The next step for the file of a credential. A file asks if it is there and may. At rest: used since; or watched, and the days and the
 * next look are still to come. The first row that fits counts:
 *
 * | file asks         | the ledger says         | the credential is                       | step                 |
 * | ----------------- | ----------------------- | --------------------------------------- | -------------------- |
 * | not known         | any                     | any                                     | unknown              |
 * | no, another does  | any                     | any                                     | withdrawn            |
 * | any               | `switching on`          | any                                     | switch on            |
 * | no                | nothing                 | any                                     | withdrawn            |
 * | no                | `gone`                  | any                                     | forget               |
 * | no                | anything else           | any                                     | note on              |
 * | yes               | `gone`, or at rest      | any                                     | stay                 |
 * | yes               | nothing                 | not there                               | absent               |
 * | yes               | `deleting`              | not there, or another                   | tell gone, by us     |
 * | yes               | anything else           | not there, or another                   | tell gone, by others |
 * | yes               | any                     | used since it was asked for             | stop                 |
 * | yes               | nothing                 | there                                   | note off             |
 * | yes               | `switching off`         | the same                                | switch off           |
 * | yes               | `watched`, `deleting`   | a key that is active again              | stop                 |
 * | yes               | `watched`, `deleting`   | the same, and days are left             | watch                |
 * | yes               | `watched`               | the same, and the days are over         | note deletion        |
 * | yes               | `deleting`              | the same, and the days are over         | delete               |
 */
export function decideRetirement(facts: RetirementFacts): RetirementAction | RetirementEnd {
  const { isKnown, askedAt, isAskedElsewhere, kept, live } = facts
  if (!isKnown) return { tell: 'unknown' }
  if (askedAt === undefined && isAskedElsewhere) return { tell: 'withdrawn' }
  if (kept?.state === 'switching on') return { do: 'switch on' }
  if (askedAt === undefined) {
    if (kept === undefined) return { tell: 'withdrawn' }
    return { do: kept.state === 'gone' ? 'forget' : 'note on' }
  }
  if (isAtRest(facts)) return { tell: 'stay' }
  if (!isSame(kept, live)) {
    if (kept === undefined) return { tell: 'absent' }
    return { do: 'tell gone', byOthers: kept.state !== 'deleting' }
  }
  return decideThere(facts, askedAt, live)
}

/** Whether the next step depends on what IAM says. */
export function needsLook(facts: Omit<RetirementFacts, 'live'>): boolean {
  const { isKnown, askedAt, isAskedElsewhere, kept } = facts
  if (!isKnown || (askedAt === undefined && isAskedElsewhere)) return false
  return kept?.state === 'switching on' || (askedAt !== undefined && !isAtRest(facts))
}

function isAtRest({ kept, now, retireAfterDays }: Pick<RetirementFacts, 'kept' | 'now' | 'retireAfterDays'>): boolean {
  if (kept?.state === 'gone' || kept?.state === 'used since') return true
  if (kept?.state !== 'watched' || kept.lookAt === undefined) return false
  return now < new Date(kept.lookAt) && now < dueAt(kept, retireAfterDays)
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
): RetirementAction {
  const { lastUsedAt } = live
  const askedAt = kept ? Date.parse(kept.askedAt) : asked.getTime()
  if (lastUsedAt !== undefined && lastUsedAt.getTime() > askedAt - recordedSpanMs)
    return { do: 'stop', live, why: `it was used at ${lastUsedAt.toISOString()}` }
  if (kept === undefined) return { do: 'note off' }
  if (kept.state === 'switching off') return { do: 'switch off', live }
  const watchedMs = now.getTime() - Date.parse(kept.watchedAt ?? kept.at)
  if (canBeInactive && live.isActive && watchedMs > listingLagMs)
    return { do: 'stop', live, why: 'somebody made it active again' }
  if (now < dueAt(kept, retireAfterDays)) return { do: 'watch' }
  return { do: kept.state === 'deleting' ? 'delete' : 'note deletion' }
}

/** When the days are over. */
export function dueAt({ watchedAt, at }: Pick<Retirement, 'watchedAt' | 'at'>, retireAfterDays: number): Date {
  return new Date(Date.parse(watchedAt ?? at) + retireAfterDays * dayMs)
}

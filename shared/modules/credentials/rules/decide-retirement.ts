import type { Absence, Retirement } from './retirement.ts'

/** One credential in IAM. A password or a user is always active. */
export type LiveCredential = {
  readonly isActive: boolean
  readonly madeAt: Date
  /** IAM reports uses late by hours. Absent: no use in the period that IAM remembers. */
  readonly lastUsedAt?: Date | undefined
}

/**
 * `no user`: IAM has no user of this name, so nothing is known of the user's keys and password: a user who got another name keeps them.
 * `undefined`: the user is there, and the credential is not.
 */
export type LookedCredential = LiveCredential | 'no user' | undefined

export type RetirementFacts = {
  readonly now: Date
  /** ssofile knows whether the files may ask for it. */
  readonly isKnown: boolean
  /** The upload time of the file. `undefined`: the file is gone, or may not ask. */
  readonly askedAt: Date | undefined
  /** Somebody else owns its account, and no record says so of this upload yet. */
  readonly isNewOfOther: boolean
  /** Another file asks for the same credential, and may. */
  readonly isAskedElsewhere: boolean
  /** A file names the credential, this one or another, whether it may ask or not. */
  readonly isNamed: boolean
  /** `refusing`: it takes no changes now. `missing`: the organization does not have it. If nobody knows, `active`. */
  readonly account: 'active' | 'refusing' | 'missing'
  readonly kept: Retirement | undefined
  /** Of the last look. */
  readonly absence: Pick<Absence, 'at' | 'lookAt'> | undefined
  /** Why the brake holds the next act, by its present lists. */
  readonly held: string | undefined
  /** Also `undefined` if no step needs it (`needsLook`). */
  readonly live: LookedCredential
  readonly canBeInactive: boolean
  readonly retireAfterDays: number
}

export const retirementActions = [
  'note other owner',
  'note absence',
  'note off',
  'switch off',
  'watch',
  'stop',
  'note deletion',
  'delete',
  'tell gone',
  'note missing user',
  'note missing account',
  'leave account',
  'note on',
  'switch on',
  'forget',
] as const
export const retirementEnds = ['unknown', 'withdrawn', 'stay', 'absent', 'held', 'wait for account'] as const
type Bare = Exclude<(typeof retirementActions)[number], 'note off' | 'switch off' | 'stop' | 'tell gone'>

/** `note …`: writes the entry before the call. */
export type RetirementAction =
  | { readonly do: Bare }
  | { readonly do: 'note off' | 'switch off'; readonly live: LiveCredential }
  /** `why`: for a person. `isOn`: the key is active after our call, so nothing of ours is left to undo. */
  | { readonly do: 'stop'; readonly live: LiveCredential; readonly why: string; readonly isOn: boolean }
  | { readonly do: 'tell gone'; readonly byOthers: boolean }
export type RetirementEnd = { readonly tell: (typeof retirementEnds)[number] }

const dayMs = 24 * 60 * 60_000
/**
 * Of several uses within this time, IAM records only the first. So a use recorded just before the request may stand for one after it. (IAM
 * User Guide, "Generate credential reports for your AWS account": 15 minutes for keys, 5 for passwords.)
 */
const recordedSpanMs = 15 * 60_000
/**
 * IAM is eventually consistent: for this long, an answer may lack our own call. (IAM User Guide, "Changes that I make are not always
 * immediately visible".)
 */
const listingLagMs = 5 * 60_000

/** An account is gone if Organizations does not have it, and did not have it an hour ago. A schedule may be a little early. */
const accountGoneMs = 59 * 60_000

/**
 * The next step for the file of a credential. A file asks if it exists and may ask. At rest: used since, and an undo changes nothing; or
 * used since or without a user, and the next look is in the future; or watched, the next look is in the future, and so is the end of the
 * days, unless the brake holds the deletion. An absence is at rest until its next look, or until a newer file. The first row that fits
 * counts:
 *
 * | file asks         | the ledger says         | the credential is                       | step                 |
 * | ----------------- | ----------------------- | --------------------------------------- | -------------------- |
 * | not known         | any                     | any                                     | unknown              |
 * | no, another's account, not noted | any          | any                                 | note other owner     |
 * | no, another does  | any                     | any                                     | withdrawn            |
 * | no                | an absence              | any                                     | forget               |
 * | no                | nothing                 | any                                     | withdrawn            |
 * | any               | anything but `gone`     | any; its account takes no changes       | wait for account     |
 * | any               | no missing account yet  | any; its account is missing             | note missing account |
 * | any               | missing for an hour     | any; its account is missing             | leave account        |
 * | any               | anything but `gone`     | any; its account is missing             | wait for account     |
 * | yes               | `switching on`, no user | any                                     | forget               |
 * | no                | `switching on`, at rest | any                                     | stay                 |
 * | any               | `switching on`          | any                                     | switch on            |
 * | no, but is there  | `gone`                  | any                                     | withdrawn            |
 * | no file is left   | `gone`                  | any                                     | forget               |
 * | no                | anything else           | any                                     | note on              |
 * | yes               | an absence, at rest     | any                                     | absent               |
 * | yes               | nothing, and it is held | any                                     | held                 |
 * | yes               | `watched`, at rest, due  | any                                     | held                 |
 * | yes               | `gone`, or at rest      | any                                     | stay                 |
 * | yes               | nothing, or an absence  | not there, or without its user          | note absence         |
 * | yes               | anything else           | without its user                        | note missing user    |
 * | yes               | `deleting`              | not there, or another                   | tell gone, by us     |
 * | yes               | anything else           | not there, or another                   | tell gone, by others |
 * | yes               | `used since`            | a key that is active again              | stop                 |
 * | yes               | `used since`            | the same                                | watch                |
 * | yes               | any                     | used since it was asked for             | stop                 |
 * | yes               | nothing                 | there                                   | note off             |
 * | yes               | `switching off`         | the same                                | switch off           |
 * | yes               | `watched`, `deleting`   | a key that is active again              | stop                 |
 * | yes               | `watched`, `deleting`   | the same, and days are left             | watch                |
 * | yes               | `watched`, and held     | the same, and the days are over         | watch                |
 * | yes               | `watched`               | the same, and the days are over         | note deletion        |
 * | yes               | `deleting`              | the same, and the days are over         | delete               |
 */
export function decideRetirement(facts: RetirementFacts): RetirementAction | RetirementEnd {
  const { isKnown, askedAt, isAskedElsewhere, isNamed, kept, live } = facts
  if (!isKnown) return { tell: 'unknown' }
  if (facts.isNewOfOther) return { do: 'note other owner' }
  if (askedAt === undefined && isAskedElsewhere) return { tell: 'withdrawn' }
  if (kept === undefined && askedAt === undefined)
    return facts.absence === undefined ? { tell: 'withdrawn' } : { do: 'forget' }
  if (facts.account !== 'active' && kept?.state !== 'gone') return decideWithoutAccount(facts)
  if (kept?.state === 'switching on') {
    // The status asks a person to look for the key, and then for the file.
    if (kept.isUserMissing && askedAt !== undefined) return { do: 'forget' }
    return isAtRest(facts) ? { tell: 'stay' } : { do: 'switch on' }
  }
  if (askedAt === undefined) {
    if (kept?.state !== 'gone') return { do: 'note on' }
    // A file that may ask again later must not ask for another credential of this name.
    return isNamed ? { tell: 'withdrawn' } : { do: 'forget' }
  }
  if (isAtRest(facts)) return describeRest(facts)
  if (!isSame(kept, live)) {
    if (kept === undefined) return { do: 'note absence' }
    if (live === 'no user') return { do: 'note missing user' }
    return { do: 'tell gone', byOthers: kept.state !== 'deleting' }
  }
  return decideThere(facts, askedAt, live)
}

/** Whether the next step depends on IAM's answer. */
export function needsLook(facts: Omit<RetirementFacts, 'live'>): boolean {
  const { isKnown, askedAt, kept, account } = facts
  return isKnown && askedAt !== undefined && account === 'active' && kept?.state !== 'switching on' && !isAtRest(facts)
}

/** Nothing can be called there. A suspended or closed account may come back, so what was begun stays recorded. */
function decideWithoutAccount({
  account,
  kept,
  now,
}: Pick<RetirementFacts, 'account' | 'kept' | 'now'>): RetirementAction | RetirementEnd {
  if (account === 'refusing' || kept === undefined) return { tell: 'wait for account' }
  if (kept.accountMissingSince === undefined) return { do: 'note missing account' }
  const isGone = now.getTime() - Date.parse(kept.accountMissingSince) >= accountGoneMs
  return isGone ? { do: 'leave account' } : { tell: 'wait for account' }
}

type RestFacts = Pick<RetirementFacts, 'kept' | 'absence' | 'held' | 'askedAt' | 'now' | 'retireAfterDays'>

function isAtRest(facts: RestFacts): boolean {
  const { kept, held, now, retireAfterDays } = facts
  if (kept === undefined) return held !== undefined || isAbsenceFresh(facts)
  if (kept.state === 'gone') return true
  const isEarly = kept.lookAt !== undefined && now < new Date(kept.lookAt)
  if (kept.isUserMissing) return isEarly
  if (kept.state === 'used since') return kept.staysAsItIs || isEarly
  return kept.state === 'watched' && isEarly && (held !== undefined || now < dueAt(kept, retireAfterDays))
}

/** A file that is newer than the last look may ask for a credential that was made since. */
function isAbsenceFresh({ absence, askedAt, now }: RestFacts): boolean {
  if (absence === undefined || askedAt === undefined) return false
  return now < new Date(absence.lookAt) && askedAt <= new Date(absence.at)
}

function describeRest(facts: RestFacts): RetirementEnd {
  const { kept, held, now, retireAfterDays } = facts
  if (kept === undefined) return { tell: isAbsenceFresh(facts) ? 'absent' : 'held' }
  const isDue = kept.state === 'watched' && !kept.isUserMissing && now >= dueAt(kept, retireAfterDays)
  return { tell: held !== undefined && isDue ? 'held' : 'stay' }
}

/** Whether this is the credential that the file asks for, and not another one with the same name. */
function isSame(kept: Retirement | undefined, live: LookedCredential): live is LiveCredential {
  return typeof live === 'object' && (kept === undefined || live.madeAt.getTime() === Date.parse(kept.madeAt))
}

/** The file asks for the credential, and it exists. */
function decideThere(
  { now, kept, held, canBeInactive, retireAfterDays }: RetirementFacts,
  asked: Date,
  live: LiveCredential,
): RetirementAction {
  const { lastUsedAt } = live
  const askedAt = kept ? Date.parse(kept.askedAt) : asked.getTime()
  const watchedMs = kept ? now.getTime() - Date.parse(kept.watchedAt ?? kept.at) : 0
  const isOn = canBeInactive && live.isActive && watchedMs > listingLagMs
  const activeAgain = { do: 'stop', live, why: 'somebody made it active again', isOn } as const
  if (kept?.state === 'used since') return isOn ? activeAgain : { do: 'watch' }
  if (lastUsedAt !== undefined && lastUsedAt.getTime() > askedAt - recordedSpanMs)
    return { do: 'stop', live, why: `it was used at ${lastUsedAt.toISOString()}`, isOn }
  if (kept === undefined) return { do: 'note off', live }
  if (kept.state === 'switching off') return { do: 'switch off', live }
  if (isOn) return activeAgain
  if (held !== undefined || now < dueAt(kept, retireAfterDays)) return { do: 'watch' }
  return { do: kept.state === 'deleting' ? 'delete' : 'note deletion' }
}

/** The end of the waiting days. */
export function dueAt({ watchedAt, at }: Pick<Retirement, 'watchedAt' | 'at'>, retireAfterDays: number): Date {
  return new Date(Date.parse(watchedAt ?? at) + retireAfterDays * dayMs)
}

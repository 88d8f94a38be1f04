import { lateHours, trackedDays } from '../../../domain/account-facts/tracked-days.ts'
import { renderInstant } from '../../../domain/text/instant.ts'
import type { LastUse } from './person-uses.ts'

/** When anybody last used the role of a permission set in one account. IAM does not tell its users apart. `why`: the end of a sentence. */
export type RoleUse =
  | {
      readonly isKnown: true
      /** When Identity Center made the role. The use of an earlier role is unknown. */
      readonly madeAt: string
      /** Absent: never, within the time that IAM keeps. */
      readonly lastUsedAt?: string | undefined
      readonly asOf: string
    }
  | { readonly isKnown: false; readonly why: string }

const hourMs = 60 * 60_000
const dayMs = 24 * hourMs

/**
 * A person's own use of one access, by the events of Identity Center. `countedSince`: until then uses may be missing. `last`: absent if none
 * is known. `isUnknown`: nobody has or ever had the access by ssofile's records, so the event may be forged.
 */
export type OwnUse = {
  readonly countedSince: string
  readonly asOf: string
  readonly last?: LastUse | undefined
  readonly isUnknown?: true
}

/** One access, the use of its role by anybody, and the use by its person. */
export type UsedAccess = {
  readonly since?: string | undefined
  /** When the person joined the group that has the access. Absent: the person has it directly, or nobody knows. */
  readonly memberSince?: string | undefined
  readonly use?: RoleUse | undefined
  readonly own?: OwnUse | undefined
}

/** The last event before a time without use. `used` is not told apart: by the person, or by somebody who may be the person. */
type LastEvent = { readonly at: string; readonly what: 'granted' | 'joined' | 'role made' | 'counted' | 'used' }

/** Nobody used this access since then. `counted`: IAM keeps no earlier uses. Absent: unknown, also if nobody knows when it was given. */
function unusedByAnybody({ since, memberSince, use }: UsedAccess): LastEvent | undefined {
  if (!use?.isKnown || since === undefined) return undefined
  const tracked = new Date(Date.parse(use.asOf) - trackedDays * dayMs)
  const begun = [
    [since, 'granted'],
    [memberSince, 'joined'],
  ] as const
  return latest([tracked, 'counted'], ...begun, [use.madeAt, 'role made'], [use.lastUsedAt, 'used'])
}

/**
 * The instant since when this person has not used the access: the earlier of `unusedByAnybody`, since what nobody used this person did
 * not use either, and the beginning of both the access and the counting. Never before a known use.
 */
export function unusedSince(access: UsedAccess): LastEvent | undefined {
  const { since, memberSince, own } = access
  const byAnybody = unusedByAnybody(access)
  if (own === undefined || since === undefined) return byAnybody
  const counted = latest([own.countedSince, 'counted'], [since, 'granted'], [memberSince, 'joined'])
  const first = byAnybody === undefined || counted.at <= byAnybody.at ? counted : byAnybody
  // While uses are counted for less than the access exists, a use of the role may be this person's.
  const isTheirs = counted.what === 'counted' && byAnybody?.what === 'used'
  return latest([first.at, isTheirs ? 'used' : first.what], [own.last?.at, 'used'])
}

/** The last of several instants wins, and the last one in the list if they are equal. */
function latest(...all: readonly (readonly [string | Date | undefined, LastEvent['what']])[]): LastEvent {
  const known = all.flatMap(([at, what]) => (at === undefined ? [] : [{ at: renderInstant(new Date(at)), what }]))
  return known.reduce((last, one) => (one.at < last.at ? last : one))
}

/** The number of whole days without use. The last hours may not be reported yet, so they do not count. */
export function unusedDays(access: UsedAccess): number | undefined {
  const from = unusedSince(access)?.at
  const asOf = access.use?.isKnown ? access.use.asOf : access.own?.asOf
  if (from === undefined || asOf === undefined) return undefined
  const until = Date.parse(asOf) - lateHours * hourMs
  return Math.max(0, Math.floor((until - Date.parse(from)) / dayMs))
}

/** The answer for one access when somebody asks for access unused for some days. */
export type UseVerdict = 'unused' | 'used' | 'too new' | 'not known'

/**
 * | since, use    | unused for    | what came last                                                     | verdict     |
 * | ------------- | ------------- | ------------------------------------------------------------------ | ----------- |
 * | one not known |               |                                                                    | `not known` |
 * | known         | the days asked |                                                                   | `unused`    |
 * | known         | less          | a use by this person, or one of the role that may be theirs        | `used`      |
 * | known         | less          | the access was given, the person joined its group, its role was made, or the counting began | `too new` |
 */
export function judgeUse(access: UsedAccess, days: number): UseVerdict {
  const unused = unusedDays(access)
  if (unused === undefined) return 'not known'
  if (unused >= days) return 'unused'
  return unusedSince(access)?.what === 'used' ? 'used' : 'too new'
}

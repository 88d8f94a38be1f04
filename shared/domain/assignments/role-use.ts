import { renderInstant } from '../text/instant.ts'
import type { LastUse } from '../usage/person-uses.ts'

/**
 * When anybody last used the role of a permission set in one account. IAM does not tell its users apart. `why`: the end of a sentence.
 */
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

// IAM User Guide, "Refine permissions in AWS using last accessed information": activity of at least the last 400 days, and
// recent activity usually appears within four hours.
const trackedDays = 400
export const lateHours = 4
/** Nobody can know that access was unused for longer than this. */
export const unusedDaysMost = trackedDays - 1

const hourMs = 60 * 60_000
const dayMs = 24 * hourMs

/**
 * A person's own use of one access, by the events of Identity Center. `countedSince`: until then uses may be missing. `last`: absent if none
 * is known.
 */
export type OwnUse = { readonly countedSince: string; readonly asOf: string; readonly last?: LastUse | undefined }

/** One access, the use of its role by anybody, and the use by its person. */
export type UsedAccess = {
  readonly since?: string | undefined
  readonly use?: RoleUse | undefined
  readonly own?: OwnUse | undefined
}

/**
 * The time since which nobody used this access. It is the latest of four: the access was given, its role was made, the role was last
 * used, IAM began to keep records. Absent: unknown, also if nobody knows when the access was given.
 */
function roleUnusedSince({ since, use }: UsedAccess): string | undefined {
  if (!use?.isKnown || since === undefined) return undefined
  const tracked = renderInstant(new Date(Date.parse(use.asOf) - trackedDays * dayMs))
  return latest([tracked, since, use.madeAt, use.lastUsedAt])
}

/**
 * The time since which this person did not use it. What nobody used, this person did not use either. So the earlier of two counts:
 * `roleUnusedSince`, and the beginning of both the access and the counting. But never before a known use.
 */
export function unusedSince(access: UsedAccess): string | undefined {
  const { since, own } = access
  const byRole = roleUnusedSince(access)
  if (own === undefined || since === undefined) return byRole
  const counted = latest([since, own.countedSince])
  return latest([byRole === undefined || counted < byRole ? counted : byRole, own.last?.at])
}

function latest(instants: readonly (string | undefined)[]): string {
  return renderInstant(new Date(Math.max(...instants.flatMap((one) => (one === undefined ? [] : Date.parse(one))))))
}

/** The number of whole days without use. The last hours may not be reported yet, so they do not count. */
export function unusedDays(access: UsedAccess): number | undefined {
  const from = unusedSince(access)
  const asOf = access.use?.isKnown ? access.use.asOf : access.own?.asOf
  if (from === undefined || asOf === undefined) return undefined
  const until = Date.parse(asOf) - lateHours * hourMs
  return Math.max(0, Math.floor((until - Date.parse(from)) / dayMs))
}

/** The answer for one access when somebody asks for access unused for some days. */
export type UseVerdict = 'unused' | 'used' | 'too new' | 'not known'

/**
 * The first row that fits counts. While the person's uses are counted for less than the access exists, a use of the role may be theirs.
 *
 * | since, use      | unused for      | what came last                        | verdict     |
 * | --------------- | --------------- | ------------------------------------- | ----------- |
 * | one not known   |                 |                                       | `not known` |
 * | known           | the days asked  |                                       | `unused`    |
 * | known           | less            | a use by this person                  | `used`      |
 * | known           | less            | a use of the role, not counted by person since the access was given | `used` |
 * | known           | less            | the access was given, its role made, or the counting began | `too new` |
 */
export function judgeUse(access: UsedAccess, days: number): UseVerdict {
  const { since, use, own } = access
  const unused = unusedDays(access)
  if (unused === undefined) return 'not known'
  if (unused >= days) return 'unused'
  if (own?.last !== undefined && unusedSince(access) === latest([own.last.at])) return 'used'
  if (own !== undefined && since !== undefined && latest([since, own.countedSince]) === latest([since]))
    return 'too new'
  const isUsed = use?.isKnown && use.lastUsedAt !== undefined && roleUnusedSince(access) === latest([use.lastUsedAt])
  return isUsed ? 'used' : 'too new'
}

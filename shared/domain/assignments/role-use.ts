import { renderInstant } from '../text/instant.ts'

/**
 * When the role of a permission set in one account was last used, by anybody who has it: IAM knows no more than the role.
 * `why`: as the end of a sentence.
 */
export type RoleUse =
  | {
      readonly isKnown: true
      /** When Identity Center made the role. What a role before it was used for is not known. */
      readonly madeAt: string
      /** Absent: never, as far back as IAM keeps it. */
      readonly lastUsedAt?: string | undefined
      readonly asOf: string
    }
  | { readonly isKnown: false; readonly why: string }

// IAM User Guide, "Refine permissions in AWS using last accessed information": activity of at least the last 400 days, and
// recent activity usually appears within four hours.
const trackedDays = 400
export const lateHours = 4
/** Nothing is known to be unused for longer. */
export const unusedDaysMost = trackedDays - 1

const hourMs = 60 * 60_000
const dayMs = 24 * hourMs

/** Access, and how its role was used. */
export type UsedAccess = { readonly since?: string | undefined; readonly use?: RoleUse | undefined }

/**
 * From when on nobody is known to have used this access: the latest of when it was given, when its role was made, when that
 * was last used, and as far back as IAM keeps it. Absent: it is not known, also where nobody knows since when it is given.
 */
export function unusedSince({ since, use }: UsedAccess): string | undefined {
  if (!use?.isKnown || since === undefined) return undefined
  const tracked = Date.parse(use.asOf) - trackedDays * dayMs
  const known = [since, use.madeAt, ...(use.lastUsedAt === undefined ? [] : [use.lastUsedAt])].map(Date.parse)
  return renderInstant(new Date(Math.max(tracked, ...known)))
}

/** For how many whole days that is known; uses of the last hours may not be known yet. */
export function unusedDays(access: UsedAccess): number | undefined {
  const from = unusedSince(access)
  if (from === undefined || !access.use?.isKnown) return undefined
  const until = Date.parse(access.use.asOf) - lateHours * hourMs
  return Math.max(0, Math.floor((until - Date.parse(from)) / dayMs))
}

/** What can be said of access when it is asked for what was unused for some days. */
export type UseVerdict = 'unused' | 'used' | 'too new' | 'not known'

/**
 * The first row that fits counts:
 *
 * | since, use      | unused for      | what came last                        | verdict     |
 * | --------------- | --------------- | ------------------------------------- | ----------- |
 * | one not known   |                 |                                       | `not known` |
 * | known           | the days asked  |                                       | `unused`    |
 * | known           | less            | a use                                 | `used`      |
 * | known           | less            | the access was given, or its role made | `too new`   |
 */
export function judgeUse(access: UsedAccess, days: number): UseVerdict {
  const { use } = access
  const unused = unusedDays(access)
  if (unused === undefined || !use?.isKnown) return 'not known'
  if (unused >= days) return 'unused'
  return use.lastUsedAt !== undefined && unusedSince(access) === renderInstant(new Date(use.lastUsedAt))
    ? 'used'
    : 'too new'
}

import { renderInstant } from '../text/instant.ts'

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

/** One access, and the use of its role. */
export type UsedAccess = { readonly since?: string | undefined; readonly use?: RoleUse | undefined }

/**
 * The time since which nobody used this access. It is the latest of four: the access was given, its role was made, the role was last
 * used, IAM began to keep records. Absent: unknown, also if nobody knows when the access was given.
 */
export function unusedSince({ since, use }: UsedAccess): string | undefined {
  if (!use?.isKnown || since === undefined) return undefined
  const tracked = Date.parse(use.asOf) - trackedDays * dayMs
  const known = [since, use.madeAt, ...(use.lastUsedAt === undefined ? [] : [use.lastUsedAt])].map(Date.parse)
  return renderInstant(new Date(Math.max(tracked, ...known)))
}

/** The number of whole days without use. IAM may not report the last hours yet, so they do not count. */
export function unusedDays(access: UsedAccess): number | undefined {
  const from = unusedSince(access)
  if (from === undefined || !access.use?.isKnown) return undefined
  const until = Date.parse(access.use.asOf) - lateHours * hourMs
  return Math.max(0, Math.floor((until - Date.parse(from)) / dayMs))
}

/** The answer for one access when somebody asks for access unused for some days. */
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

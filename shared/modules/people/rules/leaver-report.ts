import * as z from 'zod'
import { type AssignmentKey, assignmentKey } from '../../../domain/assignments/assignment.ts'
import { record } from '../../../domain/json/record.ts'
import { uploader } from '../../../domain/links/input-message.ts'
import { withoutSlashes } from '../../../domain/links/name-in-key.ts'
import { accountId } from '../../../domain/organization/account-id.ts'
import { permissionSetName } from '../../../domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../../domain/principals/identity-center-ids.ts'
import { principalName } from '../../../domain/principals/principal.ts'

/** One access that a person had when a file suspended the person. */
const hadAccess = record({
  access: assignmentKey,
  account: accountId,
  permissionSet: permissionSetName,
  givenBy: z.enum(['ssofile', 'others']),
  /** The group that gives the access. Absent: the access is the person's own. */
  group: z.string().optional(),
  /**
   * When it began; for access of others, when ssofile first saw it. Absent: unknown, others gave it to a group, or no look has completed
   * the report.
   */
  since: z.iso.datetime().optional(),
  links: z.array(z.string()),
  /** When it was revoked, or when ssofile first saw it gone. Absent: it is still there. */
  endedAt: z.iso.datetime().optional(),
})
export type HadAccess = z.infer<typeof hadAccess>

/** `reports/leavers/<date>/<user>.json`: the person's access, its beginning, and its end. */
export const leaverReport = record({
  v: z.literal(1),
  user: principalId,
  name: principalName,
  suspendedAt: z.iso.datetime(),
  /** When somebody deleted the file. Absent: the file is still there. */
  restoredAt: z.iso.datetime().optional(),
  by: uploader.optional(),
  reason: z.string().optional(),
  ticket: z.string().optional(),
  /** A look that saw all changes before it. Absent: no look has completed the report, or an earlier version wrote it. */
  lookedAt: z.iso.datetime().optional(),
  access: z.array(hadAccess),
})
export type LeaverReport = z.infer<typeof leaverReport>

/** The folder is the day of the suspension. */
export function leaverReportKey({ name, suspendedAt }: Pick<LeaverReport, 'name' | 'suspendedAt'>): string {
  return `reports/leavers/${suspendedAt.slice(0, 10)}/${withoutSlashes(name)}.json`
}

/** The key for a second suspension on the same day. */
export function laterLeaverReportKey(about: Pick<LeaverReport, 'name' | 'suspendedAt'>): string {
  return leaverReportKey(about).replace(/\.json$/, `%${about.suspendedAt}.json`)
}

/** Adds access that is there and that the report does not have, or has as ended. The rest stays as it is. */
export function addHad(known: readonly HadAccess[], there: readonly HadAccess[]): readonly HadAccess[] {
  const joined = new Map(known.map((one) => [one.access, one]))
  for (const one of there) {
    const before = joined.get(one.access)
    if (before === undefined || before.endedAt !== undefined) joined.set(one.access, one)
  }
  return sortHad(joined)
}

/**
 * Joins the report with the access that exists now and the ends in history. Access that was revoked and given again has not ended. A
 * beginning and links that this look could not read stay as the report has them.
 *
 * | there now | has ended, by history | in the report | then                                     |
 * | --------- | --------------------- | ------------- | ---------------------------------------- |
 * | yes       | any                   | any           | as it is now                             |
 * | no        | yes                   | any           | ended at the time in history             |
 * | no        | no                    | as ended      | stays                                    |
 * | no        | no                    | as there      | ended `at`, when first seen gone         |
 */
export function joinHad(
  known: readonly HadAccess[],
  { now, ended, at }: { readonly now: readonly HadAccess[]; readonly ended: readonly HadAccess[]; readonly at: string },
): readonly HadAccess[] {
  const joined = new Map<AssignmentKey, HadAccess>()
  for (const one of known) joined.set(one.access, { ...one, endedAt: one.endedAt ?? at })
  const lasting = new Map(known.filter(({ endedAt }) => endedAt === undefined).map((one) => [one.access, one]))
  for (const one of [...ended, ...now]) {
    const before = lasting.get(one.access)
    const links = one.links.length > 0 ? one.links : (before?.links ?? [])
    joined.set(one.access, { ...one, since: one.since ?? before?.since, links })
  }
  return sortHad(joined)
}

function sortHad(joined: ReadonlyMap<AssignmentKey, HadAccess>): readonly HadAccess[] {
  return [...joined.values()].sort((a, b) => (a.access < b.access ? -1 : 1))
}

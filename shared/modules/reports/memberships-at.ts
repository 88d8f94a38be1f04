import type { ObjectStore } from '../../ports/object-store.ts'
import { parseGroupsOfNight } from '../../reconcile/directory/nights-of-groups.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import type { MembershipsThen, MemberThen } from '../access/expand-access.ts'
import { readSummaryBefore, reportsPrefix, summaryRecord } from './report-summary.ts'

/** The members of each group at this instant, by the last report before it. `undefined`: there is none. */
export async function readMembershipsAt(objects: ObjectStore, at: Date): Promise<MembershipsThen | undefined> {
  const day = at.toISOString().slice(0, 10)
  const ofDay = (await spoiledAsAbsent(summaryRecord(objects, day).read()))?.value
  const isBefore = ofDay !== undefined && Date.parse(ofDay.madeAt) <= at.getTime()
  const report = isBefore ? ofDay : await readSummaryBefore(objects, day)
  const file = report && (await objects.get(`${reportsPrefix}${report.date}/groups.csv`))
  if (!report || !file) return undefined
  const groups = new Map<string, MemberThen[]>()
  for (const [group, members] of parseGroupsOfNight(file.body))
    groups.set(
      group,
      members.flatMap(({ person, user, files }) =>
        user ? [{ person, personId: user, memberships: files === '' ? [] : files.split(' ; ') }] : [],
      ),
    )
  return { asOf: report.madeAt, groups }
}

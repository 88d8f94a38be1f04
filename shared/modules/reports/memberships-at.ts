import { principalId } from '../../domain/principals/identity-center-ids.ts'
import { parseOwnCsv } from '../../domain/text/render-csv.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import type { MembershipsThen, MemberThen } from '../access/expand-access.ts'
import { readSummaryBefore, reportsPrefix, summaryRecord } from './report-summary.ts'
import { unreadMembers } from './write-report.ts'

/** The members of each group at this instant, by the last report before it. `undefined`: there is none. */
export async function readMembershipsAt(objects: ObjectStore, at: Date): Promise<MembershipsThen | undefined> {
  const day = at.toISOString().slice(0, 10)
  const ofDay = (await spoiledAsAbsent(summaryRecord(objects, day).read()))?.value
  const isBefore = ofDay !== undefined && Date.parse(ofDay.madeAt) <= at.getTime()
  const report = isBefore ? ofDay : await readSummaryBefore(objects, day)
  const file = report && (await objects.get(`${reportsPrefix}${report.date}/groups.csv`))
  if (!report || !file) return undefined
  const groups = new Map<string, MemberThen[]>()
  for (const [, group = '', person = '', id = '', files = ''] of parseOwnCsv(new TextDecoder().decode(file.body))) {
    if (!principalId.safeParse(group).success || person === unreadMembers) continue
    const members = groups.get(group) ?? []
    const user = principalId.safeParse(id).data
    if (user)
      members.push({ person: person || id, personId: user, memberships: files === '' ? [] : files.split(' ; ') })
    groups.set(group, members)
  }
  return { asOf: report.madeAt, groups }
}

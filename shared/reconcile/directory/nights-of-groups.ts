import { type PrincipalId, principalId } from '../../domain/principals/identity-center-ids.ts'
import { parseOwnCsv } from '../../domain/text/render-csv.ts'
import type { ReadingObjects } from '../../ports/object-store.ts'

/** Stands for the members of a group in `groups.csv` that nobody knows. */
export const unreadMembers = '(members could not be read)'

/** A membership in the report of one night. `user`: absent if the directory had no id. */
type ReportedMember = { readonly person: string; readonly user: PrincipalId | undefined; readonly files: string }

/** The groups with access of one night. A group without members has an empty list; one that could not be read is not there. */
export function parseGroupsOfNight(body: Uint8Array): ReadonlyMap<PrincipalId, readonly ReportedMember[]> {
  const groups = new Map<PrincipalId, ReportedMember[]>()
  for (const [, group = '', person = '', id = '', files = ''] of parseOwnCsv(new TextDecoder().decode(body))) {
    const of = principalId.safeParse(group).data
    if (of === undefined || person === unreadMembers) continue
    const members = groups.get(of) ?? []
    if (id !== '') members.push({ person: person || id, user: principalId.safeParse(id).data, files })
    groups.set(of, members)
  }
  return groups
}

/** The nights with a report from this day on, and the last one before it, ascending. Skips a night with the same groups as the one before. */
export async function* listNightsOfGroups(objects: ReadingObjects, since: string) {
  const nights: { readonly key: string; readonly etag: string; readonly date: string }[] = []
  for await (const { key, etag } of objects.list('reports/')) {
    const [, date] = /^reports\/(\d{4}-\d\d-\d\d)\/groups\.csv$/.exec(key) ?? []
    if (date === undefined) continue
    if (date < since) nights.length = 0
    if (nights.at(-1)?.etag !== etag) nights.push({ key, etag, date })
  }
  for (const { key } of nights) {
    const found = await objects.get(key)
    if (found) yield parseGroupsOfNight(found.body)
  }
}

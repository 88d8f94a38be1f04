import { parseNameInKey } from '../../domain/links/name-in-key.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { unlessUnread } from '../../ports/service-error.ts'
import { listNightsOfGroups } from '../../reconcile/directory/nights-of-groups.ts'
import type { People } from '../../reconcile/directory/people.ts'
import { listChanges } from '../../reconcile/records/tell-event.ts'

/** By id, or by name if the change has no id. */
export type HasMoved = (name: string, id: PrincipalId | undefined) => boolean

/**
 * The people who left a group with access since this date, whoever manages the group: by ssofile's own changes until now, and by comparing the
 * nights' reports. A group that is not in the last report may have lost its access, or be gone: the directory says who is in it now. A joiner
 * only comes into groups.
 */
export async function readMovers(
  movedSince: string | undefined,
  { objects, people }: { readonly objects: ObjectStore; readonly people: Pick<People, 'membersOf'> },
): Promise<HasMoved> {
  if (movedSince === undefined) return () => true
  const names = new Set<string>()
  for await (const { event, name } of listChanges(objects, movedSince))
    if (event === 'membership-removed') names.add(parseNameInKey(name.slice(name.lastIndexOf('%') + 1)))
  const ids = new Set<PrincipalId>()
  const last = new Map<PrincipalId, ReadonlySet<PrincipalId>>()
  const compare = (group: PrincipalId, members: ReadonlySet<PrincipalId>) => {
    for (const user of last.get(group) ?? []) if (!members.has(user)) ids.add(user)
    last.set(group, members)
  }
  let reported: ReadonlyMap<PrincipalId, unknown> = new Map()
  for await (const groups of listNightsOfGroups(objects, movedSince)) {
    for (const [group, members] of groups) compare(group, new Set(members.flatMap(({ user }) => user ?? [])))
    reported = groups
  }
  for (const group of [...last.keys()].filter((one) => !reported.has(one))) {
    const read = await unlessUnread(people.membersOf(group))
    if ('is' in read) compare(group, new Set(read.is ?? []))
  }
  return (name, id) => names.has(name) || (id !== undefined && ids.has(id))
}

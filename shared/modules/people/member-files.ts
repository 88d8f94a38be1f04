import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { MembershipId, OwnedMembership } from '../../domain/principals/owned-membership.ts'
import { nameInLinks, principalName } from '../../domain/principals/principal.ts'
import type { Reading } from '../../domain/readings/reading.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { unlessUnread } from '../../ports/service-error.ts'
import { type ListedMember, writeGroupMembers } from '../../reconcile/records/group-members.ts'
import { forEachAtOnce } from '../../reconcile/records/list-heads.ts'
import { readOwnedMemberships } from '../../reconcile/records/owned-groups.ts'
import type { NameIndex } from '../../reconcile/records/principal-names.ts'

/** All entries of 200,000 memberships do not fit into memory. */
export const entriesAtOnce = 2_000
/** A rule needs all entries of its group at once. A larger group comes in pieces: the look at its rule has a function's memory to itself. */
export const comparedMost = 20_000

/** The users in a group; `undefined`: the directory has no such group. */
export type ReadMembers = Reading<ReadonlySet<PrincipalId> | undefined>

type Sources = {
  readonly objects: ObjectStore
  readonly principalSuffix: string
  /** The last names of groups that are gone. */
  readonly index: Pick<NameIndex, 'namesOf'>
  /** The whole name of a group in the directory. */
  readonly nameOf: (group: PrincipalId) => string | undefined
  readonly namesOf: (users: ReadonlySet<PrincipalId>) => Promise<ReadonlyMap<PrincipalId, string | undefined>>
}

type Entries = Awaited<ReturnType<typeof readOwnedMemberships>>
/** What `members/` says about a membership that ssofile made. Of 200,000 memberships, whole entries would not fit into memory. */
type Made = Pick<ListedMember, 'since' | 'files'>
type MadeIn = ReadonlyMap<PrincipalId, Made>

function madeBy(entries: Entries): MadeIn {
  return new Map(entries.map(({ id, entry }) => [id.user, toMade(entry)]))
}

function toMade({ grantedAt, files }: OwnedMembership): Made {
  return { since: grantedAt, files: files.map(({ key }) => key) }
}

/** Those of a whole group, which may be too large to read at once. */
async function readMadeIn(objects: ObjectStore, ids: readonly MembershipId[]): Promise<MadeIn> {
  const made = new Map<PrincipalId, Made>()
  for (let start = 0; start < ids.length; start += entriesAtOnce)
    for (const { id, entry } of await readOwnedMemberships(objects, ids.slice(start, start + entriesAtOnce)))
      made.set(id.user, toMade(entry))
  return made
}

/**
 * For a comparison that reads groups part by part: writes the file of each group that has access, once. `holders`: these groups. The
 * returned function gets the part's groups and their entries, and the readings of members.
 */
export function openMemberFiles(
  sources: Sources & { readonly byGroup: ReadonlyMap<PrincipalId, readonly MembershipId[]> },
  holders: ReadonlySet<PrincipalId>,
) {
  const untold = new Set(holders)
  return (
    part: readonly PrincipalId[],
    readings: ReadonlyMap<PrincipalId, Promise<ReadMembers>>,
    entriesOf: ReadonlyMap<PrincipalId, Entries>,
  ) =>
    forEachAtOnce(part, async (id) => {
      const read = untold.delete(id) ? await readings.get(id) : undefined
      if (read === undefined) return
      const ids = sources.byGroup.get(id) ?? []
      const made = ids.length <= comparedMost ? madeBy(entriesOf.get(id) ?? []) : await readMadeIn(sources.objects, ids)
      await writeMembersOf(sources, id, { read, made })
    })
}

/**
 * Writes `members/<group>.csv` from a reading of the group's members. If the members or their names could not be read, the former object
 * stays, which says as of when it is true.
 */
async function writeMembersOf(
  { objects, principalSuffix, index, nameOf, namesOf }: Sources,
  id: PrincipalId,
  { read, made }: { readonly read: ReadMembers; readonly made: MadeIn },
): Promise<void> {
  if ('unread' in read) return
  const names = await unlessUnread(namesOf(read.is ?? new Set()))
  if ('unread' in names) return
  const whole = nameOf(id)
  const known = whole === undefined ? index.namesOf('GROUP', id)[0] : nameInLinks(whole, principalSuffix)
  const members = [...(read.is ?? [])].map((user) => {
    const { since, files = [] } = made.get(user) ?? {}
    return { id: user, name: names.is.get(user), since, files }
  })
  // As in `access/`: an id in place of a name that no link can have.
  const name = known ?? principalName.parse(id)
  await writeGroupMembers(objects, { id, name, members: read.is && members, asOf: read.asOf })
}

import type { Configuration } from '../../domain/deployment/configuration.ts'
import { type PrincipalId, principalId } from '../../domain/principals/identity-center-ids.ts'
import type { MembershipId, OwnedMembership } from '../../domain/principals/owned-membership.ts'
import { nameInLinks, principalName } from '../../domain/principals/principal.ts'
import type { Reading } from '../../domain/readings/reading.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { unlessUnread } from '../../ports/service-error.ts'
import { patientIdentityStore } from '../../reconcile/calls/patient-identity-store.ts'
import { People } from '../../reconcile/directory/people.ts'
import {
  changedGroups,
  groupMembersKey,
  type ListedMember,
  writeGroupMembers,
} from '../../reconcile/records/group-members.ts'
import { forEachAtOnce } from '../../reconcile/records/list-heads.ts'
import { listOwnedMemberships, readOwnedMemberships } from '../../reconcile/records/owned-groups.ts'
import { NameIndex } from '../../reconcile/records/principal-names.ts'

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

/** Listings show a change some seconds late. */
const lagMs = 15_000
/** A file of more bytes has some 10,000 people, whose listing takes seconds. It is not written more often than this. */
const [largeBytes, largeAgainMs] = [1024 * 1024, 10 * 60_000]

/**
 * Runs every minute: reads the groups that an event named, or that have no file yet, and writes their files. A group that cannot be read
 * keeps its note. `untilMs`: it reads no other group after this time (monotonic). Returns how many it has read.
 */
export async function readChangedGroups(
  ports: Pick<Ports, 'objects' | 'identityStore' | 'clock' | 'randomness' | 'log'>,
  { principalSuffix }: Pick<Configuration, 'principalSuffix'>,
  untilMs: number,
): Promise<number> {
  const { objects, clock, log } = ports
  const identityStore = patientIdentityStore(ports)
  const people = new People(identityStore)
  let count = 0
  for await (const { key, etag, lastModified } of objects.list(changedGroups.at)) {
    const id = principalId.safeParse(key.slice(changedGroups.at.length)).data
    const nowMs = clock.now().getTime()
    if (clock.monotonicMs() >= untilMs) break
    if (id === undefined || nowMs - lastModified.getTime() < lagMs) continue
    const index = await NameIndex.readOnly(objects, 'GROUP', [id])
    const [last] = index.namesOf('GROUP', id)
    // Without access it has no file.
    if (last !== undefined) {
      const file = await objects.head(groupMembersKey(last))
      if (file && file.size > largeBytes && nowMs - file.lastModified.getTime() < largeAgainMs) continue
      const read = await readGroup(id, people, clock)
      if ('unread' in read) {
        log.warn('the members of a group could not be read; its file stays as it was', { group: id, ...read })
        continue
      }
      const whole = (await people.findGroup(id))?.name
      const sources = { objects, principalSuffix, index, nameOf: () => whole }
      const namesOf = (users: ReadonlySet<PrincipalId>) => people.namesOf('USER', users)
      const made = await readMadeIn(objects, await Array.fromAsync(listOwnedMemberships(objects, id)))
      await writeMembersOf({ ...sources, namesOf }, id, { read, made })
      count++
    }
    await objects.delete(key, { ifMatch: etag })
  }
  return count
}

export async function readGroup(
  id: PrincipalId,
  people: Pick<People, 'membersOf'>,
  clock: Pick<Clock, 'now'>,
): Promise<ReadMembers> {
  const asOf = renderInstant(clock.now())
  const found = await unlessUnread(people.membersOf(id))
  return 'is' in found ? { is: found.is && new Set(found.is), asOf } : found
}

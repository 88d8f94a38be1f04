import pLimit from 'p-limit'
import type { AssignmentKey } from '../../domain/assignments/assignment.ts'
import type { LedgerEntry } from '../../domain/assignments/ledger-entry.ts'
import { describeList } from '../../domain/brake/describe-list.ts'
import { rulesOfPeople } from '../../domain/brake/lists.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { MembershipId, OwnedMembership } from '../../domain/principals/owned-membership.ts'
import type { Holdings } from '../../domain/suspensions/describe-suspension.ts'
import { hasName } from '../../domain/text/sorted-names.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { unlessUnread } from '../../ports/service-error.ts'
import type { People } from '../../reconcile/directory/people.ts'
import { readBrake } from '../../reconcile/records/brake-file.ts'
import { forEachKnown } from '../../reconcile/records/foreign-assignments.ts'
import { Ledger } from '../../reconcile/records/ledger.ts'
import { readsAtOnce } from '../../reconcile/records/list-heads.ts'
import { listOwnedMemberships, readOwnedMemberships } from '../../reconcile/records/owned-groups.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'

/** The access and memberships of a person by our records, and access through groups. */
export type FoundHoldings = Omit<Holdings, 'memberships'> & {
  readonly memberships: readonly { readonly id: MembershipId; readonly entry: OwnedMembership }[]
  /** Our entries in the ledger. */
  readonly entries: ReadonlyMap<AssignmentKey, LedgerEntry>
  readonly throughGroups: readonly ThroughGroup[]
  readonly groupIds: readonly PrincipalId[]
  /** Names of the groups that others added the user to, with or without access. */
  readonly groupsOfOthers: readonly string[]
}
/** The access of groups is not read one by one: there may be thousands. `etag`: of its record. */
type ThroughGroup = {
  readonly key: AssignmentKey
  readonly group: string
  readonly isForeign: boolean
  readonly etag: string
}

/** Reads the bucket, and the user's groups from the directory. */
export async function findHoldings(
  user: PrincipalId,
  { objects, people }: { readonly objects: ObjectStore; readonly people: People },
): Promise<FoundHoldings> {
  const read = await unlessUnread(people.groupsOf(user))
  const ids = 'is' in read ? read.is : await listOwnGroups(user, objects)
  const names = await people.namesOf('GROUP', ids)
  const nameOf = new Map<string, string>(ids.map((id) => [id, names.get(id) ?? id]))
  const ours: AssignmentKey[] = []
  const foreign: AssignmentKey[] = []
  const throughGroups: ThroughGroup[] = []
  await forEachKnown(objects, ({ key, assignment: { type, principalId }, isForeign, etag }) => {
    const group = type === 'GROUP' ? nameOf.get(principalId) : undefined
    if (group !== undefined) throughGroups.push({ key, group, isForeign, etag })
    if (type !== 'USER' || principalId !== user) return
    if (isForeign) foreign.push(key)
    else ours.push(key)
  })
  for (const keys of [ours, foreign]) keys.sort()
  throughGroups.sort((a, b) => (a.key < b.key ? -1 : 1))
  const lists = (await spoiledAsAbsent(readBrake(objects, rulesOfPeople)))?.lists ?? []
  const list = lists.find(({ held }) => ours.some((key) => hasName(held, key)))
  const asked = ids.map((group) => ({ group, user }))
  const all = await readOwnedMemberships(objects, asked)
  const external = new Set<PrincipalId>()
  for (const { id } of all) if ((await people.findGroup(id.group))?.isExternal) external.add(id.group)
  const memberships = all.filter(({ id }) => !external.has(id.group))
  const kept = [...external].map((id) => nameOf.get(id) ?? id).sort()
  const own = new Set(all.map(({ id }) => nameOf.get(id.group)))
  const groups = [...new Set(throughGroups.map(({ group }) => group))].filter((group) => !own.has(group))
  const entries = await readEntries(ours, objects)
  const failed = ours.filter((key) => ['failed', 'stuck'].includes(entries.get(key)?.state ?? ''))
  return {
    user,
    ours,
    memberships,
    kept,
    entries,
    failed,
    foreign,
    groups,
    throughGroups,
    groupIds: ids,
    ...('unread' in read && { unread: read.unread }),
    groupsOfOthers: ids.map((id) => nameOf.get(id) ?? id).filter((group) => !own.has(group)),
    held: list && describeList(list),
  }
}

/** The groups that ssofile added the user to, by its records. */
async function listOwnGroups(user: PrincipalId, objects: ObjectStore): Promise<readonly PrincipalId[]> {
  const groups: PrincipalId[] = []
  for await (const id of listOwnedMemberships(objects)) if (id.user === user) groups.push(id.group)
  return groups
}

async function readEntries(
  keys: readonly AssignmentKey[],
  objects: ObjectStore,
): Promise<ReadonlyMap<AssignmentKey, LedgerEntry>> {
  const ledger = new Ledger(objects)
  const read = await pLimit(readsAtOnce).map(keys, (key) => spoiledAsAbsent(ledger.read(key)))
  return new Map(read.flatMap((stored) => (stored ? [[stored.key, stored.entry] as const] : [])))
}

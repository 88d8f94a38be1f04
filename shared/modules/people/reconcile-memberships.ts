import pLimit from 'p-limit'
import { membershipsOn, rulesOfMemberships } from '../../domain/brake/lists.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { groupKey } from '../../domain/files/group-file.ts'
import { groupOfMembership, membershipPrefix, parseMembershipKey } from '../../domain/files/membership-file.ts'
import { ruleKey, rulePrefix } from '../../domain/files/rule-file.ts'
import { kinds } from '../../domain/inputs/kinds.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { MembershipId, OwnedMembership } from '../../domain/principals/owned-membership.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import type { NamedPrincipal } from '../../ports/identity-store.ts'
import { listAll } from '../../ports/page.ts'
import type { Ports } from '../../ports/ports.ts'
import { unlessUnread } from '../../ports/service-error.ts'
import { patientIdentityStore } from '../../reconcile/calls/patient-identity-store.ts'
import { DirectoryListing, type ListedPeople, recentMs } from '../../reconcile/directory/directory-listing.ts'
import { People } from '../../reconcile/directory/people.ts'
import { readBrake } from '../../reconcile/records/brake-file.ts'
import { sendInputs } from '../../reconcile/records/inputs.ts'
import { forEachAtOnce, type Heads, listHeads, readsAtOnce } from '../../reconcile/records/list-heads.ts'
import {
  listOwnedGroups,
  listOwnedMemberships,
  ownedGroups,
  readOwnedMemberships,
} from '../../reconcile/records/owned-groups.ts'
import { readNow } from '../../reconcile/records/owner.ts'
import { NameIndex } from '../../reconcile/records/principal-names.ts'
import { fileReadingOf, readParsedInput } from '../../reconcile/records/read-input.ts'
import { readStatus } from '../../reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { type NamedPart, Turn } from '../../reconcile/records/turns.ts'
import { type Following, listUnsettled, lookAtEntry, unsettled } from './follow-directory.ts'
import { comparedMost, entriesAtOnce, openMemberFiles, type ReadMembers, readGroup } from './member-files.ts'
import { MembershipAlignment } from './membership-index.ts'
import { compareListed } from './rule-controller.ts'
import { RuleFiles } from './rule-files.ts'
import { decideGroup } from './rules/decide-group.ts'
import { describeRule } from './rules/describe-rule.ts'

/** Half a minute at AWS's rate: a call lists the members of a group. */
const groupsAtOnce = 500
/** From this many groups with access on, a listing of all users takes less than a look-up of each member. */
const manyHolders = 5

/**
 * One of our groups. `id`: undefined if its record has none, or cannot be read. `isInOrder`: file and directory agree, as a look at the
 * group would find.
 */
type Group = { readonly name: PrincipalName; readonly id: PrincipalId | undefined; readonly isInOrder: boolean }

/**
 * Runs every hour, for changes without an event. Compares each of our groups with its file and one listing of all groups, each of our
 * memberships with the files, the group's members and the user's present name, and each rule with one listing of all people. Only what
 * seems to differ is sent to be looked at: so an hour without changes sends nothing, and no upload waits behind it. `untilMs`: it
 * begins no part after this time (monotonic), and the next run goes on. Returns how much it sent.
 */
export async function reconcileMemberships(
  ports: Following & Pick<Ports, 'log'>,
  configuration: Configuration,
  untilMs: number,
): Promise<number> {
  const { objects } = ports
  const names = await Array.fromAsync(listOwnedGroups(objects))
  const ruleFiles = await listHeads(objects, rulePrefix)
  // A policy may have refused a file because of the group's links, which may have changed.
  const open = new Set(await listUnsettled(objects, [...unsettled, 'rejected'])).difference(ruleFiles)
  const sent = { count: 0 }
  const send = async (keys: ReadonlySet<string>) => {
    if (keys.size > 0) await sendInputs(ports, [...keys], 'reconcile', configuration)
    sent.count += keys.size
  }
  const identityStore = patientIdentityStore(ports)
  const index = await NameIndex.read(objects)
  const holders = new Set(index.idsOfType('GROUP'))
  const { groups, listed } = await readGroups(names, holders, { ...ports, identityStore, configuration })
  const known = new Map(groups.flatMap((group) => (group.id === undefined ? [] : [[group.id, group]])))
  const changed = groups.filter(({ isInOrder }) => !isInOrder)
  await send(open.union(new Set(changed.map(({ name }) => groupKey(name)))))
  const files = await listHeads(objects, membershipPrefix)
  const filesOf = Map.groupBy(files.keys(), (key) => groupIn(key, configuration))
  const isRead = (id: PrincipalId, ours: readonly MembershipId[] | undefined) => {
    const group = known.get(id)
    const isOfFiles = group && (ours || filesOf.has(group.name) || ruleFiles.has(ruleKey(group.name)))
    return isOfFiles || holders.has(id)
  }
  // Users and members have a rate each.
  const [people, { alignment, byGroup, turn, members }] = await Promise.all([
    ruleFiles.size === 0 ? undefined : listUsers({ ...ports, identityStore }, configuration),
    beginParts({ ...ports, identityStore }, new Set([...known.keys(), ...holders]), isRead),
  ])
  const compared = new Map(
    [...known].filter(([id, { name, isInOrder }]) => {
      return isInOrder && ruleFiles.has(ruleKey(name)) && (byGroup.get(id)?.length ?? 0) <= comparedMost
    }),
  )
  const ownRules = new Set([...compared.values()].map(({ name }) => ruleKey(name)))
  await send(new Set(ruleFiles.keys()).difference(ownRules))
  const { named, namesOf } = await openNames(identityStore, { people, byGroup, isMany: holders.size >= manyHolders })
  const nameOf = (id: PrincipalId) => listed.get(id)?.name
  const sources = { ...{ objects, index, nameOf, namesOf, byGroup }, principalSuffix: configuration.principalSuffix }
  const writeFiles = openMemberFiles(sources, holders)
  const isAsRule = people && (await openRules(ports, configuration, { people, ruleFiles }))
  const gone = new Set<string>()
  const withFiles = new Set(known.keys())
  const comparePart = async ({ groups: part, ids }: Part) => {
    const entries = await readOwnedMemberships(objects, ids)
    await alignment.meet(ids, entries)
    const entriesOf = Map.groupBy(entries, ({ id }) => id.group)
    const [differing, withoutRule] = [new Set<string>(), new Set<string>()]
    await forEachAtOnce(part, async (id) => {
      const group = compared.get(id)
      if (group === undefined) return
      const read = await members.of.get(id)
      const facts = read && 'is' in read && { entries: entriesOf.get(id) ?? [], members: read.is ?? nobody }
      const isSame = facts && (await isAsRule?.(group.name, facts))
      if (!isSame) differing.add(ruleKey(group.name))
    })
    for (const id of part.filter((one) => withFiles.delete(one))) {
      const ofGroup = filesOf.get(known.get(id)?.name) ?? []
      for (const key of await listLeft(ofGroup, entries, await members.of.get(id), objects)) differing.add(key)
    }
    await send(differing)
    for (const { id, entry } of entries) {
      const user = named?.get(id.user) ?? people?.find(id.user)
      const isNamed = user !== undefined && !user.isDisabled && user.name === entry.user + configuration.principalSuffix
      const isAsked = entry.files.some(({ key }) => files.has(key) || ruleFiles.has(key))
      const rule = ruleKey(entry.group)
      // The file of the rule is gone, so look at all its memberships together.
      if (!isAsked && entry.files.some(({ key }) => key === rule)) {
        withoutRule.add(rule)
        continue
      }
      const read = known.has(id.group) ? await members.of.get(id.group) : undefined
      const isMember = read !== undefined && ('unread' in read || read.is?.has(id.user) === true)
      if (entry.state === 'granted' && isNamed && isAsked && isMember) continue
      await lookAtEntry(ports, configuration, id, entry)
      sent.count++
    }
    await send(withoutRule.difference(gone))
    for (const rule of withoutRule) gone.add(rule)
    await writeFiles(part, members.of, entriesOf)
  }
  try {
    const left = await turn.each(untilMs, comparePart)
    await alignment.end(new Set(left.flatMap(({ groups: part }) => part)))
  } finally {
    members.stop()
  }
  return sent.count
}

function listUsers(ports: Following, { principalSuffix }: Configuration): Promise<ListedPeople> {
  return new DirectoryListing(ports, principalSuffix).read(undefined, recentMs)
}

/** Lists our memberships, and begins to read members. `groups`: besides those of memberships. */
async function beginParts(
  ports: Following & Pick<Ports, 'log'>,
  groups: ReadonlySet<PrincipalId>,
  isRead: (id: PrincipalId, ours: readonly MembershipId[] | undefined) => unknown,
) {
  const { objects, identityStore } = ports
  const alignment = await MembershipAlignment.begin(objects, await readNow(ports))
  const byGroup = Map.groupBy(await Array.fromAsync(listOwnedMemberships(objects)), ({ group }) => group)
  const all = [...groups.union(new Set(byGroup.keys()))].sort()
  const turn = await Turn.begin(ports, 'memberships', [...cutParts(all, byGroup)])
  const inTurn = new Set(turn.parts.flatMap((part) => part.groups))
  const ids = [...inTurn].filter((id) => isRead(id, byGroup.get(id)))
  return { alignment, byGroup, turn, members: readMembers(ids, new People(identityStore), ports) }
}

type ReadingPorts = Pick<Following, 'objects' | 'identityStore'> & {
  readonly configuration: Pick<Configuration, 'principalSuffix'>
}

/** Our groups, and the groups of the directory, listed once. `holders`: groups that have access. */
async function readGroups(
  names: readonly PrincipalName[],
  holders: ReadonlySet<PrincipalId>,
  { objects, identityStore, configuration }: ReadingPorts,
) {
  const listed = new Map<PrincipalId, NamedPrincipal>()
  if (names.length + holders.size > 0)
    for await (const found of listAll((token) => identityStore.listPrincipals('GROUP', token)))
      listed.set(found.id, found)
  const groups = await pLimit(readsAtOnce).map(names, async (name): Promise<Group> => {
    const entry = (await spoiledAsAbsent(ownedGroups.of(objects, name).read()))?.value
    const found = entry?.id && listed.get(entry.id)?.group
    const file = fileReadingOf(await readParsedInput(objects, groupKey(name), kinds.group))
    const next = decideGroup({
      file: file.is === 'valid' ? file.body : file.is,
      entry,
      group: found && {
        hasName: found.name === name + configuration.principalSuffix,
        isExternal: found.isExternal,
        description: found.description,
      },
      ...{ isFresh: false, knownAs: undefined, references: [] },
    })
    return { name, id: entry?.id, isInOrder: 'tell' in next && next.tell === 'applied' }
  })
  return { groups, listed }
}

type NamesOfUsers = {
  readonly people: ListedPeople | undefined
  readonly byGroup: ReadonlyMap<PrincipalId, readonly MembershipId[]>
  /** One listing of all users takes less than a look-up of each name. */
  readonly isMany: boolean
}

/** The users of our memberships, if no listing has everybody, and the names of any users. A refused listing costs only time. */
async function openNames(identityStore: Following['identityStore'], { people, byGroup, isMany }: NamesOfUsers) {
  if (people) {
    const namesOf = async (users: ReadonlySet<PrincipalId>) =>
      new Map([...users].map((user) => [user, people.find(user)?.name]))
    return { named: undefined, namesOf }
  }
  const all = new People(identityStore)
  const listed = isMany ? await unlessUnread(all.listNames('USER')) : undefined
  const directory = listed && 'unread' in listed ? new People(identityStore) : all
  const named = await directory.find(
    'USER',
    new Set([...byGroup.values()].flatMap((ids) => ids.map(({ user }) => user))),
  )
  return { named, namesOf: (users: ReadonlySet<PrincipalId>) => directory.namesOf('USER', users) }
}

function groupIn(key: string, { folders }: Configuration): PrincipalName | undefined {
  const named = parseMembershipKey(key, folders)
  return named.ok ? named.value.group : undefined
}

/**
 * The files whose users somebody else had put into the group, and who are not there any more. No entry names them. Call it once for each
 * group, because a large one comes in pieces.
 */
async function listLeft(
  files: readonly string[],
  entries: readonly { readonly entry: OwnedMembership }[],
  read: ReadMembers | undefined,
  objects: Ports['objects'],
): Promise<readonly string[]> {
  if (read === undefined || 'unread' in read) return []
  const ofOurs = new Set(entries.flatMap(({ entry }) => entry.files.map(({ key }) => key)))
  const left: string[] = []
  await forEachAtOnce(files, async (key) => {
    const told = ofOurs.has(key) ? undefined : await spoiledAsAbsent(readStatus(objects, key))
    if (told?.owned === false && told.principalId !== undefined && !read.is?.has(told.principalId)) left.push(key)
  })
  return left
}

const nobody: ReadonlySet<PrincipalId> = new Set()

/** Begins to read the members of these groups, in this order. If they cannot be read, everybody counts as a member. */
function readMembers(groups: readonly PrincipalId[], people: People, { clock }: Pick<Ports, 'clock'>) {
  const limit = pLimit(readsAtOnce)
  const begin = (id: PrincipalId) => {
    const members = limit(readGroup, id, people, clock)
    // The caller that awaits it receives the error.
    members.catch(() => {})
    return [id, members] as const
  }
  return { of: new Map(groups.map(begin)), stop: () => limit.clearQueue() }
}

/** `groups`: the groups of these memberships, and groups without memberships. */
type Part = NamedPart & { readonly groups: readonly PrincipalId[]; readonly ids: readonly MembershipId[] }

/** Yields whole groups, about 2,000 memberships at a time, but a group that no rule is compared with in pieces. `groups`: ascending. */
function* cutParts(
  groups: Iterable<PrincipalId>,
  byGroup: ReadonlyMap<PrincipalId, readonly MembershipId[]>,
): Generator<Part> {
  let [whole, most]: [PrincipalId[], MembershipId[]] = [[], []]
  const cut = (): readonly Part[] => {
    const last = whole.at(-1)
    const parts = last === undefined ? [] : [{ name: last, groups: whole, ids: most }]
    whole = []
    most = []
    return parts
  }
  for (const group of groups) {
    const ids = byGroup.get(group) ?? []
    if (ids.length > comparedMost) {
      yield* cut()
      for (let start = 0; start < ids.length; start += entriesAtOnce) {
        const name = `${group}%${String(start).padStart(9, '0')}`
        yield { name, groups: [group], ids: ids.slice(start, start + entriesAtOnce) }
      }
      continue
    }
    whole.push(group)
    most.push(...ids)
    if (most.length >= entriesAtOnce || whole.length >= groupsAtOnce) yield* cut()
  }
  yield* cut()
}

/**
 * Answers whether a group is as its rule says: a look would change nothing, and the status of this upload says the same. `entries`,
 * `members`: of the group.
 */
async function openRules(
  ports: Following,
  { onDrift }: Configuration,
  { people, ruleFiles }: { readonly people: ListedPeople; readonly ruleFiles: Heads },
) {
  const { objects } = ports
  const rules = await new RuleFiles(objects).readAll()
  const lists = (await spoiledAsAbsent(readBrake(objects, rulesOfMemberships)))?.lists ?? []
  // A look takes people who stay off the brake's lists.
  const held = new Set(lists.flatMap((list) => [list.name, ...membershipsOn(list).map(groupOfMembership)]))
  const now = await readNow(ports)
  type Facts = Pick<Parameters<typeof compareListed>[2], 'entries' | 'members'>
  return async (name: PrincipalName, facts: Facts): Promise<boolean> => {
    const rule = rules.get(name)
    if (!rule?.ok || held.has(name)) return false
    const { joining, leaving, look } = compareListed(name, rule.value, { people, now, onDrift, ...facts })
    if (joining.length + leaving.length > 0) return false
    const next = describeRule(name, {
      ...look,
      isExternal: false,
      held: undefined,
      paused: undefined,
      isAsBefore: false,
    })
    const told = await spoiledAsAbsent(readStatus(objects, ruleKey(name)))
    if (next?.state !== 'applied' || told?.state !== 'applied') return false
    if (told.etag !== ruleFiles.get(ruleKey(name))?.etag) return false
    return JSON.stringify([told.people, told.warnings]) === JSON.stringify([next.people, next.warnings])
  }
}

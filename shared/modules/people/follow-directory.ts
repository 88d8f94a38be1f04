import { settlingMs } from '../../domain/assignments/access-proof.ts'
import type { Author } from '../../domain/by-hand/author.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { groupPrefix } from '../../domain/files/group-file.ts'
import { membershipKey, membershipPrefix, parseMembershipKey } from '../../domain/files/membership-file.ts'
import { matchesRule, rulePrefix } from '../../domain/files/rule-file.ts'
import {
  type DirectoryChange,
  type DirectoryEvent,
  type MembershipChange,
  usersWhoMoved,
} from '../../domain/principals/directory-event.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import {
  type MembershipId,
  type OwnedMembership,
  ownedMembershipKey,
} from '../../domain/principals/owned-membership.ts'
import { nameInLinks, type PrincipalName } from '../../domain/principals/principal.ts'
import type { AttentionState } from '../../domain/statuses/status.ts'
import { parseSuspensionKey, suspensionKey, suspensionPrefix } from '../../domain/suspensions/suspension.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { DirectoryPerson, ReadingIdentityStore } from '../../ports/identity-store.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { once } from '../../ports/once.ts'
import type { Ports } from '../../ports/ports.ts'
import { patientIdentityStore } from '../../reconcile/calls/patient-identity-store.ts'
import { askOnce } from '../../reconcile/directory/ask-once.ts'
import { DirectoryListing, nameInKeys, recentMs } from '../../reconcile/directory/directory-listing.ts'
import { PrincipalIndex } from '../../reconcile/directory/principal-index.ts'
import { noteAuthors } from '../../reconcile/records/authors.ts'
import { indexInstants } from '../../reconcile/records/expiry-index.ts'
import { noteChangedGroups } from '../../reconcile/records/group-members.ts'
import { sendEach, sendInputs } from '../../reconcile/records/inputs.ts'
import { listHeads } from '../../reconcile/records/list-heads.ts'
import { lookAtSuspensions } from '../../reconcile/records/look-at-suspensions.ts'
import { renderNameInKey } from '../../reconcile/records/name-in-key.ts'
import {
  listOwnedMemberships,
  ownedGroups,
  ownedMembershipRecords,
  readOwnedMemberships,
} from '../../reconcile/records/owned-groups.ts'
import { NameIndex } from '../../reconcile/records/principal-names.ts'
import { listInState } from '../../reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { isListingStored, noteChangedUsers } from '../../reconcile/records/stored-listing.ts'
import { readMeant } from '../../reconcile/records/suspensions.ts'
import { type Leaving, lastOfEach, listLeaving, tellLeaving } from './leaving-history.ts'
import { findMembership, listMembershipsOf } from './membership-index.ts'
import { RuleFiles } from './rule-files.ts'

export type Following = Pick<Ports, 'objects' | 'queues' | 'randomness' | 'clock' | 'identityStore'>

export const unsettled: readonly AttentionState[] = ['waiting', 'failed', 'blocked']

/**
 * After changes in the directory, looks at inputs that wait for a user or a group, and at the memberships of changed users.
 * `rules`: shared by all batches. Returns how many it looks at.
 */
export async function followMemberships(
  ports: Following,
  configuration: Configuration,
  changes: readonly DirectoryChange[],
  rules: Pick<RuleFiles, 'read'> = new RuleFiles(ports.objects),
): Promise<number> {
  const identityStore = patientIdentityStore(ports)
  const users = usersIn(changes)
  await noteChangedUsers(ports, users)
  const keys = await listConcerned({ ...ports, identityStore }, configuration, changes)
  if (keys.length > 0) await sendInputs(ports, keys, 'directory', configuration)
  const concerned = await listMembershipsOf(ports.objects, users)
  const entries = await readOwnedMemberships(ports.objects, concerned)
  for (const { id, entry } of entries) await lookAtEntry(ports, configuration, id, entry)
  const groups = Map.groupBy(entries, ({ id }) => id.user)
  const shared = { read: once(() => rules.read()) }
  let joining = 0
  for (const user of users) {
    const known = (groups.get(user) ?? []).map(({ entry }) => entry.group)
    joining += await lookAtRulesFor(user, { ...ports, identityStore, configuration, rules: shared }, new Set(known))
  }
  if (changes.some(({ type, id }) => type === 'USER' && id === undefined))
    await sendInputs(ports, [...(await listHeads(ports.objects, rulePrefix)).keys()], 'directory', configuration)
  return keys.length + concerned.length + joining
}

/**
 * Looks at the person's membership in each group whose rule matches the person now, except the `known` groups. Returns how many
 * it looks at.
 */
export async function lookAtRulesFor(
  user: PrincipalId,
  context: Pick<Following, 'queues' | 'randomness' | 'identityStore'> & {
    readonly configuration: Configuration
    readonly rules: Pick<RuleFiles, 'read'>
  },
  known: ReadonlySet<PrincipalName> = new Set(),
): Promise<number> {
  const { configuration, identityStore } = context
  const rules = await context.rules.read()
  const person = rules.size > 0 ? await identityStore.findUser(user) : undefined
  if (person === undefined || person.isDisabled) return 0
  const inputs = [...rules].flatMap(([group, { condition }]) => {
    const name = nameInKeys(person.name, group, configuration.principalSuffix)
    if (name === undefined || known.has(group) || matchesRule(condition, person.attributes) !== true) return []
    return [{ key: membershipKey({ group, user: name }, undefined), user }]
  })
  await sendEach(context, inputs, 'a rule matches its user', configuration)
  return inputs.length
}

/**
 * The inputs that wait for one of these changes: memberships by the present names of their user and group, and all groups.
 * There are few groups, and one may wait for the name of another that is gone.
 */
async function listConcerned(
  { objects, identityStore }: Pick<Following, 'objects' | 'identityStore'>,
  { principalSuffix, folders }: Configuration,
  changes: readonly DirectoryChange[],
): Promise<readonly string[]> {
  const unsettledKeys = await listUnsettled(objects)
  if (unsettledKeys.length === 0 || changes.some(({ id }) => id === undefined)) return unsettledKeys
  const names = new Set<string>()
  for (const { type, id } of changes) {
    if (id === undefined) continue
    const found = await (type === 'USER' ? identityStore.findUser(id) : identityStore.findGroup(id))
    if (found) names.add(`${type} ${found.name}`)
  }
  const isGroupConcerned = changes.some(({ type }) => type === 'GROUP')
  return unsettledKeys.filter((key) => {
    const suspended = parseSuspensionKey(key)
    if (suspended.ok) return names.has(`USER ${suspended.value}${principalSuffix}`)
    if (!key.startsWith(membershipPrefix)) return isGroupConcerned
    const membership = parseMembershipKey(key, folders)
    if (!membership.ok) return false
    const { user, group } = membership.value
    return names.has(`USER ${user}${principalSuffix}`) || names.has(`GROUP ${group}${principalSuffix}`)
  })
}

/** Memberships and groups in these states, and waiting rules and suspensions. */
export async function listUnsettled(objects: ObjectStore, states = unsettled): Promise<readonly string[]> {
  const keys: string[] = []
  // A look at a rule lists all people, so look only at rules that wait for a group.
  for (const state of states)
    for (const prefix of [
      membershipPrefix,
      groupPrefix,
      ...(state === 'waiting' ? [rulePrefix, suspensionPrefix] : []),
    ])
      for (const key of await listInState(objects, state, prefix)) keys.push(key)
  return keys
}

/** Looks at a membership again, by the names in its entry and the id of its user, because someone else may have the name now. */
export async function lookAtEntry(
  ports: Pick<Ports, 'queues' | 'randomness'>,
  configuration: Pick<Configuration, 'folders'>,
  { user }: MembershipId,
  entry: OwnedMembership,
): Promise<void> {
  await sendEach(ports, [inputOfEntry({ user }, entry)], 'its user or its group may have changed', configuration)
}

export function inputOfEntry({ user }: Pick<MembershipId, 'user'>, entry: OwnedMembership) {
  const file = entry.files.find(({ key }) => key.startsWith(membershipPrefix))
  return { key: file?.key ?? membershipKey(entry, undefined), user }
}

/** A second look finds later changes, and changes that the first listing did not show yet. */
const laterMs = 30_000

type DirectoryReads = Pick<Ports, 'objects'> & {
  readonly identityStore: ReadingIdentityStore
  readonly configuration: Pick<Configuration, 'principalSuffix'>
}

type Concerned = {
  readonly id: MembershipId
  readonly entry: OwnedMembership | undefined
  readonly authors: readonly Author[]
}

/**
 * Someone may have joined or left one of our groups by hand: looks at each such membership and notes the caller. Trusts only
 * that something changed, not what the event says. Recognizes our own calls by the ledger. Returns how many it looks at.
 */
export async function followMembershipCalls(
  ports: Following,
  configuration: Configuration,
  changes: readonly MembershipChange[],
): Promise<number> {
  if (changes.length === 0) return 0
  const { objects, clock } = ports
  const identityStore = askOnce(patientIdentityStore(ports))
  const concerned = await listConcernedMemberships(changes, { objects, identityStore, configuration })
  for (const { id, entry, authors } of concerned) {
    if (authors.length > 0) await noteAuthors(objects, { membership: id }, authors)
    const key = entry?.files[0]?.key ?? (await findKey(id, { objects, identityStore, configuration }))
    if (key === undefined) continue
    // The directory's own event names nobody, and comes before the one that does.
    const now = clock.now().getTime()
    const settled = entry === undefined ? now : Date.parse(entry.calledAt) + settlingMs
    const instants = [now + laterMs, ...(settled > now ? [settled] : [])].map((ms) => new Date(ms))
    await indexInstants(objects, key, instants, ports.randomness.id())
    if (authors.length > 0) await sendEach(ports, [{ key, user: id.user }], 'changed by hand', configuration)
  }
  return concerned.length
}

/** Notes the groups that these events name, whoever manages them. The hourly comparison finds the others. */
export async function noteGroupsOf(
  ports: Pick<Ports, 'objects' | 'randomness'>,
  events: readonly DirectoryEvent[],
): Promise<void> {
  const groups = new Set<PrincipalId>()
  for (const event of events) {
    const group = await groupOf(event, ports.objects)
    if (group !== undefined) groups.add(group)
  }
  await noteChangedGroups(ports, groups)
}

async function groupOf(event: DirectoryEvent, objects: ObjectStore): Promise<PrincipalId | undefined> {
  if (event.type !== 'MEMBERSHIP') return event.type === 'GROUP' ? event.id : undefined
  const { group, membershipId } = event
  if (group !== undefined || membershipId === undefined) return group
  return (await findMembership(objects, membershipId))?.group
}

/**
 * | the event has    | the ledger has                        | then                                          |
 * | ---------------- | ------------------------------------- | --------------------------------------------- |
 * | group and user   | no entry, and the group is ours       | look: a file may ask for it                   |
 * | group and user   | an entry with another membership's id | look                                          |
 * | group and user   | an entry with this membership's id    | look, unless it is a creation: our own call   |
 * | a membership's id| an entry with it                      | look                                          |
 * | any              | an entry that ssofile changes now     | nothing                                       |
 */
async function listConcernedMemberships(
  changes: readonly MembershipChange[],
  looking: DirectoryReads,
): Promise<readonly Concerned[]> {
  const { objects } = looking
  const found = new Map<string, Concerned>()
  for (const { group, user, membershipId = '', isCreation, author } of changes) {
    const named = group !== undefined && user !== undefined ? { group, user } : undefined
    const id = named ?? (await findMembership(objects, membershipId))
    if (id === undefined) continue
    const entry = (await spoiledAsAbsent(ownedMembershipRecords.of(objects, id).read()))?.value
    const isBusy = entry !== undefined && ['granting', 'revoking'].includes(entry.state)
    const isOurs = entry?.membershipId === membershipId
    if (isBusy || (isOurs && isCreation) || (!named && !isOurs)) continue
    if (entry === undefined && (await findOwnName(id.group, looking)) === undefined) continue
    const key = ownedMembershipKey(id)
    const authors = [...(found.get(key)?.authors ?? []), ...(author ? [author] : [])]
    found.set(key, { id, entry, authors })
  }
  return [...found.values()]
}

/** The name of our group. `undefined`: it is not ours, or has another name now. */
async function findOwnName(
  group: PrincipalId,
  { objects, identityStore, configuration }: DirectoryReads,
): Promise<PrincipalName | undefined> {
  const found = await identityStore.findGroup(group)
  const name = nameInLinks(found?.name ?? '', configuration.principalSuffix)
  const owned = name && (await spoiledAsAbsent(ownedGroups.of(objects, name).read()))?.value
  return owned?.id === group ? name : undefined
}

/** Any key of this membership: one look covers all folders. `undefined`: no file can name the user. */
async function findKey({ group, user }: MembershipId, looking: DirectoryReads): Promise<string | undefined> {
  const name = await findOwnName(group, looking)
  const found = name && (await looking.identityStore.findUser(user))
  const inKeys = found && nameInKeys(found.name, name, looking.configuration.principalSuffix)
  return name && inKeys && membershipKey({ group: name, user: inKeys }, undefined)
}

/**
 * After changes in the directory, and every hour: records once when one of our users was seen disabled or gone, and when the
 * user was seen again. Our users have access or a membership in the bucket, or were seen leaving. No decision reads these
 * records. `changed`: only these users, or all. Returns how many it recorded.
 */
export async function followLeavers(
  ports: Omit<Following, 'queues'>,
  configuration: Pick<Configuration, 'principalSuffix'>,
  changed: ReadonlySet<PrincipalId> | 'all',
): Promise<number> {
  if (changed !== 'all' && changed.size === 0) return 0
  const { objects, clock } = ports
  const isAll = changed === 'all'
  const leaving: Leaving[] = []
  for (const user of isAll ? [undefined] : changed)
    for await (const one of listLeaving(objects, user)) leaving.push(one)
  const told = lastOfEach(leaving)
  const hasLeft = (user: PrincipalId) => told.get(user)?.event === 'left'
  const names = isAll ? await NameIndex.read(objects) : await NameIndex.readOnly(objects, 'USER', changed)
  const known = new Set([...names.idsOfType('USER'), ...told.keys()])
  if (isAll) for await (const { user } of listOwnedMemberships(objects)) known.add(user)
  else for (const { user } of await listMembershipsOf(objects, changed)) known.add(user)
  if (known.size === 0) return 0
  const identityStore = patientIdentityStore(ports)
  const principals = new PrincipalIndex(identityStore, clock, configuration.principalSuffix)
  const listing = new DirectoryListing({ ...ports, identityStore }, configuration.principalSuffix)
  // A large directory is listed for the rules too: asks only about those who seem to differ.
  const listed = isAll && (await isListingStored(objects)) ? await listing.read(undefined, recentMs) : undefined
  const concerned = listed ? [...known].filter((user) => isThere(listed.find(user)) === hasLeft(user)) : known
  await principals.foreseeNames('USER', concerned)
  const at = renderInstant(clock.now())
  let count = 0
  for (const user of concerned) {
    const now = await principals.whereabouts('USER', user, Number.NEGATIVE_INFINITY)
    const why = now === 'gone' ? 'gone' : now.isDisabled ? 'disabled' : 'enabled'
    const event = why === 'enabled' ? 'back' : 'left'
    if (hasLeft(user) === (event === 'left')) continue
    const name = (now === 'gone' ? undefined : now.name) ?? names.namesOf('USER', user)[0] ?? user
    await tellLeaving(objects, { user, name: renderNameInKey(name), event, at, why })
    count++
  }
  return count
}

function isThere(found: Pick<DirectoryPerson, 'isDisabled'> | undefined): boolean {
  return found !== undefined && !found.isDisabled
}

/** The users of these events. If an event names nobody, the hourly run finds the user. */
export function usersIn(
  changes: readonly { readonly type: string; readonly id?: PrincipalId }[],
): ReadonlySet<PrincipalId> {
  return new Set(changes.flatMap(({ type, id }) => (type === 'USER' && id !== undefined ? [id] : [])))
}

/**
 * If a suspended user may have joined a group, ssofile denies the sessions of their groups, no matter who added them. If an event does not
 * name its user, everybody who is suspended gets only the second look: for somebody in no group, this is one call to the directory.
 */
export async function lookAtSuspended(
  ports: Omit<Following, 'identityStore'>,
  configuration: Pick<Configuration, 'folders'>,
  events: readonly DirectoryEvent[],
): Promise<void> {
  const users = usersWhoMoved(events)
  if (users !== 'all' && users.size === 0) return
  const meant = await readMeant(ports.objects)
  const named = users === 'all' ? [...meant.values()] : [...users].map((user) => meant.get(user) ?? [])
  const keys = named.flat().map(suspensionKey)
  const why = 'the groups of its user have changed'
  await lookAtSuspensions(ports, configuration, keys, { why, isLater: users === 'all' })
}

import pLimit from 'p-limit'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { groupKey, groupPrefix } from '../../domain/files/group-file.ts'
import { membershipKey, membershipPrefix, parseMembershipKey } from '../../domain/files/membership-file.ts'
import { matchesRule, ruleKey, rulePrefix } from '../../domain/files/rule-file.ts'
import type { DirectoryChange } from '../../domain/principals/directory-event.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { MembershipId, OwnedMembership } from '../../domain/principals/owned-membership.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import type { AttentionState } from '../../domain/statuses/status.ts'
import { parseSuspensionKey, suspensionPrefix } from '../../domain/suspensions/suspension.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { once } from '../../ports/once.ts'
import type { Ports } from '../../ports/ports.ts'
import { unlessUnread } from '../../ports/service-error.ts'
import { patientIdentityStore } from '../../reconcile/calls/patient-identity-store.ts'
import {
  DirectoryListing,
  type ListedPeople,
  nameInKeys,
  recentMs,
} from '../../reconcile/directory/directory-listing.ts'
import { People } from '../../reconcile/directory/people.ts'
import { sendEach, sendInput, sendInputs } from '../../reconcile/records/inputs.ts'
import { listHeads } from '../../reconcile/records/list-heads.ts'
import {
  listOwnedGroups,
  listOwnedMemberships,
  ownedGroupRecord,
  readOwnedMemberships,
} from '../../reconcile/records/owned-groups.ts'
import { readNow } from '../../reconcile/records/owner.ts'
import { listInState } from '../../reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { noteChangedUsers } from '../../reconcile/records/stored-listing.ts'
import { listMembershipsOf, MembershipAlignment } from './membership-index.ts'
import { RuleFiles } from './rule-files.ts'

type Following = Pick<Ports, 'objects' | 'queues' | 'randomness' | 'clock' | 'identityStore'>

const readsAtOnce = 16
/** All entries of 200,000 memberships do not fit into memory. */
const entriesAtOnce = 2_000
const unsettled: readonly AttentionState[] = ['waiting', 'failed', 'blocked']

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
  const users = new Set(changes.flatMap(({ type, id }) => (type === 'USER' && id !== undefined ? [id] : [])))
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
 * Runs every hour, for changes without an event. Compares each of our groups with its file and the directory, and each of our
 * memberships with the files, the group's members and the user's present name. Compares each rule with one shared listing of
 * the directory (`DirectoryListing`).
 */
export async function reconcileMemberships(ports: Following, configuration: Configuration): Promise<number> {
  const { objects } = ports
  const groups = await Array.fromAsync(listOwnedGroups(objects))
  const ruleFiles = await listHeads(objects, rulePrefix)
  // A policy may have refused a file because of the group's links, which may have changed.
  const unsettledOrRefused = await listUnsettled(objects, [...unsettled, 'rejected'])
  const keys = new Set([...unsettledOrRefused, ...groups.map(groupKey)]).difference(ruleFiles)
  if (keys.size > 0) await sendInputs(ports, [...keys], 'reconcile', configuration)
  const identityStore = patientIdentityStore(ports)
  const people = new People(identityStore)
  const listUsers = async (): Promise<ListedPeople | undefined> => {
    if (ruleFiles.size === 0) return undefined
    const listing = new DirectoryListing({ ...ports, identityStore }, configuration.principalSuffix)
    const listed = await listing.read(undefined, recentMs)
    // The looks at rules use the same listing.
    await sendInputs(ports, [...ruleFiles.keys()], 'reconcile', configuration)
    return listed
  }
  const readOurs = async () => {
    const alignment = await MembershipAlignment.begin(objects, await readNow(ports))
    const ids = await Array.fromAsync(listOwnedMemberships(objects))
    const files = await listHeads(objects, membershipPrefix)
    const members = ids.length > 0 ? await readMembers(objects, people, groups) : new Map<PrincipalId, never>()
    return { alignment, ids, files, members }
  }
  // Users and members have a rate each.
  const [listed, { alignment, ids, files, members }] = await Promise.all([listUsers(), readOurs()])
  const named = listed ? undefined : await people.find('USER', new Set(ids.map(({ user }) => user)))
  const gone = new Set<string>()
  let looked = keys.size + ruleFiles.size
  for (let start = 0; start < ids.length; start += entriesAtOnce) {
    const part = ids.slice(start, start + entriesAtOnce)
    const entries = await readOwnedMemberships(objects, part)
    await alignment.meet(part, entries)
    for (const { id, entry } of entries) {
      const user = named?.get(id.user) ?? listed?.find(id.user)
      const isNamed = user !== undefined && !user.isDisabled && user.name === entry.user + configuration.principalSuffix
      const isAsked = entry.files.some(({ key }) => files.has(key) || ruleFiles.has(key))
      const rule = ruleKey(entry.group)
      // The file of the rule is gone, so look at all its memberships together.
      if (!isAsked && entry.files.some(({ key }) => key === rule)) {
        gone.add(rule)
        continue
      }
      const isMember = members.get(id.group)?.(id.user) === true
      if (entry.state === 'granted' && isNamed && isAsked && isMember) continue
      await lookAtEntry(ports, configuration, id, entry)
      looked++
    }
  }
  await alignment.end()
  await sendInputs(ports, [...gone], 'reconcile', configuration)
  return looked + gone.size
}

/** If the members of a group cannot be read, everybody counts as a member. */
async function readMembers(objects: ObjectStore, people: People, groups: Parameters<typeof ownedGroupRecord>[1][]) {
  const members = new Map<PrincipalId, (user: PrincipalId) => boolean>()
  await pLimit(readsAtOnce).map(groups, async (name) => {
    const id = (await spoiledAsAbsent(ownedGroupRecord(objects, name).read()))?.value.id
    if (id === undefined) return
    const read = await unlessUnread(people.membersOf(id))
    const listed = 'is' in read ? new Set(read.is) : undefined
    members.set(id, (user) => listed === undefined || listed.has(user))
  })
  return members
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
    return names.has(`USER ${user}${principalSuffix}`) || names.has(`GROUP ${group}`)
  })
}

async function listUnsettled(objects: ObjectStore, states = unsettled): Promise<readonly string[]> {
  const keys: string[] = []
  // A look at a rule lists all people, so look only at rules that wait for a group.
  for (const state of states)
    for (const prefix of [
      membershipPrefix,
      groupPrefix,
      ...(state === 'waiting' ? [rulePrefix, suspensionPrefix] : []),
    ])
      keys.push(...(await listInState(objects, state, prefix)))
  return keys
}

/** Looks at a membership again, by the names in its entry and the id of its user, because someone else may have the name now. */
async function lookAtEntry(
  ports: Pick<Ports, 'queues' | 'randomness'>,
  configuration: Pick<Configuration, 'folders'>,
  { user }: MembershipId,
  entry: OwnedMembership,
): Promise<void> {
  await sendInput(ports, inputOfEntry({ user }, entry), 'its user or its group may have changed', configuration)
}

export function inputOfEntry({ user }: Pick<MembershipId, 'user'>, entry: OwnedMembership) {
  const file = entry.files.find(({ key }) => key.startsWith(membershipPrefix))
  return { key: file?.key ?? membershipKey(entry, undefined), user }
}

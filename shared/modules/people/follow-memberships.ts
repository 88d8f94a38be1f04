import type { Configuration } from '../../domain/deployment/configuration.ts'
import { groupPrefix } from '../../domain/files/group-file.ts'
import { membershipKey, membershipPrefix, parseMembershipKey } from '../../domain/files/membership-file.ts'
import { matchesRule, rulePrefix } from '../../domain/files/rule-file.ts'
import type { DirectoryChange } from '../../domain/principals/directory-event.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { MembershipId, OwnedMembership } from '../../domain/principals/owned-membership.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import type { AttentionState } from '../../domain/statuses/status.ts'
import { parseSuspensionKey, suspensionPrefix } from '../../domain/suspensions/suspension.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { once } from '../../ports/once.ts'
import type { Ports } from '../../ports/ports.ts'
import { patientIdentityStore } from '../../reconcile/calls/patient-identity-store.ts'
import { nameInKeys } from '../../reconcile/directory/directory-listing.ts'
import { sendEach, sendInput, sendInputs } from '../../reconcile/records/inputs.ts'
import { listHeads } from '../../reconcile/records/list-heads.ts'
import { readOwnedMemberships } from '../../reconcile/records/owned-groups.ts'
import { listInState } from '../../reconcile/records/status-store.ts'
import { noteChangedUsers } from '../../reconcile/records/stored-listing.ts'
import { listMembershipsOf } from './membership-index.ts'
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
  await sendInput(ports, inputOfEntry({ user }, entry), 'its user or its group may have changed', configuration)
}

export function inputOfEntry({ user }: Pick<MembershipId, 'user'>, entry: OwnedMembership) {
  const file = entry.files.find(({ key }) => key.startsWith(membershipPrefix))
  return { key: file?.key ?? membershipKey(entry, undefined), user }
}

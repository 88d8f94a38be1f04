import type { BrakeRecord } from '../../domain/brake/brake-record.ts'
import { describeList } from '../../domain/brake/describe-list.ts'
import { membershipsOn, rulesOfMemberships } from '../../domain/brake/lists.ts'
import { parseGroupKey } from '../../domain/files/group-file.ts'
import {
  type Membership,
  membershipPrefix,
  parseMembershipAnywhere,
  renderMembership,
} from '../../domain/files/membership-file.ts'
import { attributesOf, parseRuleKey, ruleKey, rulePrefix } from '../../domain/files/rule-file.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import {
  type MembershipId,
  type OwnedMembership,
  ownedMembershipKey,
  ownedMembershipPrefix,
  parseOwnedMembershipKey,
} from '../../domain/principals/owned-membership.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import type { Status } from '../../domain/statuses/status.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { readBrake } from '../../reconcile/records/brake-file.ts'
import {
  listOwnedMemberships,
  ownedMembershipRecords,
  readOwnedGroup,
  readOwnedMemberships,
} from '../../reconcile/records/owned-groups.ts'
import { readStatus } from '../../reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { readMembershipFile } from '../people/read-membership-file.ts'
import { RuleFiles } from '../people/rule-files.ts'
import type { MembershipReading } from '../people/rules/describe-membership.ts'
import { type Both, type Foretold, readBoth } from './foretell.ts'
import { type GroupAccess, readGroupAccesses } from './group-access.ts'
import type { PlanSources } from './plan-sources.ts'
import type { PlannedAccess } from './planned-access.ts'

/** `blocked`: its file is gone, but something refers to the group. */
export type GroupChange = {
  readonly name: PrincipalName
  readonly change: 'create' | 'adopt' | 'describe' | 'delete' | 'give-up' | 'blocked' | 'rejected'
  readonly reason?: string | undefined
}

/** The state of a file that asked for it. `not-meant`: its rule exists but no longer matches the user. */
export type MembershipFate = MembershipReading['state'] | 'suspended' | 'not-meant'

export type PlannedMembership = Membership & {
  /** The ids behind the names. A group or a user that this plan makes has none yet. */
  readonly ids?: Partial<MembershipId>
  /** Files that ask for it, or asked. */
  readonly files: readonly { readonly key: string; readonly fate: MembershipFate }[]
  /** The user's access through the group: comes or goes with the membership, unless the user also has it otherwise. */
  readonly access: readonly GroupAccess[]
}

type Sources = Pick<PlanSources, 'suspensions' | 'configuration'> & { readonly foretold: Foretold }

type Filed = { readonly files: readonly { readonly key: string }[] }
type OwnedEntry = { readonly id: MembershipId; readonly entry: OwnedMembership }
/** By the keys of their records. `undefined`: it is gone. */
type Entries = ReadonlyMap<string, OwnedMembership | undefined>
type Entry = Both<OwnedMembership> & { readonly id: MembershipId }

/**
 * Reads from the records, the writes and the statuses what happened to groups and members. `planned`: includes waiting and later grants.
 */
export async function listMembershipChanges(planned: PlannedAccess, sources: Sources) {
  const { foretold } = sources
  const { before } = foretold
  const accesses = await readGroupAccesses(foretold.objects, planned)
  const known = await readOwnedMemberships(before, await Array.fromAsync(listOwnedMemberships(before)))
  const entriesBefore = new Map(known.map(({ id, entry }) => [ownedMembershipKey(id), entry]))
  const entries = await compareEntries(entriesBefore, foretold)
  const fateOf = await fatesIn(sources)
  const end = async ({ id, entry }: OwnedEntry) => ({
    ...nameOf(entry),
    ids: id,
    files: await Promise.all(entry.files.map(async ({ key }) => ({ key, fate: await fateOf(key, id, entry) }))),
    access: accesses.before(id.group),
  })
  const endAll = async (entriesOf: readonly OwnedEntry[]) => sortByName(await Promise.all(entriesOf.map(end)))
  const present = (id: PrincipalId) => (foretold.directory.isMade(id) ? undefined : id)
  const come = async (of: Membership, keys: readonly string[], id?: MembershipId): Promise<PlannedMembership> => ({
    ...nameOf(of),
    ...(id && { ids: { group: present(id.group), user: present(id.user) } }),
    files: keys.map((key) => ({ key, fate: 'in-force' })),
    access: accesses.after((await readOwnedGroup(foretold.objects, of.group))?.id, of.group),
  })
  const made = entries.flatMap(({ id, was, is }) =>
    is?.membershipId === undefined || is.membershipId === was?.membershipId ? [] : [{ id, entry: is }],
  )
  const lists = (await readBrake(foretold.objects, rulesOfMemberships))?.lists ?? []
  const wasHeld = namesHeld((await readBrake(before, rulesOfMemberships))?.lists ?? [], entriesBefore)
  const entriesAfter = new Map([
    ...entriesBefore,
    ...entries.map(({ id, is }) => [ownedMembershipKey(id), is] as const),
  ])
  const isHeld = namesHeld(lists, entriesAfter)
  const isOn = (held: ReadonlySet<string>) => (one: OwnedEntry) => held.has(renderMembership(one.entry))
  const newlyHeld = known.filter(isOn(isHeld.difference(wasHeld)))
  const keysOf = ({ files }: Filed) => files.map(({ key }) => key)
  const added = sortByName(await Promise.all(made.map(({ id, entry }) => come(entry, keysOf(entry), id))))
  const removed = await endAll([...newlyHeld, ...listTaken(entries, foretold)])
  const held = await endAll(known.filter(isOn(isHeld.intersection(wasHeld))))
  const kept = await endAll(await findKept(known, foretold))
  const isNamed = new Set([...removed, ...held, ...kept].flatMap(keysOf))
  const told = await readTold(foretold)
  return {
    groups: await listGroupChanges(foretold),
    ...{ added, removed },
    /** Held by the brake until a person releases it. */
    held,
    /** A provider manages the group now, so only it can remove the user. */
    kept,
    /** Memberships from others, which are left alone. */
    existing: await Promise.all(
      told.flatMap((one) => (one.membership && one.isFound ? [come(one.membership, [one.key])] : [])),
    ),
    /** Files without effect, and why. `later`: the membership that comes without another upload. */
    idle: await Promise.all(
      told
        .filter(({ key, status }) => idleStates.includes(status.state) && !isNamed.has(key))
        .map(async ({ key, membership, status: { state, reason, remedy } }) => {
          const later = membership && state === 'waiting' && { later: await come(membership, [key]) }
          return { key, state, reason, remedy, ...later }
        }),
    ),
    rules: await listEffects({ added, removed }, foretold.objects),
    /** The part of `removed` that the brake would hold. */
    brake: {
      held: newlyHeld.length,
      reasons: lists.filter((list) => newlyHeld.length > 0 && membershipsOn(list).length > 0).map(describeList),
    },
  }
}

const idleStates: readonly Status['state'][] = ['waiting', 'rejected', 'expired']

/** For buckets without group files. */
export const noMemberships: Awaited<ReturnType<typeof listMembershipChanges>> = {
  ...{ groups: [], added: [], removed: [], existing: [], kept: [], held: [], idle: [], rules: [] },
  brake: { held: 0, reasons: [] },
}

function nameOf({ group, user }: Membership): Membership {
  return { group, user }
}

function sortByName(all: readonly PlannedMembership[]): readonly PlannedMembership[] {
  return all.toSorted((a, b) => (renderMembership(a) < renderMembership(b) ? -1 : 1))
}

/** The names of the memberships that the brake holds: on its lists, or by their entries. */
function namesHeld(lists: BrakeRecord['lists'], entries: Entries): ReadonlySet<string> {
  const byEntry = [...entries.values()].flatMap((entry) => (entry?.state === 'held' ? [renderMembership(entry)] : []))
  return new Set([...lists.flatMap(membershipsOn), ...byEntry])
}

/** The planned changes of groups by their files. */
async function listGroupChanges(foretold: Foretold): Promise<readonly GroupChange[]> {
  const changes: GroupChange[] = []
  for (const key of foretold.inputs) {
    const named = parseGroupKey(key)
    const change = named.ok ? await readGroupChange(named.value, key, foretold) : undefined
    if (named.ok && change) changes.push({ name: named.value, ...change })
  }
  return changes
}

async function readGroupChange(
  name: PrincipalName,
  key: string,
  foretold: Foretold,
): Promise<Omit<GroupChange, 'name'> | undefined> {
  const { was, is } = await readBoth(foretold, (from) => readOwnedGroup(from, name))
  const told = await spoiledAsAbsent(readStatus(foretold.objects, key))
  if (told?.state === 'rejected' || told?.state === 'blocked') return { change: told.state, reason: told.reason }
  const isWritten = (operation: string, id: string | undefined) =>
    foretold.directory.writes.some((one) => one.operation === operation && one.id === id)
  if (is?.id !== undefined && is.id !== was?.id) return { change: is.isAdopted ? 'adopt' : 'create' }
  if (was?.id !== undefined && is === undefined)
    return isWritten('deleteGroup', was.id) ? { change: 'delete' } : was.isAdopted ? { change: 'give-up' } : undefined
  return isWritten('updateGroupDescription', is?.id) ? { change: 'describe' } : undefined
}

/** The memberships that ssofile removed, not those that were gone already. */
function listTaken(entries: readonly Entry[], { directory: { writes } }: Foretold): readonly OwnedEntry[] {
  const deleted = new Set(writes.flatMap(({ operation, id }) => (operation === 'deleteGroupMembership' ? [id] : [])))
  return entries.flatMap(({ id, was, is }) =>
    was && is === undefined && deleted.has(was.membershipId ?? '') ? [{ id, entry: was }] : [],
  )
}

/** The entries that changed. */
async function compareEntries(before: Entries, { objects }: Foretold): Promise<readonly Entry[]> {
  const ids = objects.listChanged(ownedMembershipPrefix).flatMap((key) => parseOwnedMembershipKey(key) ?? [])
  return Promise.all(
    ids.map(async (id) => ({
      id,
      was: before.get(ownedMembershipKey(id)),
      is: (await spoiledAsAbsent(ownedMembershipRecords.of(objects, id).read()))?.value,
    })),
  )
}

/** The state of a file, or of the rule, that asked for a membership. */
async function fatesIn({ foretold, suspensions, configuration: { folders } }: Sources) {
  const suspensionOf = await suspensions.readAll()
  return async (key: string, id: MembershipId, { user }: Membership): Promise<MembershipFate> => {
    const isSuspended = suspensionOf?.(id.user, user) !== undefined
    if (key.startsWith(rulePrefix)) {
      if ((await foretold.objects.head(key)) === undefined) return 'absent'
      return isSuspended ? 'suspended' : 'not-meant'
    }
    const { state } = (await readMembershipFile(foretold.objects, key, folders)).reading
    return state === 'in-force' ? 'suspended' : state
  }
}

/** Memberships that no file asks for, in a group that a provider manages now. */
async function findKept(
  known: readonly OwnedEntry[],
  { inputs, objects, directory }: Foretold,
): Promise<readonly OwnedEntry[]> {
  const handled = new Set(inputs)
  const kept: OwnedEntry[] = []
  for (const one of known) {
    const { id, entry } = one
    if (!entry.files.some(({ key }) => handled.has(key))) continue
    const files = await Promise.all(entry.files.map(({ key }) => objects.head(key)))
    const isLeft = files.every((head) => head === undefined)
    if (isLeft && (await directory.findGroup(id.group))?.isExternal) kept.push(one)
  }
  return kept
}

/**
 * The statuses of handled memberships and rules, and the membership that the file names. `isFound`: others made it, and the status before
 * this plan did not say so of this upload.
 */
async function readTold(foretold: Foretold) {
  const read = await Promise.all(
    foretold.inputs.map(async (key) => {
      if (!key.startsWith(membershipPrefix) && !parseRuleKey(key).ok) return []
      const { was, is } = await readBoth(foretold, (from) => readStatus(from, key))
      const named = parseMembershipAnywhere(key)
      if (is === undefined) return []
      const isFound = is.owned === false && (was?.owned !== false || was.etag !== is.etag)
      return [{ key, membership: named.ok ? named.value : undefined, status: is, isFound }]
    }),
  )
  return read.flat()
}

/** The rules that add or remove users, each with those users. A person who can change a user's `attributes` can grant the access. */
async function listEffects(
  found: Readonly<Record<'added' | 'removed', readonly PlannedMembership[]>>,
  objects: ObjectStore,
) {
  const usersOf = (which: 'added' | 'removed', key: string) =>
    found[which].flatMap(({ user, files }) => (files.some((file) => file.key === key) ? [user] : []))
  const groups = new Set([...found.added, ...found.removed].map(({ group }) => group))
  const rules = await new RuleFiles(objects).readAll()
  return [...groups].sort().flatMap((group) => {
    const key = ruleKey(group)
    const rule = rules.get(group)
    const [added, removed] = [usersOf('added', key), usersOf('removed', key)]
    const attributes = rule?.ok ? attributesOf(rule.value.condition) : []
    return added.length + removed.length > 0 ? [{ key, group, attributes, added, removed }] : []
  })
}

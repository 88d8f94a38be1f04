import { removalAct } from '../../domain/brake/act.ts'
import { emptyBrake } from '../../domain/brake/brake-record.ts'
import { describeList } from '../../domain/brake/describe-list.ts'
import { judgeLeavers } from '../../domain/brake/judge-act.ts'
import { pruneBrake } from '../../domain/brake/releases.ts'
import type { BrakeTerms } from '../../domain/brake/windows.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { complainOfObjections } from '../../domain/guardrails/judge-by-policies.ts'
import { isSameUpload } from '../../domain/links/upload.ts'
import {
  describeGroup,
  describeMembership,
  type MembershipLack,
  type MembershipReading,
} from '../../domain/people/describe-membership.ts'
import { groupPrefix, ownedGroupPrefix } from '../../domain/people/group-file.ts'
import { folderOfMembership, type Membership, renderMembership } from '../../domain/people/membership-file.ts'
import { type MembershipId, type OwnedMembership, ownedMembershipKey } from '../../domain/people/owned-membership.ts'
import { attributesOf, type Rule, ruleKey, rulePrefix } from '../../domain/people/rule-file.ts'
import type { AttributeName } from '../../domain/people/user-attributes.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { Complaint, Parsed } from '../../domain/statuses/complaint.ts'
import { rejection, type Status } from '../../domain/statuses/status.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { bindingOf } from '../assignments/user-binding.ts'
import { brakeFile } from '../brake/brake-file.ts'
import type { DirectoryListing } from '../directory/directory-listing.ts'
import type { PrincipalIndex } from '../directory/principal-index.ts'
import { judgeMembership } from '../guardrails/judge-membership.ts'
import { type AskingFile, listAskingFiles } from '../records/asking-files.ts'
import { listOwnedMemberships, readOwnedMemberships } from '../records/owned-groups.ts'
import type { Policies } from '../records/policies.ts'
import { RuleFiles } from '../records/rule-files.ts'
import type { StatusStore } from '../records/status-store.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import type { Suspensions } from '../records/suspensions.ts'
import { type GroupAccess, GroupAccesses } from './group-access.ts'
import { type AskingRule, listMeantByRules } from './meant-by-rules.ts'
import type { People } from './people.ts'
import type { PlannedGrant, PlannedRevocation } from './planned-access.ts'
import { judgePlanned } from './preview-brake.ts'
import { type ComingGroup, type GroupChange, previewGroups } from './preview-groups.ts'

/** The state of a file that asked for it. `not-meant`: its rule exists but no longer matches the user. */
export type MembershipFate = MembershipReading['state'] | 'suspended' | 'not-meant'

export type PlannedMembership = Membership & {
  /** Files that ask for it, or asked. */
  readonly files: readonly { readonly key: string; readonly fate: MembershipFate }[]
  /** The user's access through the group: comes or goes with the membership, unless the user also has it otherwise. */
  readonly access: readonly GroupAccess[]
}

/** The planned changes of groups and members by their files. */
export type MembershipsPreview = {
  readonly groups: readonly GroupChange[]
  readonly added: readonly PlannedMembership[]
  readonly removed: readonly PlannedMembership[]
  /** Memberships from others, which are left alone. */
  readonly existing: readonly PlannedMembership[]
  /** A provider manages the group now, so only it can remove the user. */
  readonly kept: readonly PlannedMembership[]
  /** Held by the brake until a person releases it. */
  readonly held: readonly PlannedMembership[]
  /** Files without effect, and why. */
  readonly idle: readonly ({ readonly key: string } & Pick<Status, 'state' | 'reason' | 'remedy'>)[]
  /** Everyone whom rules add and remove, with all names. Whoever writes these attributes grants that access. */
  readonly rules: readonly RuleEffect[]
  /** The part of `removed` that the brake would hold. */
  readonly brake: { readonly held: number; readonly reasons: readonly string[] }
}

type RuleEffect = {
  readonly key: string
  readonly group: Membership['group']
  readonly attributes: readonly AttributeName[]
  readonly added: readonly Membership['user'][]
  readonly removed: readonly Membership['user'][]
}

type MembershipSources = {
  readonly objects: ObjectStore
  readonly configuration: Configuration
  readonly now: Date
  readonly principals: Pick<PrincipalIndex, 'resolve' | 'whereabouts'>
  readonly people: Pick<People, 'membersOf' | 'findGroup'>
  readonly suspensions: Pick<Suspensions, 'readAll'>
  readonly policies: Pick<Policies, 'read'>
  readonly statuses: Pick<StatusStore, 'read'>
  /** All people of the directory, for a comparison with rules. */
  readonly listing: Pick<DirectoryListing, 'read'>
  /** Includes waiting grants. */
  readonly grants: readonly PlannedGrant[]
  readonly revocations: readonly PlannedRevocation[]
}

type KnownMembership = { readonly id: MembershipId; readonly entry: OwnedMembership }
type MembershipEffects = Pick<MembershipsPreview, 'added' | 'removed' | 'existing' | 'kept' | 'held' | 'idle'>

/**
 * Plans by the files and the ledger, and asks the directory only about new members. Does not look for manual changes, and names
 * the members of ssofile's memberships as the ledger does.
 */
export async function previewMemberships(sources: MembershipSources): Promise<MembershipsPreview> {
  const { objects, configuration } = sources
  const { asking, invalid } = await listAskingFiles(objects, configuration.folders)
  const known = await readOwnedMemberships(objects, await Array.fromAsync(listOwnedMemberships(objects)))
  const rules = await new RuleFiles(objects).readAll()
  const askingCount = asking.length + invalid.length + rules.size
  const isUsed = askingCount + known.length > 0 || (await hasGroups(objects))
  if (!isUsed) return noMemberships
  const owned = new Set(known.map(({ id }) => ownedMembershipKey(id)))
  const isOurMember = (group: PrincipalId, user: PrincipalId) => owned.has(ownedMembershipKey({ group, user }))
  const accesses = await GroupAccesses.read(objects, sources)
  const ofRules = [...rules.keys()].map((group) => ({ group, key: ruleKey(group) }))
  const { groups, changes } = await previewGroups({
    ...sources,
    asking: [...asking, ...ofRules],
    accesses,
    isOurMember,
  })
  const suspensionOf = (await sources.suspensions.readAll()) ?? (() => undefined)
  const context: Context = { ...sources, groups, accesses, suspensionOf, rules }
  const meant =
    rules.size === 0 ? [] : listMeantByRules(rules, { known, people: await sources.listing.read(), now: sources.now })
  const idleRules = await listIdleRules(context)
  const isIdle = new Set(idleRules.map(({ key }) => key))
  const filesOf = Map.groupBy([...asking, ...meant], renderMembership)
  const entryOf = new Map(known.map((one) => [renderMembership(one.entry), one]))
  const found: MembershipEffects[] = []
  for (const name of [...new Set([...filesOf.keys(), ...entryOf.keys()])].sort()) {
    const entry = entryOf.get(name)
    const files = (filesOf.get(name) ?? []).filter(({ key }) => entry !== undefined || !isIdle.has(key))
    found.push(await (entry ? judgeKnown(entry, files, context) : judgeNew(files, context)))
  }
  const removed = found.flatMap((one) => one.removed)
  return {
    groups: changes,
    added: found.flatMap((one) => one.added),
    removed,
    existing: found.flatMap((one) => one.existing),
    kept: found.flatMap((one) => one.kept),
    held: found.flatMap((one) => one.held),
    idle: [...invalid.map((one) => idleBy(one.object, one)), ...idleRules, ...found.flatMap((one) => one.idle)],
    rules: listEffects(found, rules),
    brake: await previewRemovals(removed, known, sources),
  }
}

/** For buckets without group files. */
export const noMemberships: MembershipsPreview = {
  ...{ groups: [], added: [], removed: [], existing: [], kept: [], held: [], idle: [], rules: [] },
  brake: { held: 0, reasons: [] },
}

async function hasGroups(objects: ObjectStore): Promise<boolean> {
  for (const prefix of [groupPrefix, ownedGroupPrefix]) for await (const _ of objects.list(prefix)) return true
  return false
}

type Context = MembershipSources & {
  readonly groups: ReadonlyMap<Membership['group'], ComingGroup>
  readonly accesses: GroupAccesses
  readonly rules: ReadonlyMap<Membership['group'], Parsed<Rule>>
  readonly suspensionOf: NonNullable<Awaited<ReturnType<Suspensions['readAll']>>>
}

/** Rules that are invalid, or whose group cannot take members. */
async function listIdleRules(context: Context): Promise<MembershipEffects['idle']> {
  const idle: MembershipEffects['idle'][number][] = []
  for (const [name, rule] of context.rules) {
    const group = context.groups.get(name) ?? (await findUnasked(name, context))
    const told = rule.ok ? describeGroup(name, group, 'a rule') : rejection(rule.complaint)
    if (told) idle.push({ key: ruleKey(name), state: told.state, reason: told.reason, remedy: told.remedy })
  }
  return idle
}

function listEffects(found: readonly MembershipEffects[], rules: Context['rules']): readonly RuleEffect[] {
  const usersOf = (which: 'added' | 'removed', key: string) =>
    found.flatMap((one) =>
      one[which].flatMap(({ user, files }) => (files.some((file) => file.key === key) ? [user] : [])),
    )
  const groups = new Set(found.flatMap(({ added, removed }) => [...added, ...removed].map(({ group }) => group)))
  return [...groups].sort().flatMap((group) => {
    const key = ruleKey(group)
    const rule = rules.get(group)
    const [added, removed] = [usersOf('added', key), usersOf('removed', key)]
    const attributes = rule?.ok ? attributesOf(rule.value.condition) : []
    return added.length + removed.length > 0 ? [{ key, group, attributes, added, removed }] : []
  })
}

const nothing: MembershipEffects = { added: [], removed: [], existing: [], kept: [], held: [], idle: [] }

/** The membership is ssofile's: it stays or goes. */
async function judgeKnown(
  { id, entry }: KnownMembership,
  files: readonly AskingFile[],
  context: Context,
): Promise<MembershipEffects> {
  const isSuspended = context.suspensionOf(id.user, entry.user) !== undefined
  const states = files.map(({ reading }) => reading.state)
  if (!isSuspended && (states.includes('in-force') || states.includes('unreadable'))) return nothing
  const fates = new Map(files.map(({ key, reading: { state } }) => [key, state]))
  const fateOf = (key: string): MembershipFate => {
    const isRuleThere = key === ruleKey(entry.group) && context.rules.has(entry.group)
    const fate = fates.get(key) ?? (isRuleThere ? 'not-meant' : 'absent')
    return fate === 'in-force' ? 'suspended' : fate
  }
  const { group, user } = entry
  const keys = [...new Set([...entry.files.map(({ key }) => key), ...fates.keys()])].sort()
  const access = context.accesses.before(id.group)
  const planned = { group, user, files: keys.map((key) => ({ key, fate: fateOf(key) })), access }
  if ((await context.people.findGroup(id.group))?.isExternal) return { ...nothing, kept: [planned] }
  return entry.state === 'held' ? { ...nothing, held: [planned] } : { ...nothing, removed: [planned] }
}

/** The membership is not ssofile's. */
async function judgeNew(files: readonly AskingFile[], context: Context): Promise<MembershipEffects> {
  const [first] = files
  if (first === undefined) return nothing
  const { group: name, user: userName } = first
  const group = context.groups.get(name) ?? (await findUnasked(name, context))
  const meant = files.find((file): file is AskingRule => 'userId' in file)
  const user = meant?.userId ?? (await context.principals.resolve('USER', userName, Number.NEGATIVE_INFINITY))
  const idle: MembershipEffects['idle'][number][] = []
  const asking: AskingFile[] = []
  for (const file of files) {
    const lack = await findLack(file, user, context)
    const end = { is: 'none' } as const
    const told = describeMembership(file, { reading: file.reading, group, lack, end, isLeft: false })
    const refusal = told?.state === 'applying' ? await findRefusal(file, context) : undefined
    if (refusal) idle.push(idleBy(file.key, refusal))
    else if (told?.state === 'applying') asking.push(file)
    else if (told) idle.push({ key: file.key, state: told.state, reason: told.reason, remedy: told.remedy })
  }
  if (asking.length === 0) return { ...nothing, idle }
  const planned = {
    group: name,
    user: userName,
    files: asking.map(({ key, reading }) => ({ key, fate: reading.state })),
    access: context.accesses.after(group.id, name),
  }
  const members = group.id && (await context.people.membersOf(group.id))
  const isThere = user !== undefined && members?.includes(user) === true
  return isThere ? { ...nothing, idle, existing: [planned] } : { ...nothing, idle, added: [planned] }
}

function idleBy(key: string, complaint: Complaint): MembershipEffects['idle'][number] {
  const { state, reason, remedy } = rejection(complaint)
  return { key, state, reason, remedy }
}

/** By the policies, as when it is applied. The uploader is not known before. */
async function findRefusal({ key, group, user, head, reading }: AskingFile, context: Context) {
  if (!('body' in reading)) return undefined
  if (head === undefined && !key.startsWith(rulePrefix)) return undefined
  const status = head && (await spoiledAsAbsent(context.statuses.read(key)))
  const by = head && isSameUpload(status, head) ? status?.by : ('later' as const)
  const uploadedAt = head?.lastModified ?? context.now
  const about = { membership: { key, group, user }, body: reading.body, uploadedAt, by }
  return complainOfObjections(key, (await judgeMembership(about, context)).refusals)
}

/** No file asks for the group, which a provider may manage. */
async function findUnasked(name: Membership['group'], { principals, people }: Context): Promise<ComingGroup> {
  const id = await principals.resolve('GROUP', name, Number.NEGATIVE_INFINITY)
  const found = id && (await people.findGroup(id))
  return { is: 'not ours', isExternal: found?.isExternal === true }
}

async function findLack(
  { key, head, user: name }: AskingFile,
  user: PrincipalId | undefined,
  { principals, suspensionOf, statuses }: Context,
): Promise<MembershipLack | undefined> {
  if (user === undefined) return { lacks: 'user' }
  // A rule matches attributes, so it binds to the id.
  const boundTo = key.startsWith(rulePrefix)
    ? undefined
    : bindingOf('USER', await spoiledAsAbsent(statuses.read(key)), head)
  if (boundTo !== undefined && boundTo !== user) return { lacks: 'binding', boundTo }
  const suspension = suspensionOf(user, name)
  if (suspension !== undefined) return { lacks: 'freedom', suspension }
  const place = await principals.whereabouts('USER', user, Number.NEGATIVE_INFINITY)
  return place !== 'gone' && place.isDisabled ? { lacks: 'sign-in' } : undefined
}

/** Lets the brake judge these removals by its present count; writes nothing. A suspended user counts as a person, elsewhere. */
async function previewRemovals(
  removed: readonly PlannedMembership[],
  known: readonly KnownMembership[],
  { objects, configuration, now }: MembershipSources,
): Promise<MembershipsPreview['brake']> {
  const counting = removed.filter(({ files }) => files.every(({ fate }) => fate !== 'suspended'))
  if (counting.length === 0) return { held: 0, reasons: [] }
  const terms: BrakeTerms = { limits: configuration.brake, now }
  let record = pruneBrake((await brakeFile(objects).read())?.value ?? emptyBrake, terms)
  let held = 0
  // Judge everyone who leaves by one rule before the first of them.
  const isByRule = ({ files }: PlannedMembership) => files.every(({ key }) => key.startsWith(rulePrefix))
  for (const [group, leaving] of Map.groupBy(counting.filter(isByRule), (one) => one.group)) {
    const byRule = known.filter(({ entry }) => entry.files.some(({ key }) => key === ruleKey(group)))
    const all = byRule.map(({ entry }) => renderMembership(entry))
    record = judgeLeavers(record, { group, items: leaving.map(renderMembership), all }, terms)
  }
  for (const one of counting) {
    const ofFiles = one.files.filter(({ key }) => !key.startsWith(rulePrefix))
    const folders = ofFiles.map(({ key }) => folderOfMembership(key))
    const ruleOf = ofFiles.length < one.files.length ? one.group : undefined
    const removal = { item: renderMembership(one), folders, ruleOf }
    const { brake, isHeld } = await judgePlanned(record, removalAct(removal), terms, { objects, configuration })
    if (isHeld) held += 1
    record = brake
  }
  const reasons = record.lists.filter(({ rule }) => rule === 'memberships').map(describeList)
  return { held, reasons: held > 0 ? reasons : [] }
}

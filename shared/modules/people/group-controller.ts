import { isSettling } from '../../domain/assignments/access-proof.ts'
import type { GroupFile, OwnedGroup } from '../../domain/files/group-file.ts'
import {
  membershipBeginnings,
  membershipPrefix,
  parseMembershipAnywhere,
  parseMembershipKey,
} from '../../domain/files/membership-file.ts'
import { ruleKey } from '../../domain/files/rule-file.ts'
import { kinds } from '../../domain/inputs/kinds.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { type PrincipalName, principalName } from '../../domain/principals/principal.ts'
import { quote } from '../../domain/statuses/complaint.ts'
import { renderInstant, renderJustBefore } from '../../domain/text/instant.ts'
import type { DirectoryGroup } from '../../ports/identity-store.ts'
import type { ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import { unlessCode } from '../../ports/service-error.ts'
import type {
  Controller,
  Description,
  Effect,
  Input,
  KindTypes,
  ReadingContext,
  ReconcileContext,
} from '../../reconcile/inputs/controller.ts'
import { forEachKnown } from '../../reconcile/records/foreign-assignments.ts'
import { listEntitlementKeys } from '../../reconcile/records/foreign-entitlements.ts'
import { listLinks } from '../../reconcile/records/list-links.ts'
import { renderNameInKey } from '../../reconcile/records/name-in-key.ts'
import {
  listOwnedGroups,
  listOwnedMemberships,
  ownedGroups,
  ownedMembershipRecords,
  readOwnedGroup,
} from '../../reconcile/records/owned-groups.ts'
import { tellEvent } from '../../reconcile/records/tell-event.ts'
import { disclaimRefused } from './disclaim-refused.ts'
import { describeMembershipChange, historyOfMembership } from './membership-history.ts'
import { decideGroup, type GroupAction, type GroupEnd, type GroupFacts } from './rules/decide-group.ts'

type FoundGroup = DirectoryGroup & { readonly id: PrincipalId }

interface GroupTypes extends KindTypes {
  readonly name: PrincipalName
  readonly body: GroupFile
  readonly entry: OwnedGroup
  readonly facts: Omit<GroupFacts, 'group'> & {
    /** Its name in the directory. */
    readonly whole: PrincipalName
    readonly group: (GroupFacts['group'] & FoundGroup) | undefined
  }
  readonly action: GroupAction
  readonly end: GroupEnd
  readonly context: ReconcileContext
}
type Reading = ReadingContext<ReconcileContext>
type Facts = GroupTypes['facts']

const againMs = 5 * 60_000
const namedMost = 5

/**
 * The file of a group: creates the group, or adopts one that no provider manages; keeps its description; deletes the group when
 * the file is gone and nothing refers to it.
 */
export const groupController: Controller<GroupTypes> = {
  noun: 'group',
  format: kinds.group,
  entryOf: ownedGroups.of,
  historyOf: (name) => ({ folder: `history/groups/${renderNameInKey(name)}/`, name: renderNameInKey(name) }),
  keep: ({ file }) => (file.is === 'valid' ? { owner: file.body.owner } : {}),
  gather,
  decide: decideGroup,
  underPause: ['note', 'give up', 'forget'],
  perform,
  describe,
  waiting: listWaiting,
}

async function gather({ name, file, entry, now }: Input<GroupTypes>, context: Reading): Promise<Facts> {
  const { configuration, objects } = context
  const whole = principalName.parse(name + configuration.principalSuffix)
  const group = await findGroup(entry?.id, whole, context)
  const isKnown = file.is === 'valid' && entry?.id === undefined && group !== undefined
  const isEnding = file.is === 'none' && entry !== undefined && group !== undefined
  const isKept = entry?.isAdopted === true || group?.isExternal === true || group?.hasName === false
  return {
    file: file.is === 'valid' ? file.body : file.is,
    entry,
    isFresh: entry !== undefined && isSettling(entry.claimedAt, now),
    whole,
    group,
    knownAs: isKnown ? await findKnownAs(group.id, objects) : undefined,
    references: isEnding ? await listReferences(name, group.id, { isKept }, context) : [],
  }
}

async function findGroup(
  known: PrincipalId | undefined,
  whole: PrincipalName,
  { identityStore }: Reading,
): Promise<Facts['group']> {
  const id = known ?? (await identityStore.findPrincipalId('GROUP', whole))
  const found = id && (await identityStore.findGroup(id))
  if (id === undefined || found === undefined) return undefined
  const group = { ...found, id, description: found.description, hasName: found.name === whole }
  // The directory may find another spelling of a name.
  return known === undefined && !group.hasName ? undefined : group
}

async function findKnownAs(id: PrincipalId, objects: ReadingObjects): Promise<PrincipalName | undefined> {
  for await (const name of listOwnedGroups(objects)) if ((await readOwnedGroup(objects, name))?.id === id) return name
  return undefined
}

/** Everything that would lose access or meaning with the group. A group that stays in the directory loses only our memberships. */
async function listReferences(
  name: PrincipalName,
  id: PrincipalId,
  { isKept }: { readonly isKept: boolean },
  { objects, configuration, identityStore }: Reading,
): Promise<readonly string[]> {
  const references: string[] = []
  const rule = ruleKey(name)
  if ((await objects.head(rule)) !== undefined) references.push(rule)
  // In any folder: one that is not declared may be so by mistake.
  for await (const { key } of objects.list(membershipPrefix)) {
    const named = parseMembershipAnywhere(key)
    if (named.ok && named.value.group === name) references.push(key)
  }
  for await (const { user } of listOwnedMemberships(objects, id)) references.push(`the membership of user ${user}`)
  if (isKept) return references
  for await (const link of listLinks(objects, configuration.folders))
    if (link.type === 'GROUP' && link.principal === name) references.push(link.key)
  const access: string[] = []
  await forEachKnown(objects, ({ assignment: { type, principalId, accountId, permissionSet } }) => {
    if (type === 'GROUP' && principalId === id) access.push(`its access '${permissionSet}' in ${accountId}`)
  })
  for await (const { type, principalId, accountId, key } of listEntitlementKeys(objects))
    if (type === 'GROUP' && principalId === id) access.push(`its role '${key.split('%')[2]}' in ${accountId}`)
  for (const one of access.sort()) references.push(one)
  if (references.length === 0 && (await identityStore.listMembersOf(id)).items.length > 0)
    references.push('users that somebody else put into the group')
  return references
}

async function perform(
  { do: action }: GroupAction,
  input: Input<GroupTypes>,
  { whole, group }: Facts,
  { objects, identityStore }: ReconcileContext,
): Promise<Effect<OwnedGroup> | Description> {
  const { name, file, entry } = input
  const now = renderInstant(input.now)
  const { description, owner } = file.is === 'valid' ? file.body : {}
  const told = (event: string, id: PrincipalId | undefined, at?: string) => ({
    event,
    ...(at !== undefined && { at }),
    body: { group: name, id, description, owner },
  })
  const noted = (id: PrincipalId): Effect<OwnedGroup> =>
    entry ? { history: told('created', id, entry.claimedAt), entry: { ...entry, id }, isNews: true } : {}
  switch (action) {
    case 'claim':
      return { entry: { v: 1, isAdopted: false, claimedAt: now, ...(description !== undefined && { description }) } }
    case 'make': {
      const making = identityStore.createGroup({
        displayName: whole,
        ...(description !== undefined && { description }),
      })
      const id = await unlessCode(making, 'ConflictException').catch((error: unknown) =>
        disclaimRefused(error, ownedGroups.of(objects, name), (one) => one.id === undefined),
      )
      if (id !== undefined) return noted(id)
      if ((await identityStore.findPrincipalId('GROUP', whole)) !== undefined) return {}
      return { told: describeTaken(whole), again: new Date(input.now.getTime() + againMs) }
    }
    case 'note':
      return group ? noted(group.id) : {}
    case 'adopt': {
      if (group === undefined) return {}
      const adopted = { v: 1, id: group.id, isAdopted: true, claimedAt: now } as const
      const before = group.description === undefined ? {} : { description: group.description }
      return { history: told('adopted', group.id), entry: { ...adopted, ...before }, isNews: true }
    }
    case 'update':
      if (group === undefined) return {}
      await identityStore.updateGroupDescription(group.id, description)
      return { history: told('changed', group.id) }
    case 'delete':
      if (group === undefined) return {}
      await unlessCode(identityStore.deleteGroup(group.id), 'ResourceNotFoundException')
      // Somebody may have joined during the deletion.
      await forgetMembers(group.id, now, objects)
      return { history: told('deleted', group.id), entry: 'none', isNews: true }
    case 'forget':
      if (entry?.id !== undefined) await forgetMembers(entry.id, now, objects)
      // If a group of this name is adopted or claimed next, that is the later event.
      return { history: told('deleted', entry?.id, renderJustBefore(input.now)), entry: 'none', isNews: true }
    case 'give up':
      return { history: told('given-up', group?.id), entry: 'none', isNews: true }
  }
}

/** The directory refuses the name, but finds no group of exactly this name. */
function describeTaken(whole: PrincipalName): Description['told'] {
  return {
    state: 'rejected',
    reason: `received group '${quote(whole)}', but the directory refuses the name as a duplicate and finds no group with exactly this name; expected a name that no group has, also in other capitals`,
    remedy:
      'find the group (aws identitystore list-groups); upload the file under its exact name or under another name, and delete this one',
  }
}

/** The group is gone, and all its memberships with it. */
async function forgetMembers(group: PrincipalId, at: string, objects: ObjectStore): Promise<void> {
  for await (const id of listOwnedMemberships(objects, group)) {
    const record = ownedMembershipRecords.of(objects, id)
    const stored = await record.read()
    if (stored === undefined) continue
    const change = await describeMembershipChange(objects, id, stored.value, { event: 'removed', isByOthers: true })
    await tellEvent(objects, historyOfMembership(id, stored.value), { ...change, named: 'membership-removed', at })
    await record.remove(stored.object.etag)
  }
}

function describe({ tell }: GroupEnd, { name, entry, now }: Input<GroupTypes>, facts: Facts): Description {
  const { whole, group, knownAs, references } = facts
  const again = new Date(now.getTime() + againMs)
  switch (tell) {
    case 'invalid':
    case 'nothing':
      return { told: undefined }
    case 'unanswered':
      return { told: undefined, again }
    case 'blocked':
      return { told: { state: 'blocked', ...describeReferences(references) }, again }
    case 'external':
      return {
        told: {
          state: 'rejected',
          reason: `received group '${quote(name)}', which an identity provider manages (it has ExternalIds), expected one that only ssofile manages`,
          remedy:
            'change the group and its members in the provider, and delete this file; links can still use the group',
        },
      }
    case 'known':
      return {
        told: {
          state: 'rejected',
          reason: `received another name of a group that ssofile already manages as '${quote(knownAs ?? '')}', expected a group that it does not manage yet`,
          remedy: `delete this file, or rename the group back to '${quote(knownAs ?? '')}' in the directory`,
        },
      }
    case 'renamed':
      return {
        told: {
          state: 'failed',
          reason: `somebody renamed the group to '${quote(group?.name ?? 'nothing')}'; its members stay in it`,
          remedy: `rename it back: aws identitystore update-group --identity-store-id <store> --group-id ${group?.id} --operations AttributePath=displayName,AttributeValue=${JSON.stringify(whole)}`,
          principalId: group?.id,
        },
        again,
      }
    case 'applied':
      return { told: { state: 'applied', principalId: group?.id, ...(entry?.isAdopted && { owned: false }) } }
  }
}

function describeReferences(references: readonly string[]) {
  const few = references.slice(0, namedMost).map((one) => quote(one, 300))
  const more = references.length > namedMost ? [`${references.length - namedMost} more`] : []
  return {
    reason: `still used by ${[...few, ...more].join(', ')}`,
    remedy: 'delete these first, or upload the file of the group again to keep it',
  }
}

/** The files that ask for memberships in this group, and its rule. */
async function* listWaiting(name: PrincipalName, context: ReconcileContext): AsyncGenerator<string> {
  yield* listMembershipFiles(name, context)
  if (await context.objects.head(ruleKey(name))) yield ruleKey(name)
}

async function* listMembershipFiles(
  group: PrincipalName,
  { objects, configuration: { folders } }: Pick<Reading, 'objects' | 'configuration'>,
): AsyncGenerator<string> {
  for (const beginning of membershipBeginnings(group, folders))
    for await (const { key } of objects.list(beginning)) {
      const named = parseMembershipKey(key, folders)
      if (named.ok && named.value.group === group) yield key
    }
}

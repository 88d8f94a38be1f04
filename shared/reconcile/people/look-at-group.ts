import { assignmentOf } from '../../domain/assignments/assignment.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { InputMessage } from '../../domain/links/input-message.ts'
import { renderNameInKey } from '../../domain/links/name-in-key.ts'
import {
  type GroupFile,
  groupKey,
  groupMostBytes,
  type OwnedGroup,
  parseGroupFile,
  parseGroupKey,
} from '../../domain/people/group-file.ts'
import { membershipPrefix, parseMembershipAnywhere } from '../../domain/people/membership-file.ts'
import { ruleKey } from '../../domain/people/rule-file.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { type PrincipalName, principalName } from '../../domain/principals/principal.ts'
import { quote } from '../../domain/statuses/complaint.ts'
import { type NewStatus, rejection } from '../../domain/statuses/status.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { unlessCode } from '../../ports/service-error.ts'
import { readPauseReason } from '../dispatcher/pause.ts'
import { indexInstants } from '../records/expiry-index.ts'
import { listKnown } from '../records/foreign-assignments.ts'
import { sendInputs } from '../records/inputs.ts'
import { KnownRecord } from '../records/known-record.ts'
import { listLinks } from '../records/list-links.ts'
import {
  listOwnedGroups,
  listOwnedMemberships,
  ownedGroupRecord,
  ownedMembershipRecord,
} from '../records/owned-groups.ts'
import { readNow } from '../records/owner.ts'
import { readParsedInput, requireUnchanged } from '../records/read-input.ts'
import { tellEvent } from '../records/tell-event.ts'
import { rejectRefused } from './reject-refused.ts'
import { tellMembership } from './settle-membership.ts'
import { tellInput } from './tell-input.ts'

type LookingAtGroup = Pick<Ports, 'objects' | 'queues' | 'randomness' | 'clock' | 'identityStore' | 'log'> & {
  readonly configuration: Configuration
}

const againMs = 5 * 60_000
const stepsMost = 8
const namedMost = 5

/**
 * The file of a group, as it is now: makes the group, or adopts one that is there and that no provider keeps; keeps its description;
 * deletes it when the file is gone and nothing refers to it. One that was adopted is given up, not deleted. The record is written
 * before the group is made. Safe to repeat at any time; throws when something cannot be read or written.
 */
export async function lookAtGroup(message: InputMessage, context: LookingAtGroup): Promise<void> {
  const { key, id } = message
  const { objects, log, configuration } = context
  const named = parseGroupKey(key)
  const found = await readParsedInput(objects, key, { mostBytes: groupMostBytes, parse: parseGroupFile })
  const { head, file } = found ?? {}
  let told: Told
  if (!named.ok) told = { told: head && rejection(named.complaint), isChanged: false }
  else if (file?.ok === false) told = { told: rejection(file.complaint), isChanged: false }
  else
    told = await new GroupLook(named.value, file?.value, context).settle().catch((error: unknown) => {
      return { told: rejectRefused(error, { object: key, isThere: file !== undefined }), isChanged: false }
    })
  const owner = file?.ok ? file.value.owner : undefined
  const status = await tellInput(context, { message, head }, () => told.told && { owner, ...told.told })
  const isLookedAtAgain = status !== undefined && ['applying', 'blocked', 'revoking', 'failed'].includes(status.state)
  const now = isLookedAtAgain ? await readNow(context) : undefined
  await indexInstants(objects, key, now ? [new Date(now.getTime() + againMs)] : [], id)
  log.info('group looked at', { input: key, id, status: status?.state ?? 'removed' })
  if (!named.ok || !told.isChanged) return
  const keys: string[] = []
  for await (const one of listMembershipFiles(objects, named.value)) keys.push(one)
  if (await objects.head(ruleKey(named.value))) keys.push(ruleKey(named.value))
  await sendInputs(context, keys, 'its group has changed', configuration)
}

/** `isChanged`: it is there now, or is not any more, so that its memberships are looked at. */
type Told = {
  readonly told: Pick<NewStatus, 'state' | 'reason' | 'remedy' | 'owned' | 'principalId'> | undefined
  readonly isChanged: boolean
}

class GroupLook {
  readonly #name: PrincipalName
  readonly #file: GroupFile | undefined
  readonly #context: LookingAtGroup
  readonly #whole: PrincipalName
  #paused: string | undefined
  #isChanged = false
  readonly #owned: KnownRecord<OwnedGroup>

  /** `file`: undefined where there is none. */
  constructor(name: PrincipalName, file: GroupFile | undefined, context: LookingAtGroup) {
    this.#name = name
    this.#file = file
    this.#context = context
    this.#whole = principalName.parse(name + context.configuration.principalSuffix)
    this.#owned = new KnownRecord(ownedGroupRecord(context.objects, name))
  }

  async settle(): Promise<Told> {
    this.#paused = await readPauseReason(this.#context.objects)
    for (let step = 0; step < stepsMost; step++) {
      await this.#owned.read()
      const told = await (this.#file === undefined ? this.#end() : this.#keep(this.#file))
      if (told !== 'again') return { told: told.told, isChanged: this.#isChanged }
    }
    throw new Error(`the group ${quote(this.#name)} is being changed by others all the time; it will be tried again`)
  }

  async #keep(file: GroupFile): Promise<'again' | Pick<Told, 'told'>> {
    const { identityStore } = this.#context
    const id = this.#owned.value?.id ?? (await this.#findByName())
    const group = id && (await identityStore.findGroup(id))
    if (id !== undefined && group?.isExternal) return { told: describeExternal(this.#name) }
    if (this.#owned.value === undefined && id !== undefined) return this.#adopt(id, group?.description)
    if (id === undefined || group === undefined) return this.#make(file)
    if (this.#owned.value?.id === undefined) return this.#note(id)
    if (group.name !== this.#whole)
      return {
        told: {
          state: 'failed',
          reason: `somebody renamed the group to '${quote(group.name ?? 'nothing')}'; its members stay`,
          remedy: `rename it back: aws identitystore update-group --identity-store-id <store> --group-id ${id} --operations AttributePath=displayName,AttributeValue=${JSON.stringify(this.#whole)}`,
          principalId: id,
        },
      }
    // Where the file says nothing of an adopted group, its description stays.
    const isSame = group.description === file.description || (file.description === undefined && this.#isAdopted)
    if (!isSame) {
      if (this.#paused !== undefined) return { told: { state: 'applying', reason: this.#paused } }
      await identityStore.updateGroupDescription(id, file.description)
      await this.#tell('changed', id)
      return 'again'
    }
    return { told: { state: 'applied', principalId: id, ...(this.#isAdopted && { owned: false }) } }
  }

  get #isAdopted(): boolean {
    return this.#owned.value?.isAdopted === true
  }

  async #findByName(): Promise<PrincipalId | undefined> {
    const id = await this.#context.identityStore.findPrincipalId('GROUP', this.#whole)
    const isExact = id && (await this.#context.identityStore.findPrincipalName('GROUP', id)) === this.#whole
    return isExact ? id : undefined
  }

  /** An explicit act: whoever governs access has uploaded its file. */
  async #adopt(id: PrincipalId, description: string | undefined): Promise<'again' | Pick<Told, 'told'>> {
    const { objects } = this.#context
    for await (const other of listOwnedGroups(objects))
      if ((await ownedGroupRecord(objects, other).read())?.value.id === id)
        return {
          told: {
            state: 'rejected',
            reason: `received a group that ssofile has as '${quote(other)}' already, expected one that it does not have`,
            remedy: `delete this file; or rename the group back to '${quote(other)}' in the directory`,
          },
        }
    if (this.#paused !== undefined) return { told: { state: 'applying', reason: this.#paused } }
    const claimedAt = await this.#now()
    await this.#tell('adopted', id, claimedAt)
    await this.#owned.write({
      v: 1,
      id,
      isAdopted: true,
      claimedAt,
      ...(description === undefined ? {} : { description }),
    })
    this.#isChanged = true
    return 'again'
  }

  /** Where another group of this name appears between our look and the end of the call, it counts as ours. */
  async #make(file: GroupFile): Promise<'again' | Pick<Told, 'told'>> {
    if (this.#paused !== undefined) return { told: { state: 'applying', reason: this.#paused } }
    const gone = this.#owned.value?.id
    if (gone !== undefined) await this.#forgetMembers(gone)
    if (this.#owned.value === undefined || gone !== undefined)
      await this.#owned.write({ v: 1, isAdopted: false, claimedAt: await this.#now() })
    const description = file.description === undefined ? {} : { description: file.description }
    const making = this.#context.identityStore.createGroup({ displayName: this.#whole, ...description })
    const id = await unlessCode(making, 'ConflictException')
    return id === undefined ? 'again' : this.#note(id)
  }

  async #note(id: PrincipalId): Promise<'again'> {
    const known = this.#owned.value
    if (known === undefined) return 'again'
    await this.#tell('created', id, known.claimedAt)
    await this.#owned.write({ ...known, id })
    this.#isChanged = true
    return 'again'
  }

  async #end(): Promise<'again' | Pick<Told, 'told'>> {
    const { identityStore } = this.#context
    const known = this.#owned.value
    if (known === undefined) return { told: undefined }
    const id = known.id ?? (await this.#findByName())
    const group = id && (await identityStore.findGroup(id))
    if (id === undefined || group === undefined) return this.#drop('deleted', id)
    const isKept = known.isAdopted || group.isExternal || group.name !== this.#whole
    const references = await this.#listReferences(id, isKept)
    if (references.length > 0) return { told: describeBlocked(references) }
    if (isKept) return this.#drop('given-up', id)
    if (this.#paused !== undefined) return { told: { state: 'revoking', reason: this.#paused } }
    await requireUnchanged(this.#context.objects, groupKey(this.#name), undefined)
    await unlessCode(identityStore.deleteGroup(id), 'ResourceNotFoundException')
    return this.#drop('deleted', id)
  }

  /** What would lose its meaning, and access, with the group. One that stays in the directory keeps all but our memberships. */
  async #listReferences(id: PrincipalId, isKept: boolean): Promise<readonly string[]> {
    const { objects, configuration, identityStore } = this.#context
    const references: string[] = []
    const rule = ruleKey(this.#name)
    if ((await objects.head(rule)) !== undefined) references.push(rule)
    for await (const key of listMembershipFiles(objects, this.#name)) references.push(key)
    for await (const { user } of listOwnedMemberships(objects, id)) references.push(`the membership of user ${user}`)
    if (isKept) return references
    for await (const link of listLinks(objects, configuration.folders))
      if (link.type === 'GROUP' && link.principal === this.#name) references.push(link.key)
    for await (const { key } of listKnown(objects)) {
      const { type, principalId, accountId, permissionSet } = assignmentOf(key)
      if (type === 'GROUP' && principalId === id) references.push(`its access '${permissionSet}' in ${accountId}`)
    }
    if (references.length === 0 && (await identityStore.listMembersOf(id)).items.length > 0)
      references.push('users that others put into the group')
    return references
  }

  /** The group is gone, and all memberships with it. */
  async #forgetMembers(group: PrincipalId): Promise<void> {
    const { objects } = this.#context
    for await (const id of listOwnedMemberships(objects, group)) {
      const record = ownedMembershipRecord(objects, id)
      const stored = await record.read()
      if (stored === undefined) continue
      await tellMembership(objects, id, stored.value, { event: 'removed', at: await this.#now(), isByOthers: true })
      await record.remove(stored.object.etag)
    }
  }

  async #drop(event: 'deleted' | 'given-up', id: PrincipalId | undefined): Promise<'again'> {
    if (this.#owned.value === undefined) return 'again'
    // Somebody may have been put in while it was being deleted.
    if (event === 'deleted' && id !== undefined) await this.#forgetMembers(id)
    await this.#tell(event, id)
    await this.#owned.remove()
    this.#isChanged = true
    return 'again'
  }

  async #now(): Promise<string> {
    return renderInstant(await readNow(this.#context))
  }

  async #tell(event: string, id: PrincipalId | undefined, at?: string): Promise<void> {
    const subject = { folder: `history/groups/${renderNameInKey(this.#name)}/`, name: renderNameInKey(this.#name) }
    const body = { group: this.#name, id, description: this.#file?.description, owner: this.#file?.owner }
    const told = { event, named: `group-${event}`, at: at ?? (await this.#now()), body }
    await tellEvent(this.#context.objects, subject, told)
  }
}

function describeExternal(name: PrincipalName): Told['told'] {
  return {
    state: 'rejected',
    reason: `received group '${quote(name)}', which a provider of groups keeps (it has ExternalIds), expected one that nobody else writes`,
    remedy: 'change the group and its members there, where it comes from; delete this file. Links may name the group',
  }
}

function describeBlocked(references: readonly string[]): Told['told'] {
  const few = references.slice(0, namedMost).map((one) => quote(one, 300))
  const more = references.length > namedMost ? [`${references.length - namedMost} more`] : []
  return {
    state: 'blocked',
    reason: `still referred to by ${[...few, ...more].join(', ')}`,
    remedy: 'delete these first, or upload the file of the group again',
  }
}

/** The files that name this group, in any folder. */
async function* listMembershipFiles(objects: ObjectStore, group: PrincipalName): AsyncGenerator<string> {
  for await (const { key } of objects.list(membershipPrefix)) {
    const named = parseMembershipAnywhere(key)
    if (named.ok && named.value.group === group) yield key
  }
}

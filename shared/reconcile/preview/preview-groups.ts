import pLimit from 'p-limit'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { FoundGroup } from '../../domain/people/describe-membership.ts'
import {
  groupKey,
  groupMostBytes,
  groupPrefix,
  type OwnedGroup,
  parseGroupFile,
  parseGroupKey,
} from '../../domain/people/group-file.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import { renderComplaint } from '../../domain/statuses/complaint.ts'
import type { ObjectHead, ObjectStore } from '../../ports/object-store.ts'
import type { PrincipalIndex } from '../directory/principal-index.ts'
import type { AskingFile } from '../records/asking-files.ts'
import { listHeads, readsAtOnce } from '../records/list-heads.ts'
import { listLinks } from '../records/list-links.ts'
import { listOwnedGroups, ownedGroupRecord } from '../records/owned-groups.ts'
import { readParsedInput } from '../records/read-input.ts'
import type { StatusStore } from '../records/status-store.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import type { GroupAccesses } from './group-access.ts'
import type { People } from './people.ts'

/** `blocked`: its file is gone, but something refers to the group. */
export type GroupChange = {
  readonly name: PrincipalName
  readonly change: 'create' | 'adopt' | 'describe' | 'delete' | 'give-up' | 'blocked' | 'rejected'
  readonly reason?: string | undefined
}

/** A planned group. `id`: absent if it does not exist yet. */
export type ComingGroup = Pick<FoundGroup, 'is' | 'isExternal'> & { readonly id?: PrincipalId | undefined }

type GroupSources = {
  readonly objects: ObjectStore
  readonly configuration: Configuration
  readonly statuses: Pick<StatusStore, 'read'>
  readonly principals: Pick<PrincipalIndex, 'resolve'>
  readonly people: Pick<People, 'membersOf' | 'findGroup'>
  readonly asking: readonly Pick<AskingFile, 'group' | 'key'>[]
  readonly accesses: GroupAccesses
  /** Whether ssofile added this user to the group. */
  readonly isOurMember: (group: PrincipalId, user: PrincipalId) => boolean
}

/** The planned changes of groups by their files. Does not ask the directory about a group whose file is unchanged. */
export async function previewGroups(sources: GroupSources) {
  const { objects } = sources
  const heads = await listHeads(objects, groupPrefix)
  const names = new Set(await Array.fromAsync(listOwnedGroups(objects)))
  for (const key of heads.keys()) {
    const named = parseGroupKey(key)
    if (named.ok) names.add(named.value)
  }
  const planned = await pLimit(readsAtOnce).map([...names].sort(), async (name) => {
    const owned = (await spoiledAsAbsent(ownedGroupRecord(objects, name).read()))?.value
    const head = heads.get(groupKey(name))
    return { name, ...(await (head ? keep(name, { owned, head }, sources) : end(name, owned, sources))) }
  })
  return {
    groups: new Map(planned.map(({ name, coming }) => [name, coming])),
    changes: planned.flatMap(({ name, change }): readonly GroupChange[] => (change ? [{ name, ...change }] : [])),
  }
}

type Fate = { readonly coming: ComingGroup; readonly change?: Omit<GroupChange, 'name'> }

async function keep(
  name: PrincipalName,
  { owned, head }: { readonly owned: OwnedGroup | undefined; readonly head: ObjectHead },
  { objects, statuses, principals, people }: GroupSources,
): Promise<Fate> {
  const told = await spoiledAsAbsent(statuses.read(head.key))
  const ours = (id?: PrincipalId): ComingGroup => ({ is: 'ours', id, isExternal: false })
  if (owned?.id !== undefined && told?.state === 'applied' && told.etag === head.etag) return { coming: ours(owned.id) }
  const file = (await readParsedInput(objects, head.key, { mostBytes: groupMostBytes, parse: parseGroupFile }))?.file
  const id = owned?.id ?? (await principals.resolve('GROUP', name, Number.NEGATIVE_INFINITY))
  const group = id && (await people.findGroup(id))
  const isOurs = owned !== undefined && group !== undefined
  const asNow: ComingGroup = isOurs ? ours(id) : { is: 'not ours', isExternal: group?.isExternal === true }
  if (file?.ok === false)
    return { coming: asNow, change: { change: 'rejected', reason: renderComplaint(file.complaint) } }
  if (group?.isExternal)
    return {
      coming: { ...asNow, isExternal: true },
      change: { change: 'rejected', reason: 'a provider of groups keeps it (it has ExternalIds)' },
    }
  if (group === undefined) return { coming: ours(), change: { change: 'create' } }
  if (owned === undefined) return { coming: ours(id), change: { change: 'adopt' } }
  const description = file?.value.description
  const isSame = group.description === description || (description === undefined && owned.isAdopted)
  return isSame ? { coming: ours(id) } : { coming: ours(id), change: { change: 'describe' } }
}

async function end(name: PrincipalName, owned: OwnedGroup | undefined, sources: GroupSources): Promise<Fate> {
  const id = owned?.id
  const coming: ComingGroup = { is: 'not ours', isExternal: false, id }
  if (owned === undefined || id === undefined) return { coming }
  const files = sources.asking.filter(({ group }) => group === name).map(({ key }) => key)
  const references = owned.isAdopted ? files : [...files, ...(await listOtherReferences(name, id, sources))]
  if (references.length === 0) return { coming, change: { change: owned.isAdopted ? 'give-up' : 'delete' } }
  const stays: ComingGroup = { is: 'ours', id, isExternal: false }
  return { coming: stays, change: { change: 'blocked', reason: `${references.slice(0, 5).join(', ')} refer to it` } }
}

async function listOtherReferences(name: PrincipalName, id: PrincipalId, sources: GroupSources) {
  const { objects, configuration, accesses, people, isOurMember } = sources
  const links: string[] = []
  for await (const link of listLinks(objects, configuration.folders))
    if (link.type === 'GROUP' && link.principal === name) links.push(link.key)
  const access = accesses.after(id, name).map(({ permissionSet }) => `its access '${permissionSet}'`)
  const others = ((await people.membersOf(id)) ?? []).filter((user) => !isOurMember(id, user))
  return [...links, ...access, ...(others.length > 0 ? ['users that others put into the group'] : [])]
}

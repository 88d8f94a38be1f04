import pLimit from 'p-limit'
import { groupKey, type OwnedGroup, ownedGroup, ownedGroupPrefix } from '../../domain/files/group-file.ts'
import { kinds } from '../../domain/inputs/kinds.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import {
  type MembershipId,
  ownedMembership,
  ownedMembershipKey,
  ownedMembershipPrefix,
  parseOwnedMembershipKey,
} from '../../domain/principals/owned-membership.ts'
import { type PrincipalName, principalName } from '../../domain/principals/principal.ts'
import type { ObjectStore, ReadingObjects } from '../../ports/object-store.ts'
import { defineRecords } from './define-record.ts'
import { readsAtOnce } from './list-heads.ts'
import { readParsedInput } from './read-input.ts'
import { spoiledAsAbsent } from './stored-json.ts'

export const ownedGroups = defineRecords({
  at: ownedGroupPrefix,
  meaning: 'one group that ssofile made or adopted',
  source: { is: 'primary' },
  key: (name: PrincipalName) => name,
  value: ownedGroup,
})

/** Reads this record, for callers that only read. Throws SpoiledObjectError. */
export async function readOwnedGroup(objects: ReadingObjects, name: PrincipalName): Promise<OwnedGroup | undefined> {
  return (await ownedGroups.read(objects, name))?.value
}

/** The owner of a group, from its file. `undefined`: the file names none, or is unreadable. */
export async function readOwnerOf(objects: ReadingObjects, group: PrincipalName): Promise<string | undefined> {
  const found = await readParsedInput(objects, groupKey(group), kinds.group)
  return found?.file.ok ? found.file.value.owner : undefined
}

/** The names of all groups that ssofile made or adopted, ascending. */
export async function* listOwnedGroups(objects: ReadingObjects): AsyncGenerator<PrincipalName> {
  for await (const { key } of objects.list(ownedGroupPrefix)) {
    const name = principalName.safeParse(key.slice(ownedGroupPrefix.length)).data
    if (name !== undefined) yield name
  }
}

export const ownedMembershipRecords = defineRecords({
  at: ownedMembershipPrefix,
  meaning: 'one membership that ssofile made',
  source: { is: 'primary' },
  key: ({ group, user }: MembershipId) => `${group}%${user}`,
  value: ownedMembership,
})

/** The memberships that ssofile made, in one group or in all. */
export async function* listOwnedMemberships(
  objects: ReadingObjects,
  group?: PrincipalId,
): AsyncGenerator<MembershipId> {
  for await (const { key } of objects.list(`${ownedMembershipPrefix}${group === undefined ? '' : `${group}%`}`)) {
    const id = parseOwnedMembershipKey(key)
    if (id !== undefined) yield id
  }
}

/** The records of these memberships that exist and are readable. */
export async function readOwnedMemberships(objects: ObjectStore, ids: readonly MembershipId[]) {
  const read = await pLimit(readsAtOnce).map(ids, async (id) => {
    const stored = await spoiledAsAbsent(ownedMembershipRecords.of(objects, id).read())
    return stored ? [{ id, entry: stored.value }] : []
  })
  return read.flat()
}

/** The files behind a membership, by the ledger; empty if others added the user. `since`: absent if that is not known. */
type MadeMembership = { readonly files: readonly string[]; readonly since?: string | undefined }

export async function readMade(objects: ObjectStore, id: MembershipId): Promise<MadeMembership> {
  const entry = (await spoiledAsAbsent(ownedMembershipRecords.of(objects, id).read()))?.value
  return { files: entry?.files.map(({ key }) => key) ?? [], since: entry?.grantedAt ?? entry?.calledAt }
}

/** Like `readMade`, for many memberships: lists once and reads each once. */
export class MadeMemberships {
  readonly #objects: ObjectStore
  readonly #read = new Map<string, Promise<MadeMembership>>()
  #ours: Promise<ReadonlySet<string>> | undefined

  constructor(objects: ObjectStore) {
    this.#objects = objects
  }

  /** By `ownedMembershipKey`, only for memberships that ssofile made. */
  async of(ids: Iterable<MembershipId>): Promise<ReadonlyMap<string, MadeMembership>> {
    this.#ours ??= Array.fromAsync(listOwnedMemberships(this.#objects), ownedMembershipKey).then(
      (keys) => new Set(keys),
    )
    const ours = await this.#ours
    const limit = pLimit(readsAtOnce)
    const wanted = new Map([...ids].map((id) => [ownedMembershipKey(id), id]))
    const read = [...wanted].flatMap(([key, id]) => {
      if (!ours.has(key)) return []
      const made = this.#read.get(key) ?? limit(() => readMade(this.#objects, id))
      this.#read.set(key, made)
      return [made.then((found) => [key, found] as const)]
    })
    return new Map(await Promise.all(read))
  }
}

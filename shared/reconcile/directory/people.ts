import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalName, PrincipalType } from '../../domain/principals/principal.ts'
import type { DirectoryGroup, ReadingIdentityStore } from '../../ports/identity-store.ts'
import { listAll } from '../../ports/page.ts'
import { unlessCode } from '../../ports/service-error.ts'
import { findNamed, type Named } from './find-named.ts'
import { findTogether } from './find-together.ts'

/** From this many groups on, their members are probably many. */
const manyGroups = 5

/** Groups, their members and their present names in the directory. Asks for each once. */
export class People {
  readonly #identityStore: ReadingIdentityStore
  readonly #members = new Map<PrincipalId, Promise<readonly PrincipalId[] | undefined>>()
  readonly #groups = new Map<PrincipalId, Promise<DirectoryGroup | undefined>>()
  readonly #found = new Map<PrincipalId, Promise<Named | undefined>>()
  readonly #lists = new Map<PrincipalType, Promise<void>>()
  readonly #ids = new Map<PrincipalType, Map<PrincipalName, PrincipalId>>()

  /** `identityStore`: a patient one (see `patientIdentityStore`). */
  constructor(identityStore: ReadingIdentityStore) {
    this.#identityStore = identityStore
  }

  /** The users in a group; `undefined`: the group is gone. */
  membersOf(groupId: PrincipalId): Promise<readonly PrincipalId[] | undefined> {
    const known = this.#members.get(groupId) ?? this.#listMembers(groupId)
    this.#members.set(groupId, known)
    return known
  }

  /** Starts reading what will be needed: the members of these groups, and names if they are probably many. */
  foresee(groups: ReadonlySet<PrincipalId>): void {
    // The later caller receives the error.
    for (const id of groups) void this.membersOf(id).catch(() => {})
    void this.namesOf('GROUP', groups).catch(() => {})
    if (groups.size >= manyGroups) void this.listNames('USER').catch(() => {})
  }

  /** `undefined`: the group is gone. */
  findGroup(groupId: PrincipalId): Promise<DirectoryGroup | undefined> {
    const known = this.#groups.get(groupId) ?? this.#identityStore.findGroup(groupId)
    this.#groups.set(groupId, known)
    return known
  }

  /** The groups of a user; empty if the user is gone. */
  async groupsOf(userId: PrincipalId): Promise<readonly PrincipalId[]> {
    const pages = (token?: string) => this.#identityStore.listGroupsOf(userId, token)
    return (await unlessCode(Array.fromAsync(listAll(pages)), 'ResourceNotFoundException')) ?? []
  }

  /** The present names of these ids. A missing id is gone, or has no name. */
  async namesOf(type: PrincipalType, ids: Iterable<PrincipalId>): Promise<ReadonlyMap<PrincipalId, PrincipalName>> {
    return new Map([...(await this.find(type, ids))].map(([id, { name }]) => [id, name]))
  }

  /** The same, with disabled users marked. */
  async find(type: PrincipalType, ids: Iterable<PrincipalId>): Promise<ReadonlyMap<PrincipalId, Named>> {
    const wanted = new Set(ids)
    const listed = this.#lists.get(type)
    await listed
    const unknown = [...wanted].filter((id) => !this.#found.has(id))
    const found = findTogether(unknown, {
      list: listed ? undefined : (token) => this.#identityStore.listPrincipals(type, token),
      entryOf: ({ id, ...named }): readonly [PrincipalId, Named] => [id, named],
      lookUp: (id) => findNamed(this.#identityStore, type, id),
    })
    for (const id of unknown)
      this.#found.set(
        id,
        found.then((names) => names.get(id)),
      )
    const all = await Promise.all([...wanted].map(async (id) => [id, await this.#found.get(id)] as const))
    return new Map(all.flatMap(([id, named]) => (named === undefined ? [] : [[id, named] as const])))
  }

  /** Reads all names, for answers that need most of them. */
  listNames(type: PrincipalType): Promise<void> {
    const known = this.#lists.get(type) ?? this.#readNames(type)
    this.#lists.set(type, known)
    return known
  }

  /** All users, or groups, that have a name. */
  async idsByName(type: PrincipalType): Promise<ReadonlyMap<PrincipalName, PrincipalId>> {
    await this.listNames(type)
    return this.#ids.get(type) ?? new Map()
  }

  async #readNames(type: PrincipalType): Promise<void> {
    const ids = new Map<PrincipalName, PrincipalId>()
    this.#ids.set(type, ids)
    const pages = (token?: string) => this.#identityStore.listPrincipals(type, token)
    for await (const { id, ...named } of listAll(pages)) {
      this.#found.set(id, Promise.resolve(named))
      ids.set(named.name, id)
    }
  }

  #listMembers(groupId: PrincipalId): Promise<readonly PrincipalId[] | undefined> {
    const pages = (token?: string) => this.#identityStore.listMembersOf(groupId, token)
    return unlessCode(Array.fromAsync(listAll(pages)), 'ResourceNotFoundException')
  }
}

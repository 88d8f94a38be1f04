import type { PrincipalId } from '../../domain/identity-center-ids.ts'
import type { PrincipalName, PrincipalType } from '../../domain/principal.ts'
import type { IdentityStore } from '../../ports/identity-store.ts'
import { listAll } from '../../ports/page.ts'
import { isServiceError } from '../../ports/service-error.ts'

/** Up to so many names are asked for one by one; for more, all are listed, 100 a call. */
const namedOneByOne = 20

/** Groups, their members and their names as the directory has them now. Each is asked once. */
export class People {
  readonly #identityStore: IdentityStore
  readonly #members = new Map<PrincipalId, Promise<readonly PrincipalId[] | undefined>>()
  readonly #names = new Map<PrincipalId, PrincipalName | undefined>()

  /** `identityStore`: one that is patient (see `patientIdentityStore`). */
  constructor(identityStore: IdentityStore) {
    this.#identityStore = identityStore
  }

  /** The users in a group; `undefined`: the group is gone. */
  membersOf(groupId: PrincipalId): Promise<readonly PrincipalId[] | undefined> {
    const known = this.#members.get(groupId) ?? this.#listMembers(groupId)
    this.#members.set(groupId, known)
    return known
  }

  /** The groups of a user; none for one that is gone. */
  async groupsOf(userId: PrincipalId): Promise<readonly PrincipalId[]> {
    const pages = (token?: string) => this.#identityStore.listGroupsOf(userId, token)
    return (await unlessGone(Array.fromAsync(listAll(pages)))) ?? []
  }

  /** The present names of these ids. One that is not in the answer is gone, or has no name. */
  async namesOf(type: PrincipalType, ids: Iterable<PrincipalId>): Promise<ReadonlyMap<PrincipalId, PrincipalName>> {
    const wanted = new Set(ids)
    const unknown = [...wanted].filter((id) => !this.#names.has(id))
    if (unknown.length <= namedOneByOne) {
      const names = await Promise.all(unknown.map((id) => this.#identityStore.findPrincipalName(type, id)))
      for (const [index, id] of unknown.entries()) this.#names.set(id, names[index])
    } else {
      for await (const { id, name } of this.list(type)) this.#names.set(id, name)
    }
    return new Map(
      [...wanted].flatMap((id) => {
        const name = this.#names.get(id)
        return name === undefined ? [] : [[id, name] as const]
      }),
    )
  }

  list(type: PrincipalType) {
    return listAll((token) => this.#identityStore.listPrincipals(type, token))
  }

  #listMembers(groupId: PrincipalId): Promise<readonly PrincipalId[] | undefined> {
    const pages = (token?: string) => this.#identityStore.listMembersOf(groupId, token)
    return unlessGone(Array.fromAsync(listAll(pages)))
  }
}

async function unlessGone<T>(listing: Promise<readonly T[]>): Promise<readonly T[] | undefined> {
  try {
    return await listing
  } catch (error) {
    if (isServiceError(error, 'ResourceNotFoundException')) return undefined
    throw error
  }
}

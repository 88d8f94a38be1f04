import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalType } from '../../domain/principals/principal.ts'
import type { Clock } from '../../ports/clock.ts'
import type { DirectoryUser, IdentityStore } from '../../ports/identity-store.ts'
import { listAll } from '../../ports/page.ts'
import { isServiceError } from '../../ports/service-error.ts'

/** How long an answer counts. Events may be lost, and Identity Store allows 20 calls a second. */
const knownMs = 60_000

type CachedAnswer<T> = { readonly answer: Promise<T>; readonly sinceMs: number }

/** The people behind principals, at most a minute old. Does not keep a failed look-up. */
export class Memberships {
  readonly #identityStore: IdentityStore
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #people = new Map<string, CachedAnswer<readonly PrincipalId[]>>()
  readonly #users = new Map<string, CachedAnswer<DirectoryUser | undefined>>()

  /** `identityStore`: a patient one (see `patientIdentityStore`). */
  constructor(identityStore: IdentityStore, clock: Pick<Clock, 'monotonicMs'>) {
    this.#identityStore = identityStore
    this.#clock = clock
  }

  /** A user, or the members of a group (Identity Center has no groups in groups). Empty: it is gone. */
  peopleOf(type: PrincipalType, id: PrincipalId): Promise<readonly PrincipalId[]> {
    if (type === 'USER') return this.userOf(id).then((user) => (user === undefined ? [] : [id]))
    return this.#ask(this.#people, id, () => this.#listMembers(id))
  }

  /** `undefined`: there is no such user. */
  userOf(userId: PrincipalId): Promise<DirectoryUser | undefined> {
    return this.#ask(this.#users, userId, () => this.#identityStore.findUser(userId))
  }

  async #listMembers(groupId: PrincipalId): Promise<readonly PrincipalId[]> {
    try {
      return await Array.fromAsync(listAll((token) => this.#identityStore.listMembersOf(groupId, token)))
    } catch (error) {
      if (isServiceError(error, 'ResourceNotFoundException')) return []
      throw error
    }
  }

  #ask<T>(all: Map<string, CachedAnswer<T>>, id: string, ask: () => Promise<T>): Promise<T> {
    const nowMs = this.#clock.monotonicMs()
    const known = all.get(id)
    if (known && nowMs - known.sinceMs < knownMs) return known.answer
    const asked = { answer: ask(), sinceMs: nowMs }
    all.set(id, asked)
    asked.answer.catch(() => {
      if (all.get(id) === asked) all.delete(id)
    })
    return asked.answer
  }
}

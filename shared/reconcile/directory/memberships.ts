import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalType } from '../../domain/principals/principal.ts'
import type { Clock } from '../../ports/clock.ts'
import type { DirectoryUser, IdentityStore } from '../../ports/identity-store.ts'
import { KeptAnswers } from '../../ports/once.ts'
import { listUnlessGone } from '../../ports/page.ts'

/** How long an answer counts. Events may be lost, and Identity Store allows 20 calls a second. */
const knownMs = 60_000

const isRecent = ({ ageMs }: { readonly ageMs: number }) => ageMs < knownMs

/** The people behind principals, at most a minute old. Does not keep a failed look-up. */
export class Memberships {
  readonly #identityStore: IdentityStore
  readonly #people: KeptAnswers<readonly PrincipalId[]>
  readonly #users: KeptAnswers<DirectoryUser | undefined>

  /** `identityStore`: a patient one (see `patientIdentityStore`). */
  constructor(identityStore: IdentityStore, clock: Pick<Clock, 'monotonicMs'>) {
    this.#identityStore = identityStore
    this.#people = new KeptAnswers(clock)
    this.#users = new KeptAnswers(clock)
  }

  /** A user, or the members of a group (Identity Center has no groups in groups). Empty: it is gone. */
  peopleOf(type: PrincipalType, id: PrincipalId): Promise<readonly PrincipalId[]> {
    if (type === 'USER') return this.userOf(id).then((user) => (user === undefined ? [] : [id]))
    const pages = (token?: string) => this.#identityStore.listMembersOf(id, token)
    return this.#people.ask(id, () => listUnlessGone(pages), isRecent)
  }

  /** `undefined`: there is no such user. */
  userOf(userId: PrincipalId): Promise<DirectoryUser | undefined> {
    return this.#users.ask(userId, () => this.#identityStore.findUser(userId), isRecent)
  }
}

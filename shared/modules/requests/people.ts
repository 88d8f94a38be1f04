import pLimit from 'p-limit'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import {
  nameInLinks,
  type PrincipalName,
  type PrincipalType,
  principalName,
} from '../../domain/principals/principal.ts'
import type { Clock } from '../../ports/clock.ts'
import type { IdentityStore } from '../../ports/identity-store.ts'
import { listUnlessGone } from '../../ports/page.ts'
import { unlessUnread } from '../../ports/service-error.ts'
import { type Actor, type ActorSources, findActor } from '../../reconcile/directory/find-actor.ts'
import { Memberships } from '../../reconcile/directory/memberships.ts'
import { PrincipalIndex } from '../../reconcile/directory/principal-index.ts'

/** `unread`: why the groups of somebody are unknown. */
export type GroupsOfPerson = { readonly groups: ReadonlySet<string>; readonly unread?: string }

/** The people behind some names. */
export type NamedPeople = {
  readonly people: readonly PrincipalId[]
  /** Why the members of a group are unknown. */
  readonly unread?: string | undefined
  /** Names that no group or user has. */
  readonly absent: readonly string[]
  /** Groups without members. */
  readonly empty: readonly string[]
}

/** As long as `Memberships` and `PrincipalIndex` keep their answers. */
const knownMs = 60_000
/** Identity Store answers 20 calls a second, so more calls at once only wait. */
const callsAtOnce = 8

function limitedMap<T, R>(items: readonly T[], call: (item: T) => Promise<R>): Promise<R[]> {
  return pLimit(callsAtOnce).map(items, call)
}

/** The users of the directory and their groups, at most a minute old. Names are as in keys, without `principalSuffix`. */
export class People {
  readonly #identityStore: IdentityStore
  readonly #clock: Clock
  #index: PrincipalIndex
  #memberships: Memberships
  readonly #suffix: string

  constructor(identityStore: IdentityStore, clock: Clock, suffix: string) {
    this.#identityStore = identityStore
    this.#clock = clock
    this.#suffix = suffix
    this.#index = new PrincipalIndex(identityStore, clock, suffix)
    this.#memberships = new Memberships(identityStore, clock)
  }

  /** Asks everything again from now on: before a grant, or because somebody has changed. */
  forget(): void {
    this.#index = new PrincipalIndex(this.#identityStore, this.#clock, this.#suffix)
    this.#memberships = new Memberships(this.#identityStore, this.#clock)
  }

  /** `undefined`: there is no such user, or the name lacks the suffix. */
  async nameOf(user: PrincipalId): Promise<PrincipalName | undefined> {
    const known = await this.#memberships.userOf(user)
    return known && nameInLinks(known.name, this.#suffix)
  }

  /** The user as an actor; reads the suspension now. */
  actorOf(user: PrincipalId, suspensions: ActorSources['suspensions']): Promise<Actor> {
    const identityStore = { findUser: (id: PrincipalId) => this.#memberships.userOf(id) }
    return findActor(user, { identityStore, suspensions, principalSuffix: this.#suffix })
  }

  /** The user's groups among these. `unread`: why they are unknown. */
  async groupsOf(
    user: PrincipalId,
    names: ReadonlySet<string>,
    ids: ReadonlySet<PrincipalId> = new Set(),
  ): Promise<GroupsOfPerson & { readonly ids: ReadonlySet<PrincipalId> }> {
    const none = { groups: new Set<string>(), ids: new Set<PrincipalId>() }
    if (names.size + ids.size === 0) return none
    const read = await unlessUnread(listUnlessGone((token) => this.#identityStore.listGroupsOf(user, token)))
    if ('unread' in read) return { ...none, ...read }
    const own = new Set(read.is)
    return { groups: await this.#among(own, names), ids: ids.intersection(own) }
  }

  async #among(ids: ReadonlySet<PrincipalId>, names: ReadonlySet<string>): Promise<ReadonlySet<string>> {
    // Each lookup is a call, so look up the shorter list.
    if (ids.size < names.size) return names.intersection(new Set(await this.#namesOfGroups(ids)))
    const found = await limitedMap([...names], async (name) => ({ name, id: await this.#find('GROUP', name) }))
    return new Set(found.flatMap(({ name, id }) => (id !== undefined && ids.has(id) ? [name] : [])))
  }

  #namesOfGroups(ids: Iterable<PrincipalId>): Promise<readonly (string | undefined)[]> {
    const sinceMs = this.#clock.monotonicMs() - knownMs
    return limitedMap([...ids], (id) => this.#index.nameOf('GROUP', id, sinceMs))
  }

  /** The members of groups, or the users themselves. */
  async named(type: PrincipalType, names: readonly string[]): Promise<NamedPeople> {
    const read = await limitedMap(names, async (name) => {
      const id = await this.#find(type, name)
      const found = id === undefined ? undefined : await unlessUnread(this.#memberships.peopleOf(type, id))
      const people = found && 'is' in found ? found.is : []
      return { name, isAbsent: id === undefined, people, unread: found && 'unread' in found ? found.unread : undefined }
    })
    return {
      people: read.flatMap((one) => one.people),
      unread: read.find((one) => one.unread !== undefined)?.unread,
      absent: read.flatMap((one) => (one.isAbsent ? [one.name] : [])),
      empty: read.flatMap((one) =>
        !one.isAbsent && one.unread === undefined && one.people.length === 0 ? [one.name] : [],
      ),
    }
  }

  async #find(type: PrincipalType, name: string): Promise<PrincipalId | undefined> {
    const valid = principalName.safeParse(name).data
    return valid && this.#index.resolve(type, valid, this.#clock.monotonicMs())
  }
}

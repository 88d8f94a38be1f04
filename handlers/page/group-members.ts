import type { Configuration } from '../../shared/domain/deployment/configuration.ts'
import type { PrincipalId } from '../../shared/domain/principals/identity-center-ids.ts'
import { nameInLinks } from '../../shared/domain/principals/principal.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { People } from '../../shared/reconcile/directory/people.ts'

const knownMs = 10 * 60_000
/** Names of more users come from a listing: calls about single users have a small share, and suspensions need them. */
const lookUpsMost = 10
/** One after the other would wait for each answer; all at once would all end last. */
const groupsAtOnce = 4

export type Members = Readonly<Record<string, readonly string[] | null>>

/** The members of groups in the directory, at most ten minutes old. For display: no decision asks it. */
export class GroupMembers {
  readonly #ports: Pick<Ports, 'identityStore' | 'clock'>
  readonly #suffix: string
  #read: { readonly people: People; readonly atMs: number } | undefined

  /** `identityStore`: one of a `ServedDirectory`. */
  constructor(
    ports: Pick<Ports, 'identityStore' | 'clock'>,
    { principalSuffix }: Pick<Configuration, 'principalSuffix'>,
  ) {
    this.#ports = ports
    this.#suffix = principalSuffix
  }

  /**
   * User names by the names of groups. Lists the first groups, as many as `mostMs` milliseconds allow, and at least one. `null`: the
   * directory has no such group.
   */
  async of(groups: readonly string[], mostMs: number): Promise<Members> {
    const { clock } = this.#ports
    const endMs = clock.monotonicMs() + mostMs
    const people = this.#people()
    const ids = new Map<string, PrincipalId>(await people.idsByName('GROUP'))
    const read = async (group: string) => {
      const id = ids.get(group + this.#suffix) ?? ids.get(group)
      return { group, members: id && (await people.membersOf(id)) }
    }
    const listed: Awaited<ReturnType<typeof read>>[] = []
    do listed.push(...(await Promise.all(groups.slice(listed.length, listed.length + groupsAtOnce).map(read))))
    while (listed.length < groups.length && clock.monotonicMs() < endMs)
    const nameOf = await this.namesOf(listed.flatMap(({ members }) => members ?? []))
    return Object.fromEntries(listed.map(({ group, members }) => [group, members?.map(nameOf) ?? null]))
  }

  /** The members of a group; `undefined`: the group is gone. */
  membersOf(group: PrincipalId): Promise<readonly PrincipalId[] | undefined> {
    return this.#people().membersOf(group)
  }

  /** The names of users in links. The id of a user who is gone. */
  async namesOf(ids: readonly PrincipalId[]): Promise<(id: PrincipalId) => string> {
    const people = this.#people()
    const wanted = new Set(ids)
    if (wanted.size > lookUpsMost) await people.listNames('USER')
    const users = await people.find('USER', wanted)
    return (id) => {
      const name = users.get(id)?.name ?? id
      return nameInLinks(name, this.#suffix) ?? name
    }
  }

  #people(): People {
    const nowMs = this.#ports.clock.monotonicMs()
    if (this.#read === undefined || nowMs - this.#read.atMs > knownMs)
      this.#read = { people: new People(this.#ports.identityStore), atMs: nowMs }
    return this.#read.people
  }
}

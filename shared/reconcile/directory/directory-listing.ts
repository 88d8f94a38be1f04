import { membershipKey, parseMembershipAnywhere } from '../../domain/people/membership-file.ts'
import { findNeeded, matchesRule, type Rule } from '../../domain/people/rule-file.ts'
import type { AttributeName } from '../../domain/people/user-attributes.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { nameInLinks, type PrincipalName } from '../../domain/principals/principal.ts'
import type { DirectoryPerson } from '../../ports/identity-store.ts'
import { listAll } from '../../ports/page.ts'
import type { Ports } from '../../ports/ports.ts'

/** SQS and this process have different clocks. */
const clocksDifferMs = 5_000

/** The people whom a rule matches, by name without `principalSuffix`. `unread`: people for whom it is unknown. */
export type Meant = {
  readonly matching: ReadonlyMap<PrincipalId, PrincipalName>
  readonly unread: ReadonlySet<PrincipalId>
  /** The number of people whose names cannot be in the key of a membership. */
  readonly unnameable: number
}

/**
 * All people of the directory, listed once for all rules: a listing of 50,000 takes half a minute. The listing for a message
 * includes every change before the message was sent. Only a complete listing is used.
 */
export class DirectoryListing {
  readonly #ports: Pick<Ports, 'identityStore' | 'clock'>
  readonly #suffix: string
  #last: { readonly beganMs: number; readonly people: Promise<ListedPeople> } | undefined

  /** `ports`: with a patient identity store. */
  constructor(ports: Pick<Ports, 'identityStore' | 'clock'>, suffix: string) {
    this.#ports = ports
    this.#suffix = suffix
  }

  /** `sentMs`: when the message was sent; absent: now. */
  read(sentMs?: number): Promise<ListedPeople> {
    const last = this.#last
    if (last !== undefined && sentMs !== undefined && last.beganMs > sentMs + clocksDifferMs) return last.people
    const begun = { beganMs: this.#ports.clock.now().getTime(), people: this.#list() }
    this.#last = begun
    begun.people.catch(() => {
      if (this.#last === begun) this.#last = undefined
    })
    return begun.people
  }

  async #list(): Promise<ListedPeople> {
    const listed: DirectoryPerson[] = []
    for await (const person of listAll((token) => this.#ports.identityStore.listPeople(token))) listed.push(person)
    return new ListedPeople(listed, this.#suffix)
  }
}

/** A complete listing with an index by attribute values, because a rule usually names a value that few people have. */
export class ListedPeople {
  readonly #people: ReadonlyMap<PrincipalId, DirectoryPerson>
  readonly #suffix: string
  readonly #byValue = new Map<AttributeName, ReadonlyMap<string | null | undefined, readonly DirectoryPerson[]>>()

  constructor(people: readonly DirectoryPerson[], suffix: string) {
    this.#people = new Map(people.map((person) => [person.id, person]))
    this.#suffix = suffix
  }

  find(id: PrincipalId): DirectoryPerson | undefined {
    return this.#people.get(id)
  }

  has(id: PrincipalId): boolean {
    return this.#people.has(id)
  }

  /** Disabled people never match. */
  meantBy({ condition }: Rule, group: PrincipalName): Meant {
    const matching = new Map<PrincipalId, PrincipalName>()
    const unread = new Set<PrincipalId>()
    let unnameable = 0
    for (const person of this.#candidatesOf(condition)) {
      if (person.isDisabled) continue
      const matches = matchesRule(condition, person.attributes)
      if (matches === false) continue
      if (matches === undefined) unread.add(person.id)
      else {
        const name = nameInKeys(person.name, group, this.#suffix)
        if (name === undefined) unnameable++
        else matching.set(person.id, name)
      }
    }
    return { matching, unread, unnameable }
  }

  #candidatesOf(condition: Rule['condition']): Iterable<DirectoryPerson> {
    const needed = findNeeded(condition)
    if (needed === undefined) return this.#people.values()
    const known = this.#byValue.get(needed.name)
    const byValue = known ?? Map.groupBy(this.#people.values(), ({ attributes }) => attributes[needed.name])
    this.#byValue.set(needed.name, byValue)
    return [...needed.exact, null].flatMap((value) => byValue.get(value) ?? [])
  }
}

/** `undefined`: no file can add this user to the group. */
export function nameInKeys(whole: string, group: PrincipalName, suffix: string): PrincipalName | undefined {
  const name = nameInLinks(whole, suffix)
  if (name === undefined || name.includes('%')) return undefined
  return parseMembershipAnywhere(membershipKey({ group, user: name }, undefined)).ok ? name : undefined
}

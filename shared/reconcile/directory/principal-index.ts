import type { ExternalId } from '../../domain/principals/external-id.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { principalMatcher } from '../../domain/principals/near-principal.ts'
import {
  nameInLinks,
  type PrincipalName,
  type PrincipalType,
  principalName,
} from '../../domain/principals/principal.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ReadingIdentityStore } from '../../ports/identity-store.ts'
import { KeptAnswers } from '../../ports/once.ts'
import { listAll } from '../../ports/page.ts'
import { findNamed, type Named } from './find-named.ts'
import { findTogether } from './find-together.ts'

/** An id is kept for this long. The answer that a name is missing, and names of ids, serve only hints from before the look-up. */
const foundMs = 60_000
/** 20,000 principals in half a minute. */
const nearPagesMost = 200

const isRecent = ({ ageMs }: { readonly ageMs: number }) => ageMs < foundMs

export type LinkPrincipal = { readonly type: PrincipalType; readonly principal: PrincipalName }

/** The present name of an id, or that it is gone. `name: undefined`: no link can spell the name. `isDisabled`: for a user. */
export type Whereabouts =
  | 'gone'
  | {
      readonly name: PrincipalName | undefined
      readonly isDisabled?: boolean | undefined
      /** Only for users that a provider made. */
      readonly externalIds?: readonly ExternalId[] | undefined
    }

/** Principals by name and by id, cached: Identity Store allows 20 calls per second and operation. */
export class PrincipalIndex {
  readonly #identityStore: ReadingIdentityStore
  readonly #suffix: string
  /** Many hints about one principal share a look-up. */
  readonly #ids: KeptAnswers<PrincipalId | undefined>
  readonly #whereabouts: KeptAnswers<Whereabouts>
  /** Ids that were seen with a name. */
  readonly #exact = new Set<string>()
  readonly #near: KeptAnswers<(received: string) => string | undefined>

  constructor(identityStore: ReadingIdentityStore, clock: Clock, suffix: string) {
    this.#identityStore = identityStore
    this.#ids = new KeptAnswers(clock)
    this.#whereabouts = new KeptAnswers(clock)
    this.#near = new KeptAnswers(clock)
    this.#suffix = suffix
  }

  /**
   * `undefined`: no principal has exactly this name with `principalSuffix`. `pulledMs`: a principal may have appeared shortly before this
   * hint was pulled, so an older answer that it is missing does not count.
   */
  async resolve(type: PrincipalType, name: PrincipalName, pulledMs: number): Promise<PrincipalId | undefined> {
    const cacheKey = `${type}%${name}`
    const known = this.#ids.find(cacheKey)
    if (known && isRecent(known)) {
      const found = await known.answer
      if (found !== undefined || known.sinceMs > pulledMs) return found
    }
    return this.#ids.ask(cacheKey, () => this.#find(type, this.#withSuffix(name)))
  }

  /**
   * Looks up many principals together before callers ask for each: thousands of names one by one take minutes. Returns the names that
   * nobody has. Only for display (see `findTogether`).
   */
  async foresee(wanted: Iterable<LinkPrincipal>): Promise<readonly LinkPrincipal[]> {
    const missing: LinkPrincipal[] = []
    for (const [type, principals] of Map.groupBy(wanted, (one) => one.type)) {
      const isUnknown = (name: PrincipalName) => {
        const known = this.#ids.find(`${type}%${name}`)
        return !known || !isRecent(known)
      }
      const names = new Set(principals.map(({ principal }) => principal))
      const unknown = new Map([...names].filter(isUnknown).map((name) => [this.#withSuffix(name), name]))
      const found = await findTogether(unknown.keys(), {
        list: (token) => this.#identityStore.listPrincipals(type, token),
        entryOf: ({ id, name }) => [name, id],
        lookUp: (whole) => this.#find(type, whole),
      })
      // These answers are used at once, so their minute starts now.
      for (const [whole, name] of unknown) this.#ids.set(`${type}%${name}`, found.get(whole))
      for (const principal of names)
        if ((await this.#ids.find(`${type}%${principal}`)?.answer) === undefined) missing.push({ type, principal })
    }
    return missing
  }

  /** Looks up many ids together, before `whereabouts` of each. */
  async foreseeNames(type: PrincipalType, ids: Iterable<PrincipalId>): Promise<void> {
    const found = await findTogether(new Set(ids), {
      list: (token) => this.#identityStore.listPrincipals(type, token),
      entryOf: (found): readonly [PrincipalId, Whereabouts] => [found.id, this.#placeOf(found)],
      lookUp: (id) => this.#locate(type, id),
    })
    for (const [id, place = 'gone'] of found) this.#whereabouts.set(`${type}%${id}`, place)
  }

  async #find(type: PrincipalType, whole: PrincipalName): Promise<PrincipalId | undefined> {
    const found = await this.#identityStore.findPrincipalId(type, whole)
    return found && (await this.#bears(type, found, whole)) ? found : undefined
  }

  /**
   * Confirms by id that the name is equal in every byte: user names are unique regardless of case, and AWS does not document that a look-up
   * is exact. Asks once per name and id. If the name is entirely different, the principal was renamed: the caller confirms it before it
   * acts (`checkName`).
   */
  async #bears(type: PrincipalType, id: PrincipalId, name: PrincipalName): Promise<boolean> {
    const pair = `${id}%${name}`
    if (this.#exact.has(pair)) return true
    const borne = await this.#identityStore.findPrincipalName(type, id)
    if (borne === name) this.#exact.add(pair)
    return borne === undefined || borne === name || fold(borne) !== fold(name)
  }

  /** Forgets answers from before this instant, because the directory may have changed since. */
  expire(type: PrincipalType, name: PrincipalName, untilMs: number): void {
    const known = this.#ids.find(`${type}%${name}`)
    if (known && known.sinceMs <= untilMs) this.forget(type, name)
  }

  /** Asks again for each hint (`pulledMs`), because the answer decides whether an id keeps its access. */
  async whereabouts(type: PrincipalType, id: PrincipalId, pulledMs: number): Promise<Whereabouts> {
    const cacheKey = `${type}%${id}`
    const known = this.#whereabouts.find(cacheKey)
    if (known && known.sinceMs > pulledMs) return known.answer
    return this.#whereabouts.ask(cacheKey, async () => (await this.#locate(type, id)) ?? 'gone')
  }

  async #locate(type: PrincipalType, id: PrincipalId): Promise<Whereabouts | undefined> {
    const found = await findNamed(this.#identityStore, type, id)
    return found && this.#placeOf(found)
  }

  #placeOf({ name, isDisabled, externalIds = [] }: Named): Whereabouts {
    const known = nameInLinks(name, this.#suffix)
    return { name: known, ...(isDisabled && { isDisabled }), ...(externalIds.length > 0 && { externalIds }) }
  }

  /** The name of an id, without `principalSuffix`. `undefined`: it is gone, or its name lacks the suffix, or is no more than it. */
  async nameOf(type: PrincipalType, id: PrincipalId, pulledMs: number): Promise<PrincipalName | undefined> {
    const found = await this.whereabouts(type, id, pulledMs)
    return found === 'gone' ? undefined : found.name
  }

  #withSuffix(name: PrincipalName): PrincipalName {
    return principalName.parse(name + this.#suffix)
  }

  forget(type: PrincipalType, name: PrincipalName): void {
    this.#ids.delete(`${type}%${name}`)
  }

  /**
   * The existing name that a person most likely meant, only for a missing name: lists the directory, once a minute for all
   * names, and at most `nearPagesMost` pages of it.
   */
  async findNear(type: PrincipalType, name: PrincipalName): Promise<string | undefined> {
    return (await this.#near.ask(type, () => this.#readMatcher(type), isRecent))(name)
  }

  async #readMatcher(type: PrincipalType): Promise<(received: string) => string | undefined> {
    let pages = 0
    const list = async (token: string | undefined) => {
      const page = await this.#identityStore.listPrincipals(type, token)
      return ++pages < nearPagesMost ? page : { items: page.items }
    }
    const principals = await Array.fromAsync(listAll(list))
    return principalMatcher(
      principals.flatMap(({ name: whole, displayName }) => {
        const name = nameInLinks(whole, this.#suffix)
        return name === undefined ? [] : [{ name, displayName }]
      }),
    )
  }
}

function fold(name: string): string {
  return name.normalize('NFKC').toLowerCase()
}

import type { PrincipalId } from '../../domain/identity-center-ids.ts'
import { nearPrincipal } from '../../domain/near-principal.ts'
import { type PrincipalName, type PrincipalType, principalName } from '../../domain/principal.ts'
import type { Clock } from '../../ports/clock.ts'
import type { IdentityStore } from '../../ports/identity-store.ts'
import { listAll } from '../../ports/page.ts'

/** How long an id is kept. That a name is missing, and names of ids, serve only hints that came before the look-up. */
const foundMs = 60_000

/** A look-up, ended or not: many hints about one principal share it. */
type Known<T> = { readonly answer: Promise<T>; readonly lookedUpMs: number }

/** The current name of an id, or that it no longer exists. `name: undefined`: no link can spell the name. */
export type Whereabouts = 'gone' | { readonly name: PrincipalName | undefined }

/** Principals by name and by id, cached: Identity Store allows 20 calls per second and operation. */
export class PrincipalIndex {
  readonly #identityStore: IdentityStore
  readonly #clock: Clock
  readonly #suffix: string
  readonly #ids = new Map<string, Known<PrincipalId | undefined>>()
  readonly #whereabouts = new Map<string, Known<Whereabouts>>()
  /** Ids that were seen with a name. */
  readonly #exact = new Set<string>()
  readonly #near = new Map<string, Known<string | undefined>>()

  constructor(identityStore: IdentityStore, clock: Clock, suffix: string) {
    this.#identityStore = identityStore
    this.#clock = clock
    this.#suffix = suffix
  }

  /**
   * `undefined`: no principal has exactly this name with `principalSuffix`. The hint that was pulled at `pulledMs` may
   * mean that one has just appeared: then an older answer that it is missing does not count.
   */
  async resolve(type: PrincipalType, name: PrincipalName, pulledMs: number): Promise<PrincipalId | undefined> {
    const cacheKey = `${type}%${name}`
    const known = this.#ids.get(cacheKey)
    if (known && this.#isRecent(known)) {
      const found = await known.answer
      if (found !== undefined || known.lookedUpMs > pulledMs) return found
    }
    return this.#ask(this.#ids, cacheKey, async () => {
      const whole = principalName.safeParse(name + this.#suffix).data
      const found = whole && (await this.#identityStore.findPrincipalId(type, whole))
      return found && (await this.#bears(type, found, whole)) ? found : undefined
    })
  }

  /**
   * Confirms by id that the name is equal in every byte: user names are unique regardless of case, and nothing documents
   * that a look-up is exact. Asked once per name and id. A name that is entirely different is no matter of spelling: the
   * caller confirms it before it acts (`checkName`).
   */
  async #bears(type: PrincipalType, id: PrincipalId, name: PrincipalName): Promise<boolean> {
    const pair = `${id}%${name}`
    if (this.#exact.has(pair)) return true
    const borne = await this.#identityStore.findPrincipalName(type, id)
    if (borne === name) this.#exact.add(pair)
    return borne === undefined || borne === name || fold(borne) !== fold(name)
  }

  /** Forgets an answer up to this instant: the directory may have changed since. */
  expire(type: PrincipalType, name: PrincipalName, untilMs: number): void {
    const known = this.#ids.get(`${type}%${name}`)
    if (known && known.lookedUpMs <= untilMs) this.forget(type, name)
  }

  /** Asked again for each hint (`pulledMs`): it decides whether an id keeps its access. */
  async whereabouts(type: PrincipalType, id: PrincipalId, pulledMs: number): Promise<Whereabouts> {
    const cacheKey = `${type}%${id}`
    const known = this.#whereabouts.get(cacheKey)
    if (known && known.lookedUpMs > pulledMs) return known.answer
    return this.#ask(this.#whereabouts, cacheKey, async () => {
      const whole = await this.#identityStore.findPrincipalName(type, id)
      return whole === undefined ? 'gone' : { name: principalName.safeParse(this.#withoutSuffix(whole)).data }
    })
  }

  /** The name of an id, without `principalSuffix`. `undefined`: it is gone, or its name lacks the suffix. */
  async nameOf(type: PrincipalType, id: PrincipalId, pulledMs: number): Promise<PrincipalName | undefined> {
    const found = await this.whereabouts(type, id, pulledMs)
    return found === 'gone' ? undefined : found.name
  }

  /** A look-up that failed is not kept. */
  #ask<T>(known: Map<string, Known<T>>, cacheKey: string, ask: () => Promise<T>): Promise<T> {
    const asked: Known<T> = { answer: ask(), lookedUpMs: this.#clock.monotonicMs() }
    known.set(cacheKey, asked)
    asked.answer.catch(() => {
      if (known.get(cacheKey) === asked) known.delete(cacheKey)
    })
    return asked.answer
  }

  #withoutSuffix(whole: PrincipalName): string | undefined {
    return whole.endsWith(this.#suffix) ? whole.slice(0, whole.length - this.#suffix.length) : undefined
  }

  forget(type: PrincipalType, name: PrincipalName): void {
    this.#ids.delete(`${type}%${name}`)
  }

  /** The existing name that a person most likely meant. Lists the whole directory: only for a name that is missing. */
  async findNear(type: PrincipalType, name: PrincipalName): Promise<string | undefined> {
    const cacheKey = `${type}%${name}`
    const known = this.#near.get(cacheKey)
    if (known && this.#isRecent(known)) return known.answer
    return this.#ask(this.#near, cacheKey, async () => {
      const principals = await Array.fromAsync(listAll((token) => this.#identityStore.listPrincipals(type, token)))
      const names = principals.flatMap((principal) => this.#withoutSuffix(principal.name) ?? [])
      return nearPrincipal(name, names)
    })
  }

  #isRecent({ lookedUpMs }: Known<unknown>): boolean {
    return this.#clock.monotonicMs() - lookedUpMs < foundMs
  }
}

function fold(name: string): string {
  return name.normalize('NFKC').toLowerCase()
}

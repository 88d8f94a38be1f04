import type { PrincipalId } from '../domain/identity-center-ids.ts'
import { nearMatch } from '../domain/near-match.ts'
import { type PrincipalName, type PrincipalType, principalName } from '../domain/principal.ts'
import type { Clock } from '../ports/clock.ts'
import type { IdentityStore } from '../ports/identity-store.ts'
import { listAll } from '../ports/page.ts'

/** How long what was found is believed. What was not found, and names, only by hints that came before it was looked for. */
const foundMs = 60_000

/** An answer, or one that is under way: many hints about one principal share it. */
type Known<T> = { readonly answer: Promise<T>; readonly lookedUpMs: number }

/** Where an id is now. `gone`: nobody has it. Without a name: somebody has it whose name no link can spell. */
export type Whereabouts = 'gone' | { readonly name: PrincipalName | undefined }

/** Principals by name and by id, cached: Identity Store allows 20 calls per second and operation. */
export class PrincipalIndex {
  readonly #identityStore: IdentityStore
  readonly #clock: Clock
  readonly #suffix: string
  readonly #ids = new Map<string, Known<PrincipalId | undefined>>()
  readonly #whereabouts = new Map<string, Known<Whereabouts>>()
  readonly #near = new Map<string, { readonly name: Promise<string | undefined>; readonly untilMs: number }>()

  constructor(identityStore: IdentityStore, clock: Clock, suffix: string) {
    this.#identityStore = identityStore
    this.#clock = clock
    this.#suffix = suffix
  }

  /**
   * `undefined`: nobody has exactly this name, `principalSuffix` appended. A hint that was pulled at `pulledMs` may have
   * been sent because somebody of that name has just appeared: an older "nobody" is not believed.
   */
  async resolve(type: PrincipalType, name: PrincipalName, pulledMs: number): Promise<PrincipalId | undefined> {
    const cacheKey = `${type}%${name}`
    const known = this.#ids.get(cacheKey)
    if (known && this.#clock.monotonicMs() - known.lookedUpMs < foundMs) {
      const found = await known.answer
      if (found !== undefined || known.lookedUpMs > pulledMs) return found
    }
    return this.#ask(this.#ids, cacheKey, async () => {
      const whole = principalName.safeParse(name + this.#suffix).data
      return whole && this.#identityStore.findPrincipalId(type, whole)
    })
  }

  /** What was found up to this instant is no longer believed: somebody knows of a change in the directory. */
  expire(type: PrincipalType, name: PrincipalName, untilMs: number): void {
    const known = this.#ids.get(`${type}%${name}`)
    if (known && known.lookedUpMs <= untilMs) this.forget(type, name)
  }

  /** Asked anew for each hint, as `pulledMs` tells: by this the right of an id to its access is judged. */
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

  /** What could not be asked is not kept. */
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

  /** The existing name that a person most likely meant. Lists the directory, so only for what is missing, and rarely. */
  async findNear(type: PrincipalType, name: PrincipalName): Promise<string | undefined> {
    const cacheKey = `${type}%${name}`
    const known = this.#near.get(cacheKey)
    if (known && this.#clock.monotonicMs() < known.untilMs) return known.name
    // Kept while it is being read, too: many accounts of one link ask at the same time.
    const near = this.#searchNear(type, name)
    this.#near.set(cacheKey, { name: near, untilMs: this.#clock.monotonicMs() + foundMs })
    near.catch(() => this.#near.delete(cacheKey))
    return near
  }

  async #searchNear(type: PrincipalType, name: PrincipalName): Promise<string | undefined> {
    const names: string[] = []
    for await (const principal of listAll((token) => this.#identityStore.listPrincipals(type, token))) {
      const own = this.#withoutSuffix(principal.name)
      if (own !== undefined) names.push(own)
    }
    return nearMatch(name, names)
  }
}

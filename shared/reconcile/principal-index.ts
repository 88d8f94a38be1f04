import type { PrincipalId } from '../domain/identity-center-ids.ts'
import { nearMatch } from '../domain/near-match.ts'
import { type PrincipalName, type PrincipalType, principalName } from '../domain/principal.ts'
import type { Clock } from '../ports/clock.ts'
import type { IdentityStore } from '../ports/identity-store.ts'
import { listAll } from '../ports/page.ts'

/** Found names are believed this long, missing ones shorter: someone may be waiting for a group to appear. */
const foundMs = 60_000
const missingMs = 5_000

type Known = { readonly id: PrincipalId | undefined; readonly untilMs: number }

/** Principals by name, cached: Identity Store allows 20 calls per second and operation. */
export class PrincipalIndex {
  readonly #identityStore: IdentityStore
  readonly #clock: Clock
  readonly #suffix: string
  readonly #known = new Map<string, Known>()
  readonly #near = new Map<string, { readonly name: string | undefined; readonly untilMs: number }>()

  constructor(identityStore: IdentityStore, clock: Clock, suffix: string) {
    this.#identityStore = identityStore
    this.#clock = clock
    this.#suffix = suffix
  }

  /** `undefined`: nobody has exactly this name, `principalSuffix` appended. */
  async resolve(type: PrincipalType, name: PrincipalName): Promise<PrincipalId | undefined> {
    const cacheKey = `${type}%${name}`
    const known = this.#known.get(cacheKey)
    if (known && this.#clock.monotonicMs() < known.untilMs) return known.id
    const id = await this.#identityStore.findPrincipalId(type, principalName.parse(name + this.#suffix))
    this.#known.set(cacheKey, { id, untilMs: this.#clock.monotonicMs() + (id ? foundMs : missingMs) })
    return id
  }

  forget(type: PrincipalType, name: PrincipalName): void {
    this.#known.delete(`${type}%${name}`)
  }

  /** The existing name that a person most likely meant. Lists the directory, so only for what is missing, and rarely. */
  async findNear(type: PrincipalType, name: PrincipalName): Promise<string | undefined> {
    const cacheKey = `${type}%${name}`
    const known = this.#near.get(cacheKey)
    if (known && this.#clock.monotonicMs() < known.untilMs) return known.name
    const names: string[] = []
    for await (const principal of listAll((token) => this.#identityStore.listPrincipals(type, token))) {
      if (principal.name.endsWith(this.#suffix))
        names.push(principal.name.slice(0, principal.name.length - this.#suffix.length))
    }
    const near = nearMatch(name, names)
    this.#near.set(cacheKey, { name: near, untilMs: this.#clock.monotonicMs() + foundMs })
    return near
  }
}

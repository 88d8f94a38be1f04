import type { SimulatedWorld } from '../simulated-world.ts'

/** Two complete listings an hour apart, as far as schedules are exact. */
const goneAfterMs = 59 * 60_000
/** What had been decided before the account left may come about so much later. */
const underWayMs = 10 * 60_000

/** Since when accounts are not in the organization any more. */
export class DepartureWatch {
  readonly #world: SimulatedWorld
  readonly #leftMs = new Map<string, number>()
  /** By process: when it first read which accounts listings lack; by process and account: when it last asked for it. */
  readonly #readMs = new Map<string, number>()
  readonly #askedMs = new Map<string, number>()

  constructor(world: SimulatedWorld) {
    this.#world = world
  }

  noteDesired(): void {
    const present = new Set<string>(this.#world.organizations.accountsNow().map(({ id }) => id))
    for (const id of this.#leftMs.keys()) if (present.has(id)) this.#leftMs.delete(id)
    const recorded = this.#world
      .keys('assignments/')
      .map((key) => key.slice('assignments/account%'.length).slice(0, 12))
    for (const id of recorded)
      if (!present.has(id) && !this.#leftMs.has(id)) this.#leftMs.set(id, this.#world.clock.monotonicMs())
  }

  noteCall(process: string, operation: string, first: unknown): void {
    const nowMs = this.#world.clock.monotonicMs()
    if (operation === 'get' && first === 'state/missing-accounts.json' && !this.#readMs.has(process))
      this.#readMs.set(process, nowMs)
    if (operation === 'describeAccount') this.#askedMs.set(`${process} ${String(first)}`, nowMs)
  }

  /** The entry is removed; nobody can read back what is in an account that left. */
  complainAboutRemoval(key: string, process: string, skewMs: number): string | undefined {
    const id = key.slice('assignments/account%'.length).slice(0, 12)
    const leftMs = this.#leftMs.get(id)
    if (leftMs === undefined) return undefined
    const sinceMs = this.#world.clock.monotonicMs() - leftMs
    const isAskedAgain = (this.#askedMs.get(`${process} ${id}`) ?? 0) >= (this.#readMs.get(process) ?? 0)
    if (sinceMs > underWayMs && !isAskedAgain)
      return `the ledger entry ${key} is released, and Organizations was not asked for its account once more`
    if (sinceMs <= underWayMs || sinceMs >= goneAfterMs - 2 * skewMs) return undefined
    return `the ledger entry ${key} is released ${Math.round(sinceMs / 60_000)} minutes after its account left, expected an hour at least`
  }
}

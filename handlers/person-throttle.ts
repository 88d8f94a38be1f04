import type { Clock } from '../shared/ports/clock.ts'

type Terms = { readonly perSecond: number; readonly burst: number }

/** The throttle knows at most this many people. */
const peopleMost = 10_000

/** Limits what one person asks of one instance of a function: too much of it holds up nobody else. */
export class PersonThrottle {
  readonly #clock: Clock
  readonly #terms: Terms
  readonly #people = new Map<string, { readonly left: number; readonly atMs: number }>()

  /** `burst`: at once; `perSecond`: all the time. */
  constructor(clock: Clock, terms: Terms) {
    this.#clock = clock
    this.#terms = terms
  }

  admits(person: string): boolean {
    const { perSecond, burst } = this.#terms
    const nowMs = this.#clock.monotonicMs()
    const { left, atMs } = this.#people.get(person) ?? { left: burst, atMs: nowMs }
    const now = Math.min(burst, left + ((nowMs - atMs) * perSecond) / 1000)
    const isAdmitted = now >= 1
    // The latest caller moves to the end.
    this.#people.delete(person)
    this.#people.set(person, { left: isAdmitted ? now - 1 : now, atMs: nowMs })
    // Whoever was absent until the burst was full again is forgotten.
    for (const [first, seen] of this.#people) {
      if (this.#people.size <= peopleMost && nowMs - seen.atMs < (1000 * burst) / perSecond) break
      this.#people.delete(first)
    }
    return isAdmitted
  }
}

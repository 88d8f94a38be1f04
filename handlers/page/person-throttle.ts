import type { Clock } from '../../shared/ports/clock.ts'

/** A page asks for a few things every five seconds. */
const perSecond = 5
const burst = 40
/** Whoever has not been here for this long is forgotten; those who are known are not more than that. */
const fullAgainMs = (1000 * burst) / perSecond
const peopleMost = 10_000

/** How much one person may ask of one instance of the function: who asks too much holds up nobody else. */
export class PersonThrottle {
  readonly #clock: Clock
  readonly #people = new Map<string, { readonly left: number; readonly atMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  admits(person: string): boolean {
    const nowMs = this.#clock.monotonicMs()
    const { left, atMs } = this.#people.get(person) ?? { left: burst, atMs: nowMs }
    const now = Math.min(burst, left + ((nowMs - atMs) * perSecond) / 1000)
    const isAdmitted = now >= 1
    // The last one who came stands last.
    this.#people.delete(person)
    this.#people.set(person, { left: isAdmitted ? now - 1 : now, atMs: nowMs })
    for (const [first, seen] of this.#people) {
      if (this.#people.size <= peopleMost && nowMs - seen.atMs < fullAgainMs) break
      this.#people.delete(first)
    }
    return isAdmitted
  }
}

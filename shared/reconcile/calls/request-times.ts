/** So many of the last requests are remembered. */
const rememberedMost = 100
/** From so many on, the fastest of them says when an answer may be due. */
const knownLeast = 10
const everyFirstMs = 200
const everyLeastMs = 100
const everyMostMs = 2_000

/**
 * How long requests take, learnt from those that ended: nobody asks for an answer before one is due, and then often
 * enough that a free slot is found after a twentieth of the usual time.
 */
export class RequestTimes {
  readonly #ms: number[] = []
  #usualEveryMs = everyFirstMs
  #dueAfterMs = 0

  /** A request was found to be over after this time. */
  note(ms: number): void {
    this.#ms.push(ms)
    if (this.#ms.length > rememberedMost) this.#ms.shift()
    const ascending = this.#ms.toSorted((a, b) => a - b)
    this.#usualEveryMs = (ascending[ascending.length >> 1] ?? 0) / 20
    if (ascending.length >= knownLeast) this.#dueAfterMs = 0.9 * (ascending[0] ?? 0)
  }

  /** No request is over sooner, as far as is known: a tenth less than the fastest took. */
  get dueAfterMs(): number {
    return this.#dueAfterMs
  }

  /** How often to ask while the youngest request that is due has this age. One that takes long is asked for less often. */
  everyMs(ageMs: number): number {
    return Math.min(everyMostMs, Math.max(everyLeastMs, this.#usualEveryMs, ageMs / 20))
  }
}

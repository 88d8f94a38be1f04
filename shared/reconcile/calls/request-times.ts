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

  /** A request was found to be over after this time. */
  note(ms: number): void {
    this.#ms.push(ms)
    if (this.#ms.length > rememberedMost) this.#ms.shift()
  }

  /** No request is over sooner, as far as is known: a tenth less than the fastest took. */
  get dueAfterMs(): number {
    return this.#ms.length < knownLeast ? 0 : 0.9 * Math.min(...this.#ms)
  }

  /** How often to ask while the youngest request that is due has this age. One that takes long is asked for less often. */
  everyMs(ageMs: number): number {
    const usualMs = this.#ms.toSorted((a, b) => a - b)[this.#ms.length >> 1]
    const everyMs = usualMs === undefined ? everyFirstMs : usualMs / 20
    return Math.min(everyMostMs, Math.max(everyLeastMs, everyMs, ageMs / 20))
  }
}

/** So many of the last requests are remembered. */
const rememberedMost = 100
/** From so many on, the fastest of them says when an answer may be due. */
const knownLeast = 10
/** With 15 requests under way one ends after about each such part of the usual time: a listing finds one, or few. */
const partsOfUsual = 14
/** Where slots are free and the next request of its account waits for this one: calls are left then, and time is not. */
const partsOfHoldingUp = 28
const everyFirstMs = 200
const everyLeastMs = 100
const everyMostMs = 2_000

/**
 * How long requests take, learnt from those that ended: nobody asks for an answer before one is due, and then often
 * enough that a free slot is found after a small part of the usual time.
 */
export class RequestTimes {
  readonly #ms: number[] = []
  #usualMs = everyFirstMs * partsOfUsual
  #dueAfterMs = 0

  /** A request was found to be over after this time. */
  note(ms: number): void {
    this.#ms.push(ms)
    if (this.#ms.length > rememberedMost) this.#ms.shift()
    const ascending = this.#ms.toSorted((a, b) => a - b)
    this.#usualMs = ascending[ascending.length >> 1] ?? 0
    if (ascending.length >= knownLeast) this.#dueAfterMs = 0.9 * (ascending[0] ?? 0)
  }

  /** No request is over sooner, as far as is known: a tenth less than the fastest took. */
  get dueAfterMs(): number {
    return this.#dueAfterMs
  }

  /**
   * How often to ask while the youngest request that is due has this age. One that takes long is asked for less often, one
   * that alone holds up the next of its account (`isHoldingUp`) more often.
   */
  everyMs(ageMs: number, isHoldingUp = false): number {
    const parts = isHoldingUp ? partsOfHoldingUp : partsOfUsual
    return Math.min(everyMostMs, Math.max(everyLeastMs, Math.max(this.#usualMs, ageMs) / parts))
  }
}

/** How many of the last requests to remember. */
const rememberedMost = 100
/** How many are needed before the fastest of them says when an answer may be due. */
const knownLeast = 10
/** The usual time divided by this is the interval of listings: with 15 requests under way, one ends about that often. */
const partsOfUsual = 14
/**
 * Like `partsOfUsual`, when a slot is free and the account's next request waits for this one: calls are available then, but time is short.
 */
const partsOfHoldingUp = 28
const everyFirstMs = 200
const everyLeastMs = 100
const everyMostMs = 2_000

/**
 * How long requests take, learned from finished ones: nobody asks before an answer may be due, and then often enough to find a
 * free slot after a small part of the usual time.
 */
export class RequestTimes {
  readonly #ms: number[] = []
  #usualMs = everyFirstMs * partsOfUsual
  #dueAfterMs = 0

  /** A request ended after this time. */
  note(ms: number): void {
    this.#ms.push(ms)
    if (this.#ms.length > rememberedMost) this.#ms.shift()
    const ascending = this.#ms.toSorted((a, b) => a - b)
    this.#usualMs = ascending[ascending.length >> 1] ?? 0
    if (ascending.length >= knownLeast) this.#dueAfterMs = 0.9 * (ascending[0] ?? 0)
  }

  /** The earliest end of a request, as far as known: a tenth less than the fastest took. */
  get dueAfterMs(): number {
    return this.#dueAfterMs
  }

  /**
   * How often to ask while the youngest due request has this age. Less often for a long request, more often for one that alone
   * delays the next of its account (`isHoldingUp`).
   */
  everyMs(ageMs: number, isHoldingUp = false): number {
    const parts = isHoldingUp ? partsOfHoldingUp : partsOfUsual
    return Math.min(everyMostMs, Math.max(everyLeastMs, Math.max(this.#usualMs, ageMs) / parts))
  }
}

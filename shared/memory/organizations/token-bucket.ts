import type { Limiter } from '../call-gate.ts'

/** `burst` tokens at the start and at most; `perSecond` flow in; a call takes one. */
export type TokenRate = { readonly perSecond: number; readonly burst: number }

/** The throttle that AWS Organizations documents: a sustained rate with a burst above it. */
export class TokenBucket implements Limiter {
  readonly #rate: TokenRate
  #tokens: number
  #filledAt: number | undefined

  constructor(rate: TokenRate) {
    this.#rate = rate
    this.#tokens = rate.burst
  }

  admit(monotonicMs: number): boolean {
    const elapsed = monotonicMs - (this.#filledAt ?? monotonicMs)
    this.#filledAt = monotonicMs
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + (elapsed * this.#rate.perSecond) / 1000)
    // A sum of fractions may end a hair below a whole token.
    if (this.#tokens < 1 - 1e-9) return false
    this.#tokens -= 1
    return true
  }
}

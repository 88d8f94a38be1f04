import type { Limiter } from '../call-gate.ts'

/** At most `most` calls in any rolling second. A refused call does not count. */
export class RollingSecond implements Limiter {
  readonly #most: number
  #admitted: number[] = []

  constructor(most: number) {
    this.#most = most
  }

  admit(monotonicMs: number): boolean {
    this.#admitted = this.#admitted.filter((instant) => instant > monotonicMs - 1000)
    if (this.#admitted.length >= this.#most) return false
    this.#admitted.push(monotonicMs)
    return true
  }
}

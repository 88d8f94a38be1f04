import type { Randomness } from '../ports/randomness.ts'

/** The same seed gives the same sequence (splitmix32). Not for secrets. */
export class SeededRandomness implements Randomness {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  fraction(): number {
    return this.#next() / 2 ** 32
  }

  id(): string {
    const digits = Array.from({ length: 4 }, () => this.#next().toString(16).padStart(8, '0')).join('')
    // Version 4, variant 1 (RFC 9562, "UUID Version 4").
    const variant = '89ab'[Number.parseInt(digits.charAt(16), 16) % 4]
    return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-${variant}${digits.slice(17, 20)}-${digits.slice(20)}`
  }

  #next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }
}

import type { Randomness } from '../ports/randomness.ts'

/** The same seed gives the same sequence (splitmix32). Not for secrets. */
export class SeededRandomness implements Randomness {
  /** The whole state. */
  state: number

  constructor(seed: number) {
    this.state = seed | 0
  }

  fraction(): number {
    return this.#next() / 2 ** 32
  }

  id(): string {
    const [first, second, third, fourth] = [this.#digits(), this.#digits(), this.#digits(), this.#digits()]
    // Version 4, variant 1 (RFC 9562, "UUID Version 4").
    const variant = '89ab'[Number.parseInt(third.charAt(0), 16) % 4]
    return `${first}-${second.slice(0, 4)}-4${second.slice(5)}-${variant}${third.slice(1, 4)}-${third.slice(4)}${fourth}`
  }

  #digits(): string {
    return this.#next().toString(16).padStart(8, '0')
  }

  #next(): number {
    this.state = (this.state + 0x9e3779b9) | 0
    let mixed = this.state
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }
}

import type { Clock } from '../../ports/clock.ts'

/** After this, every caller gets a new reading. */
const keptMs = 30_000
const keptMost = 1_000

/**
 * One reading serves every caller that asks about a moment before it began. A hint, for instance, is about nothing later than
 * its pull.
 */
export class SharedReadings<T> {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #taken = new Map<string, { readonly beganMs: number; readonly value: Promise<T> }>()

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock
  }

  /** `sinceMs` (monotonic): the reading must include everything up to this moment. A failure serves no other caller. */
  read(key: string, sinceMs: number, ask: () => Promise<T>): Promise<T> {
    const nowMs = this.#clock.monotonicMs()
    const known = this.#taken.get(key)
    if (known && known.beganMs >= sinceMs && nowMs - known.beganMs < keptMs) return known.value
    if (this.#taken.size >= keptMost) this.#taken.clear()
    const taken = { beganMs: nowMs, value: ask() }
    this.#taken.set(key, taken)
    taken.value.catch(() => {
      if (this.#taken.get(key) === taken) this.#taken.delete(key)
    })
    return taken.value
  }
}

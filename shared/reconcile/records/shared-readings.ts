import type { Clock } from '../../ports/clock.ts'

/** After that a new reading is taken for every caller. */
const keptMs = 30_000
const keptMost = 1_000

/**
 * One reading serves everybody who asks for what stood there at a moment before it began: a hint, for instance, tells of
 * nothing that happened after it was pulled.
 */
export class SharedReadings<T> {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #taken = new Map<string, { readonly beganMs: number; readonly value: Promise<T> }>()

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock
  }

  /** `sinceMs`: what happened until then must be in it; monotonic. A failure serves nobody else. */
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

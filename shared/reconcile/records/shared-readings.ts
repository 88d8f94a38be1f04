import type { Clock } from '../../ports/clock.ts'
import { KeptAnswers } from '../../ports/once.ts'

/** After this, every caller gets a new reading. */
const keptMs = 30_000
const keptMost = 1_000

/**
 * One reading serves every caller that asks about a moment before it began. A hint, for instance, is about nothing later than
 * its pull.
 */
export class SharedReadings<T> {
  readonly #taken: KeptAnswers<T>

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#taken = new KeptAnswers(clock, keptMost)
  }

  /** `sinceMs` (monotonic): the reading must include everything up to this moment. A failure serves no other caller. */
  read(key: string, sinceMs: number, ask: () => Promise<T>): Promise<T> {
    return this.#taken.ask(key, ask, (known) => known.sinceMs >= sinceMs && known.ageMs < keptMs)
  }
}

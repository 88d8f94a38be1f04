import * as z from 'zod'
import { record } from '../../domain/json/record.ts'
import type { Ports } from '../../ports/ports.ts'
import { defineRecords } from './define-record.ts'
import { spoiledAsAbsent } from './stored-json.ts'

const begun = record({ v: z.literal(1), after: z.string() })
export const turnRecords = defineRecords({
  at: 'state/turns/',
  meaning: 'the part that a comparison in parts began last',
  source: { is: 'progress', of: 'comparisons of people' },
  key: (comparison: string) => `${comparison}.json`,
  value: begun,
})

/** A part of a comparison. Parts are in the order of their names. */
export type NamedPart = { readonly name: string }

type TurnPorts = Pick<Ports, 'objects' | 'clock' | 'log'>

/**
 * One run may be too short for all parts of a comparison. `state/turns/<comparison>.json` names the part that the last run began, and the
 * next run begins after it. So a part that fails, or that kills its process, takes nobody else's turn. Without the record a run begins with
 * the first part.
 */
export class Turn<T extends NamedPart> {
  readonly #ports: TurnPorts
  readonly #comparison: string
  /** All parts, in the order of this run. */
  readonly parts: readonly T[]

  private constructor(ports: TurnPorts, comparison: string, parts: readonly T[]) {
    this.#ports = ports
    this.#comparison = comparison
    this.parts = parts
  }

  static async begin<T extends NamedPart>(ports: TurnPorts, comparison: string, parts: readonly T[]): Promise<Turn<T>> {
    const after = (await spoiledAsAbsent(turnRecords.of(ports.objects, comparison).read()))?.value.after ?? ''
    const later = parts.filter(({ name }) => name > after)
    return new Turn(ports, comparison, [...later, ...parts.filter(({ name }) => name <= after)])
  }

  /**
   * Does `work` for one part after the other. Begins no part after `untilMs` (monotonic clock), but always at least one. A part that fails
   * does not stop the others; at the end its error is thrown. Returns the parts that are left to the next run.
   */
  async each(untilMs: number, work: (part: T) => Promise<void>): Promise<readonly T[]> {
    const { objects, clock, log } = this.#ports
    const comparison = this.#comparison
    const failed: unknown[] = []
    let done = 0
    for (const part of this.parts) {
      if (done > 0 && clock.monotonicMs() >= untilMs) break
      if (this.parts.length > 1) await turnRecords.of(objects, comparison).overwrite({ v: 1, after: part.name })
      await work(part).catch((error: unknown) => {
        failed.push(error)
        log.error('a part of a comparison failed; the others go on', { comparison, part: part.name, error })
      })
      done++
    }
    const [left, of] = [this.parts.slice(done), this.parts.length]
    if (left.length > 0)
      log.warn('the time of a comparison is over; the next run goes on', { comparison, left: left.length, of })
    if (failed.length > 0) throw failed[0]
    return left
  }
}

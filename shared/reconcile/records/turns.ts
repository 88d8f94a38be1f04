import * as z from 'zod'
import { record } from '../../domain/json/record.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { JsonRecord } from './json-record.ts'
import { spoiledAsAbsent } from './stored-json.ts'

const stopped = record({ v: z.literal(1), after: z.string() })

/** A part of a walk. `name`: parts are in the order of their names. */
export type NamedPart = { readonly name: string }

/**
 * A walk over many parts that one run may be too short for. `state/turns/<walk>.json` tells where the last run stopped because its time
 * was over: the next begins there, so that each part has its turn. Without the record a run begins with the first part.
 */
export class Turn<T extends NamedPart> {
  readonly #ports: Pick<Ports, 'objects' | 'clock' | 'log'>
  readonly #walk: string
  /** All parts, in the order of this run. */
  readonly parts: readonly T[]
  #left: readonly T[]

  private constructor(ports: Pick<Ports, 'objects' | 'clock' | 'log'>, walk: string, parts: readonly T[]) {
    this.#ports = ports
    this.#walk = walk
    this.parts = parts
    this.#left = parts
  }

  /** The parts that `walk` has not come to the end of. */
  get left(): readonly T[] {
    return this.#left
  }

  static async begin<T extends NamedPart>(
    ports: Pick<Ports, 'objects' | 'clock' | 'log'>,
    walk: string,
    parts: readonly T[],
  ): Promise<Turn<T>> {
    const after = (await spoiledAsAbsent(turnRecord(ports.objects, walk).read()))?.value.after ?? ''
    const later = parts.filter(({ name }) => name > after)
    return new Turn(ports, walk, [...later, ...parts.filter(({ name }) => name <= after)])
  }

  /**
   * Yields part after part. When the time is over (`untilMs`, by the monotonic clock), it notes where, and yields no more. It always
   * yields one part, so that no walk stands still.
   */
  async *walk(untilMs: number): AsyncGenerator<T> {
    const { objects, clock, log } = this.#ports
    for (const [nth, part] of this.parts.entries()) {
      yield part
      this.#left = this.parts.slice(nth + 1)
      if (this.#left.length === 0 || clock.monotonicMs() < untilMs) continue
      await turnRecord(objects, this.#walk).overwrite({ v: 1, after: part.name })
      const [left, of] = [this.#left.length, this.parts.length]
      log.warn('the time of a comparison is over; the next run goes on', { comparison: this.#walk, left, of })
      return
    }
  }
}

function turnRecord(objects: ObjectStore, walk: string) {
  return new JsonRecord(objects, `state/turns/${walk}.json`, stopped)
}

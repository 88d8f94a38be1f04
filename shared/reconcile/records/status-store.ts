import { createHash } from 'node:crypto'
import {
  type AttentionState,
  attentionOf,
  attentionStates,
  boundFailed,
  type NewStatus,
  type Status,
  status,
} from '../../domain/statuses/status.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { Clock } from '../../ports/clock.ts'
import { keyMostBytes, type ObjectStore, type ReadingObjects } from '../../ports/object-store.ts'
import { definePlace } from './define-record.ts'
import { JsonRecord } from './json-record.ts'
import { listHeads } from './list-heads.ts'
import { SharedReadings } from './shared-readings.ts'
import { isSpoiled, readStored, type Stored, unlessSpoiled } from './stored-json.ts'

export const statuses = definePlace({ at: 'status/', meaning: 'what became of a file', source: { is: 'text' } })
export const attention = definePlace({
  at: 'attention/',
  meaning: 'the files that need a person',
  source: { is: 'text' },
})
export const statusPrefix = statuses.at
export const attentionPrefix = attention.at
/** Under `status/` and `attention/<state>/`: names with a hash in place of the input. */
export const tooLong = 'too-long/'
const alignmentsMost = 20

/** `status/<input key>.json`. If that is longer than S3 allows: `status/too-long/<sha256 of the input key>.json`. */
export function statusKey(input: string): string {
  return roomyKey(statusPrefix, input, '.json')
}

/** The input of the status under this key. If the key has a hash in place of the input, returns `too-long/` and the hash. */
export function inputOfStatus(key: string): string {
  return key.slice(statusPrefix.length, -'.json'.length)
}

export function attentionKey(state: AttentionState, input: string): string {
  return roomyKey(`${attentionPrefix}${state}/`, input, '')
}

function roomyKey(prefix: string, input: string, suffix: string): string {
  const key = `${prefix}${input}${suffix}`
  if (Buffer.byteLength(key) <= keyMostBytes) return key
  return `${prefix}${tooLong}${createHash('sha256').update(input).digest('hex')}${suffix}`
}

/** Whether a name under `status/` or `attention/<state>/` has a hash in place of the input. */
export function isTooLong(name: string): boolean {
  return name.startsWith(tooLong)
}

/** The status of one input. Throws SpoiledObjectError. */
export async function readStatus(objects: ReadingObjects, input: string): Promise<Status | undefined> {
  return (await readStored(objects, statusKey(input), status))?.value
}

/** The statuses of inputs, and the index of the inputs that need attention. */
export class StatusStore {
  readonly #objects: ObjectStore
  readonly #clock: Clock
  readonly #shared: SharedReadings<Status | undefined>

  constructor(objects: ObjectStore, clock: Clock) {
    this.#objects = objects
    this.#clock = clock
    this.#shared = new SharedReadings(clock)
  }

  async read(input: string): Promise<Status | undefined> {
    return readStatus(this.#objects, input)
  }

  readStored(input: string): Promise<Stored<Status> | undefined> {
    return this.#record(input).read()
  }

  /**
   * The status at this moment (monotonic) or later. A status names the uploader or deleter of its input before ssofile sends hints about
   * it.
   */
  readSince(sinceMs: number, input: string): Promise<Status | undefined> {
    return this.#shared.read(input, sinceMs, () => this.read(input))
  }

  #record(input: string): JsonRecord<Status> {
    return new JsonRecord(this.#objects, statusKey(input), status)
  }

  /**
   * Replaces the status with the result of `assess`; `undefined` removes it. `assess` must read the input again. It runs after the status
   * was read, and the write is conditional on that reading, so a slow writer never overwrites a newer outcome. `first`: the status before
   * the input was read; absent: read it.
   */
  async revise(
    input: string,
    assess: (current: Status | undefined) => Promise<NewStatus | undefined>,
    first?: { readonly stored: Stored<Status> | undefined },
  ): Promise<Status | undefined> {
    const touched = new Set<AttentionState>()
    const told = await this.#record(input).revise(async (current) => {
      const assessed = await assess(current)
      const accounts = assessed?.accounts && boundFailed(assessed.accounts)
      const next =
        assessed && status.parse({ ...assessed, accounts, input, updatedAt: renderInstant(this.#clock.now()) })
      if (isSameStatus(current, next) && touched.size === 0) return current
      // First add it to the index, and remove it only after the write. So an input that needs attention is always in the index.
      const state = attentionOf(next)
      if (state) await this.#objects.put(attentionKey(state, input), new Uint8Array())
      for (const one of [state, attentionOf(current)]) if (one) touched.add(one)
      return next
    }, first)
    // Also align the added state: another writer may have removed it between the addition and the write.
    if (touched.size > 0) await this.align(input, [...touched])
    return told
  }

  /**
   * Puts the input into the index under the state of its status, and removes it from all other states. Then checks the status again,
   * because another writer may have changed it meanwhile. Also accepts `too-long/<sha256>`.
   */
  async align(input: string, states: readonly AttentionState[] = attentionStates): Promise<void> {
    const stale = new Set(states)
    for (let revision = 0; revision < alignmentsMost; revision++) {
      const stored = await this.#record(input).read()
      const state = attentionOf(stored?.value)
      if (state) {
        await this.#objects.put(attentionKey(state, input), new Uint8Array())
        stale.add(state)
      }
      for (const other of stale) if (other !== state) await this.#objects.delete(attentionKey(other, input))
      const now = await this.#objects.head(statusKey(input))
      if (now?.etag === stored?.object.etag) return
    }
    throw new Error(`${statusKey(input)} keeps changing; ssofile will correct its index again`)
  }

  /** Counts the inputs in each state that needs attention. */
  async countAttention(): Promise<Readonly<Record<AttentionState, number>>> {
    const counts = { waiting: 0, rejected: 0, blocked: 0, failed: 0, held: 0, stuck: 0, partly: 0 }
    for (const state of attentionStates)
      for await (const _ of this.#objects.list(`${attentionPrefix}${state}/`)) counts[state]++
    return counts
  }

  /** The inputs in the index under this state. Skips keys with a hash. */
  async *listAttention(state: AttentionState): AsyncGenerator<string> {
    const prefix = `${attentionPrefix}${state}/`
    for await (const { key } of this.#objects.list(prefix)) {
      const input = key.slice(prefix.length)
      if (!isTooLong(input)) yield input
    }
  }

  /**
   * The inputs that may wait for something. A `held` link may wait too, but only its status tells, so this reads the statuses that
   * `concerns` accepts.
   */
  async *listLacking(concerns: (input: string) => boolean = () => true): AsyncGenerator<string> {
    for await (const input of this.listAttention('waiting')) if (concerns(input)) yield input
    for await (const input of this.listAttention('held')) {
      if (!concerns(input)) continue
      const told = await unlessSpoiled(this.read(input))
      if (isSpoiled(told) || (told?.accounts?.open ?? 0) > 0) yield input
    }
  }
}

/** The inputs with this beginning that are in the index under this state. */
export async function listInState(
  objects: ObjectStore,
  state: AttentionState,
  beginning: string,
): Promise<readonly string[]> {
  const place = `${attentionPrefix}${state}/`
  return [...(await listHeads(objects, place + beginning)).keys()].map((key) => key.slice(place.length))
}

/** Whether they differ only in the time of writing. Both come from the schema, so their fields have the same order. */
export function isSameStatus(a: Status | undefined, b: Status | undefined): boolean {
  const bare = (value: Status | undefined) => value && JSON.stringify({ ...value, updatedAt: undefined })
  return bare(a) === bare(b)
}

import { createHash } from 'node:crypto'
import { renderInstant } from '../domain/instant.ts'
import { type AttentionState, attentionStates, type Status, status } from '../domain/status.ts'
import type { Clock } from '../ports/clock.ts'
import type { ObjectStore } from '../ports/object-store.ts'
import { isSpoiled, readJson, renderJson, unlessSpoiled } from './stored-json.ts'

export const statusPrefix = 'status/'
export const attentionPrefix = 'attention/'
// S3 User Guide, "Naming Amazon S3 objects".
const keyMostBytes = 1024
const revisionsMost = 20

export type NewStatus = Omit<Status, 'input' | 'updatedAt'>

/** `status/<input key>.json`; for a key that leaves no room for that, `status/too-long/<its sha256>.json`. */
export function statusKey(input: string): string {
  return roomyKey(statusPrefix, input, '.json')
}

export function attentionKey(state: AttentionState, input: string): string {
  return roomyKey(`${attentionPrefix}${state}/`, input, '')
}

function roomyKey(prefix: string, input: string, suffix: string): string {
  const key = `${prefix}${input}${suffix}`
  if (Buffer.byteLength(key) <= keyMostBytes) return key
  return `${prefix}too-long/${createHash('sha256').update(input).digest('hex')}${suffix}`
}

/** What became of each input, and the index of what wants attention. */
export class StatusStore {
  readonly #objects: ObjectStore
  readonly #clock: Clock

  constructor(objects: ObjectStore, clock: Clock) {
    this.#objects = objects
    this.#clock = clock
  }

  async read(input: string): Promise<Status | undefined> {
    return (await readJson(this.#objects, statusKey(input), status))?.value
  }

  /**
   * Makes the status what `assess` finds; `undefined` removes it. `assess` must read the input afresh: it runs after
   * the status was read, and the write is conditional on that reading, so a slow writer never overwrites a newer outcome.
   */
  async revise(
    input: string,
    assess: (current: Status | undefined) => Promise<NewStatus | undefined>,
  ): Promise<Status | undefined> {
    const indexed = new Set<AttentionState>()
    for (let revision = 0; revision < revisionsMost; revision++) {
      const stored = await readJson(this.#objects, statusKey(input), status)
      const assessed = await assess(stored?.value)
      const next = assessed && status.parse({ ...assessed, input, updatedAt: renderInstant(this.#clock.now()) })
      if (isSame(stored?.value, next) && indexed.size === 0) return stored?.value
      // The index is added to before and taken from after, so that what wants attention is never missing from it.
      const state = attentionOf(next)
      if (state) {
        await this.#objects.put(attentionKey(state, input), new Uint8Array())
        indexed.add(state)
      }
      const before = attentionOf(stored?.value)
      if (before) indexed.add(before)
      if (await this.#write(input, stored?.object.etag, next)) {
        const others = [...indexed].filter((one) => one !== state)
        // Also where only added to: someone may have taken it away between our adding and our writing.
        if (state || others.length > 0) await this.align(input, others)
        return next
      }
    }
    throw new Error(`${statusKey(input)} is being changed by others all the time; it will be tried again`)
  }

  async #write(input: string, etag: string | undefined, next: Status | undefined): Promise<boolean> {
    const key = statusKey(input)
    if (next === undefined) {
      return etag === undefined || (await this.#objects.delete(key, { ifMatch: etag })) === 'deleted'
    }
    const condition = etag === undefined ? ({ ifNoneMatch: '*' } as const) : ({ ifMatch: etag } as const)
    return (await this.#objects.put(key, renderJson(next), condition)).outcome === 'written'
  }

  /**
   * Makes the index say of this input what its status says: in its state, and in none of the others. Looked at again
   * afterwards, since someone may have written the status, and the index before it, while others were taken away.
   */
  async align(input: string, states: readonly AttentionState[] = attentionStates): Promise<void> {
    for (let stale = new Set(states), revision = 0; revision < revisionsMost; revision++) {
      const stored = await readJson(this.#objects, statusKey(input), status)
      const state = attentionOf(stored?.value)
      if (state) {
        await this.#objects.put(attentionKey(state, input), new Uint8Array())
        stale = new Set([...stale, state])
      }
      for (const other of stale) if (other !== state) await this.#objects.delete(attentionKey(other, input))
      const now = await this.#objects.head(statusKey(input))
      if (now?.etag === stored?.object.etag) return
    }
    throw new Error(`${statusKey(input)} is being changed by others all the time; its index will be corrected again`)
  }

  /** The inputs that stand in the index under this state. Names too long for a key are passed over: their status names them. */
  async *listAttention(state: AttentionState): AsyncGenerator<string> {
    const prefix = `${attentionPrefix}${state}/`
    for await (const { key } of this.#objects.list(prefix)) {
      if (!key.startsWith(`${prefix}too-long/`)) yield key.slice(prefix.length)
    }
  }

  /**
   * The inputs that may lack something, too long names left out: one that is held says that, and not what it lacks. Of
   * those, only what `concerns` is read.
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

function attentionOf(value: Status | undefined): AttentionState | undefined {
  return attentionStates.find((state) => state === value?.state)
}

/** Both as the schema parsed them, which puts fields in its own order. */
function isSame(a: Status | undefined, b: Status | undefined): boolean {
  const bare = (value: Status | undefined) => value && JSON.stringify({ ...value, updatedAt: undefined })
  return bare(a) === bare(b)
}

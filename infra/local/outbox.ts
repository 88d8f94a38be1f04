import type { Clock } from '../../shared/ports/clock.ts'

export type OutboxOptions<T> = {
  /** The undelivered items. If the table survives the process, so does the delivery. */
  readonly table: Map<string, T>
  readonly deliver: (item: T) => Promise<void>
  readonly clock: Clock
  /** Called for each failed attempt, which is then repeated. */
  readonly onError: (error: unknown) => void
}

const pauseAfterErrorMs = 1000

/** Delivers at least once, each item separately and in no order, like S3 and EventBridge. */
export class Outbox<T> {
  readonly #options: OutboxOptions<T>
  readonly #stopping = new AbortController()
  readonly #running = new Set<Promise<void>>()
  #lastKey = 0

  /** Starts with the items of an earlier process. */
  constructor(options: OutboxOptions<T>) {
    this.#options = options
    for (const [key, item] of options.table) {
      this.#lastKey = Math.max(this.#lastKey, Number(key))
      this.#start(key, item)
    }
  }

  put(item: T): void {
    this.#lastKey += 1
    const key = String(this.#lastKey)
    this.#options.table.set(key, item)
    this.#start(key, item)
  }

  /** Ends delivery; undelivered items stay in the table. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all(this.#running)
  }

  #start(key: string, item: T): void {
    const delivery = this.#deliver(key, item).finally(() => this.#running.delete(delivery))
    this.#running.add(delivery)
  }

  async #deliver(key: string, item: T): Promise<void> {
    const { table, deliver, clock, onError } = this.#options
    while (!this.#stopping.signal.aborted) {
      try {
        await deliver(item)
        table.delete(key)
        return
      } catch (error) {
        onError(error)
        await clock.sleep(pauseAfterErrorMs, this.#stopping.signal)
      }
    }
  }
}

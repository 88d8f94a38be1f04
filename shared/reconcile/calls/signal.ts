import type { Clock } from '../../ports/clock.ts'

/** Lets a loop sleep until something happens. Remembers one event while nobody waits. */
export class Signal {
  #raised = false
  #wake: (() => void) | undefined

  raise(): void {
    this.#raised = true
    this.#wake?.()
  }

  /** Resolves when raised, after `ms`, or when `signal` is aborted. One waiter at a time. */
  async wait(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
    if (!this.#raised) {
      const timer = new AbortController()
      // The reason is for speed: without one, Node creates an exception with a stack, 3 % of a dispatcher's cost.
      const wake = () => timer.abort('raised')
      this.#wake = wake
      signal?.addEventListener('abort', wake)
      if (!signal?.aborted) await clock.sleep(ms, timer.signal)
      signal?.removeEventListener('abort', wake)
    }
    this.#raised = false
    this.#wake = undefined
  }
}

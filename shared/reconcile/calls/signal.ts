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
      const over = signal ? AbortSignal.any([timer.signal, signal]) : timer.signal
      await Promise.race([new Promise<void>((resolve) => (this.#wake = resolve)), clock.sleep(ms, over)])
      // The reason is for speed: without one, Node creates an exception with a stack, 3 % of a dispatcher's cost.
      timer.abort('raised')
    }
    this.#raised = false
    this.#wake = undefined
  }
}

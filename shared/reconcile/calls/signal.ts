import type { Clock } from '../../ports/clock.ts'

/** Lets a loop sleep until something happened. What happens while nobody waits is remembered once. */
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
      // With a reason, since without one Node makes an exception with its stack: 3 % of what a dispatcher's life costs.
      timer.abort('raised')
    }
    this.#raised = false
    this.#wake = undefined
  }
}

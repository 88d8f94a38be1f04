import type { Clock } from '../../../shared/ports/clock.ts'
import { type LambdaFunction, ThrottledError } from './lambda-function.ts'

export type AsynchronousInvocationsOptions = {
  readonly clock: Clock
  /**
   * Drops an event while another one of its function is running: under a time scale the schedules are faster than this machine. Default:
   * they may overlap, as in Lambda.
   */
  readonly isOneAtATime?: boolean
  /** Gets each error of a function. */
  readonly onError: (error: unknown) => void
}

// Lambda's defaults. (Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous invocation".)
const defaults = { retries: 2, eventAgeSeconds: 6 * 3_600 }
const throttled = { firstMs: 1_000, mostMs: 5 * 60_000 }
const minuteMs = 60_000

/** A function that is invoked without an event. */
type Scheduled = Pick<LambdaFunction, 'metrics' | 'settings'> & { invoke(): Promise<unknown> }

/**
 * The events that schedules send to functions. Lambda queues them: it retries a throttled event until it is too old, and an event whose
 * invocation failed a few times.
 */
export class AsynchronousInvocations {
  readonly #options: AsynchronousInvocationsOptions
  readonly #stopping = new AbortController()
  readonly #running = new Set<Promise<void>>()
  readonly #busy = new Set<Scheduled>()

  constructor(options: AsynchronousInvocationsOptions) {
    this.#options = options
  }

  send(invoked: Scheduled): void {
    if (this.#options.isOneAtATime && this.#busy.has(invoked)) {
      invoked.metrics.asyncEventsDropped += 1
      return
    }
    this.#busy.add(invoked)
    const handling = this.#handle(invoked).finally(() => {
      this.#running.delete(handling)
      this.#busy.delete(invoked)
    })
    this.#running.add(handling)
  }

  /** Waits for running invocations; forgets events that wait for a retry. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all(this.#running)
  }

  /** Never rejects. */
  async #handle(invoked: Scheduled): Promise<void> {
    const { clock, onError } = this.#options
    const { retries, eventAgeSeconds } = invoked.settings.asynchronous ?? defaults
    const tooOldMs = clock.now().getTime() + eventAgeSeconds * 1000
    let failures = 0
    for (let throttles = 0; ; ) {
      let pauseMs: number
      try {
        await invoked.invoke()
        return
      } catch (error) {
        if (error instanceof ThrottledError) {
          pauseMs = Math.min(throttled.mostMs, throttled.firstMs * 2 ** throttles++)
        } else {
          onError(error)
          failures += 1
          pauseMs = failures * minuteMs
        }
      }
      if (failures > retries || clock.now().getTime() + pauseMs > tooOldMs) {
        invoked.metrics.asyncEventsDropped += 1
        return
      }
      await clock.sleep(pauseMs, this.#stopping.signal)
      if (this.#stopping.signal.aborted) return
    }
  }
}

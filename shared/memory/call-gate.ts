import type { Clock } from '../ports/clock.ts'
import type { Refusal } from './refusal.ts'

/** Learns of every call to a model, so that a test can count calls and check quotas. */
export type CallObserver = {
  /** The gate admitted the call; the model may still refuse it. */
  readonly onCall?: ((operation: string, at: Date) => void) | undefined
  /** The gate refused the call for the rate, or for too many outstanding requests. */
  readonly onThrottled?: ((operation: string, at: Date) => void) | undefined
}

/** Answers whether a call at this monotonic instant is within the rate, and counts it if it is. */
export type Limiter = { admit(monotonicMs: number): boolean }

type CallGateOptions = CallObserver & {
  readonly clock: Clock
  readonly limiterFor: (operation: string) => Limiter
  readonly tooFast: (operation: string) => Refusal
}

/** The entrance of a model: every operation passes here first, is counted, and is refused if it comes too fast. */
export class CallGate {
  readonly #options: CallGateOptions

  constructor(options: CallGateOptions) {
    this.#options = options
  }

  enter(operation: string): void {
    const { clock, limiterFor, onCall, tooFast } = this.#options
    if (!limiterFor(operation).admit(clock.monotonicMs())) throw this.throttled(operation, tooFast(operation))
    onCall?.(operation, clock.now())
  }

  /** Reports a call as throttled and answers the error to throw. */
  throttled(operation: string, refusal: Refusal): Refusal {
    this.#options.onThrottled?.(operation, this.#options.clock.now())
    return refusal
  }
}

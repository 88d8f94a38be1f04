/** The product's only source of time. Nothing else in domain, reconcile or handlers may read a clock or set a timer. */
export interface Clock {
  now(): Date
  /** Milliseconds that never go back, from an arbitrary start. */
  monotonicMs(): number
  /** Resolves after `ms`, or as soon as `signal` is aborted. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** Time as the product sees it. Nothing else in domain, reconcile or handlers may read a clock or set a timer. */
export interface Clock {
  now(): Date
  /** Milliseconds that never go back, from an arbitrary start. */
  monotonicMs(): number
  /** Resolves after `ms`, or at once when `signal` is or becomes aborted; it never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

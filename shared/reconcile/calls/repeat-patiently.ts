import type { Ports } from '../../ports/ports.ts'
import type { Randomness } from '../../ports/randomness.ts'
import { isPassing } from '../../ports/service-error.ts'

/** The limit of the pauses: `firstMs` after the first attempt, doubled after each further one, at most `mostMs`. */
export type BackOff = { readonly firstMs: number; readonly mostMs: number }

export type Repetition = BackOff & {
  readonly attemptsMost: number
  /** Ends a pause; no attempt follows. */
  readonly signal?: AbortSignal | undefined
  /** Whether another attempt may help. Default: the error passes by itself. */
  readonly mayHelp?: ((error: unknown) => boolean) | undefined
  /** Receives each failure that is followed by a pause. */
  readonly onPause?: ((ms: number, error: unknown) => void) | undefined
}

/**
 * How long to wait after this attempt; 1 is the first. Full jitter up to the limit, so that callers that were refused together
 * do not return together. (Amazon Builders' Library, "Timeouts, retries, and backoff with jitter".)
 */
export function backOffMs(attempt: number, { firstMs, mostMs }: BackOff, randomness: Randomness): number {
  return Math.min(mostMs, firstMs * 2 ** (attempt - 1)) * randomness.fraction()
}

/** Makes a call until it succeeds, attempts run out, or a retry cannot help. Throws the last error. */
export async function repeatPatiently<T>(
  { clock, randomness }: Pick<Ports, 'clock' | 'randomness'>,
  { attemptsMost, signal, mayHelp = isPassing, onPause, ...backOff }: Repetition,
  call: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call()
    } catch (error) {
      if (attempt >= attemptsMost || !mayHelp(error)) throw error
      const ms = backOffMs(attempt, backOff, randomness)
      onPause?.(ms, error)
      await clock.sleep(ms, signal)
      if (signal?.aborted) throw error
    }
  }
}

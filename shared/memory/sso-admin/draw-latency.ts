import type { Randomness } from '../../ports/randomness.ts'

export type Latency = { readonly medianMs: number; readonly p99Ms: number }

// The 99th percentile of the standard normal distribution.
const z99 = 2.3263478740408408

/**
 * Milliseconds of one asynchronous request: lognormal, since service latencies are skewed to the right. Ten times the 99th
 * percentile at most: with a wide spread the rarest draws would last for years.
 */
export function drawLatencyMs({ medianMs, p99Ms }: Latency, randomness: Randomness): number {
  if (medianMs <= 0) return 0
  const sigma = p99Ms > medianMs ? Math.log(p99Ms / medianMs) / z99 : 0
  // Box–Muller; 1 − fraction is never 0, whose logarithm is infinite.
  const radius = Math.sqrt(-2 * Math.log(1 - randomness.fraction()))
  const z = radius * Math.cos(2 * Math.PI * randomness.fraction())
  return Math.round(Math.min(medianMs * Math.exp(sigma * z), 10 * p99Ms))
}

import type { Clock } from '../ports/clock.ts'

/** The longest time of Node's timers; with more they would fire at once. */
const timerMostMs = 2 ** 31 - 1

/** An instant of the machine's clock, and of a scaled clock at that moment, in epoch milliseconds. */
export type ClockOrigin = { readonly realMs: number; readonly scaledMs: number }

/** The machine's clock. With a `scale` its time runs that many times faster from `origin` on (default: from now). */
export class SystemClock implements Clock {
  readonly #scale: number
  readonly #origin: ClockOrigin

  constructor({ scale = 1, origin }: { readonly scale?: number; readonly origin?: ClockOrigin } = {}) {
    const realMs = Date.now()
    this.#scale = scale
    this.#origin = origin ?? { realMs, scaledMs: realMs }
  }

  now(): Date {
    const { realMs, scaledMs } = this.#origin
    return new Date(scaledMs + (Date.now() - realMs) * this.#scale)
  }

  monotonicMs(): number {
    return performance.now() * this.#scale
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const until = this.monotonicMs() + ms
    for (let left = ms; left > 0 && !signal?.aborted; left = until - this.monotonicMs())
      await waitFor(Math.min(left / this.#scale, timerMostMs), signal)
  }
}

function waitFor(realMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, realMs)
    signal?.addEventListener('abort', end)
  })
}

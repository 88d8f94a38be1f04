import type { Clock } from '../ports/clock.ts'

/** The longest that Node's timers can wait; beyond it they would fire at once. */
const timerMostMs = 2 ** 31 - 1

/** The machine's clock. With a `scale` its time runs that many times faster, from the instant it was made. */
export class SystemClock implements Clock {
  readonly #scale: number
  readonly #startMs = Date.now()

  constructor({ scale = 1 }: { readonly scale?: number } = {}) {
    this.#scale = scale
  }

  now(): Date {
    return new Date(this.#startMs + (Date.now() - this.#startMs) * this.#scale)
  }

  monotonicMs(): number {
    return performance.now() * this.#scale
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const until = this.monotonicMs() + ms
    for (let left = ms; left > 0 && !signal?.aborted; left = until - this.monotonicMs()) {
      await waitFor(Math.min(left / this.#scale, timerMostMs), signal)
    }
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

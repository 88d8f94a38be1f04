import { count } from '../../../shared/domain/text/count.ts'
import type { Counted, TellProgress } from '../../../shared/ports/progress.ts'
import { cutToWidth } from './text-width.ts'

const clearLine = '\r\u001b[K'
/** The log of a pipeline keeps every line, so quick commands print none. */
const firstLineMs = 1_000
const laterLinesMs = 10_000

/**
 * Shows progress on standard error. A terminal has one line that is overwritten; other output, for instance the log of a pipeline, gets a
 * line after a second and then one every ten seconds. `using` ends it.
 */
export class Progress {
  readonly #isTerminal = process.stderr.isTTY === true
  #step = ''
  #line = ''
  #beganMs = 0
  #lastMs = 0
  #timer: NodeJS.Timeout | undefined

  /** A step that begins, or its progress: a terminal shows it at most ten times a second. */
  readonly tell: TellProgress = (step, counted) => {
    const nowMs = performance.now()
    const isNew = step !== this.#step
    if (isNew) this.#beganMs = nowMs
    this.#step = step
    this.#line = renderProgress(step, counted, nowMs - this.#beganMs)
    if (!this.#isTerminal) {
      this.#timer ??= this.#printAfter(firstLineMs)
      return
    }
    if (!isNew && nowMs - this.#lastMs < 100) return
    this.#lastMs = nowMs
    // A wrapped line would not be overwritten as a whole.
    process.stderr.write(clearLine + cutToWidth(this.#line, (process.stderr.columns || 80) - 1))
  }

  /** Clears the line. Does nothing if there is none, because others may have printed since. */
  end(): void {
    if (this.#isTerminal && this.#step !== '') process.stderr.write(clearLine)
    this.#step = ''
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  [Symbol.dispose](): void {
    this.end()
  }

  #printAfter(ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      process.stderr.write(`${this.#line}\n`)
      this.#timer = this.#printAfter(laterLinesMs)
    }, ms).unref()
  }
}

/** The pace of the first moments says nothing. */
const paceFromMs = 2_000

/** The step, how many of how many are done, and the remaining time at the present pace. */
export function renderProgress(step: string, counted: Counted | undefined, elapsedMs: number): string {
  if (counted === undefined) return `${step} …`
  const { done, of } = counted
  const figures = `${step}: ${done.toLocaleString('en')} of ${of.toLocaleString('en')}`
  if (done === 0 || done >= of || elapsedMs < paceFromMs) return figures
  return `${figures}, about ${renderSpan((elapsedMs / done) * (of - done))} left`
}

function renderSpan(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  return seconds < 90 ? count(seconds, 'second') : count(Math.round(seconds / 60), 'minute')
}

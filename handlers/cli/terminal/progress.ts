import { count } from '../../../shared/domain/text/count.ts'
import type { Counted, TellProgress } from '../../../shared/ports/progress.ts'
import { wantsJson } from '../arguments/tell-error.ts'
import { renderJson } from './render-json.ts'
import { cutToWidth } from './text-width.ts'

const clearLine = '\r\u001b[K'
/** The log of a pipeline keeps every line, so quick commands print none. */
const firstLineMs = 1_000
const laterLinesMs = 10_000

/** What to do about the rest of most commands. */
export const runAgain = 'to finish it, run the same command again'
const interruptions = ['SIGINT', 'SIGTERM'] as const

/**
 * Shows progress on standard error. A terminal has one line that is overwritten; other output, for instance the log of a pipeline, gets a
 * line after a second and then one every ten seconds. `using` ends it.
 *
 * `rest`: what a person does about the rest of the work. With it, an interruption (Ctrl-C) says how much is done and this sentence.
 */
export class Progress {
  readonly #rest: string | undefined
  readonly #isTerminal = process.stderr.isTTY === true
  /** A program reads standard error as JSON too. */
  readonly #isSilent = !this.#isTerminal && wantsJson(process.argv.slice(2))
  #step = ''
  #line = ''
  #beganMs = 0
  #lastMs = 0
  #timer: NodeJS.Timeout | undefined
  #counted: Counted | undefined

  constructor(rest?: string) {
    this.#rest = rest
  }

  /** A step that begins, or its progress: a terminal shows it at most ten times a second. */
  readonly tell: TellProgress = (step, counted) => {
    const nowMs = performance.now()
    const isNew = step !== this.#step
    if (isNew) this.#beganMs = nowMs
    if (this.#step === '' && this.#rest !== undefined)
      for (const signal of interruptions) process.once(signal, this.#onInterruption)
    this.#step = step
    this.#counted = counted
    this.#line = renderProgress(step, counted, nowMs - this.#beganMs)
    if (this.#isSilent) return
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
    for (const signal of interruptions) process.off(signal, this.#onInterruption)
  }

  readonly #onInterruption = (signal: NodeJS.Signals): void => {
    const told = renderInterruption(this.#step, this.#counted, this.#rest ?? '')
    this.end()
    process.stderr.write(this.#isSilent ? renderJson({ error: { message: told, causes: [] } }) : `${told}\n`)
    // The shell sees the signal, so that a script ends too.
    process.kill(process.pid, signal)
  };

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

/** One line. `rest`: what to do about the rest. */
export function renderInterruption(step: string, counted: Counted | undefined, rest: string): string {
  const figures = counted && `: ${counted.done.toLocaleString('en')} of ${counted.of.toLocaleString('en')} done`
  return `interrupted while ${step}${figures ?? ''}; ${rest}`
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

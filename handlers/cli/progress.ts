import type { TellProgress } from '../../shared/ports/progress.ts'
import { renderProgress } from './render-progress.ts'
import { cutToWidth } from './text-width.ts'

const clearLine = '\r\u001b[K'

/** Shows progress on standard error, in one line that is overwritten; silent if that is not a terminal. */
export class Progress {
  readonly #isShown = process.stderr.isTTY === true
  #step = ''
  #beganMs = 0
  #lastMs = 0

  /** A step that begins, or how far it is: shown at most ten times a second. */
  readonly tell: TellProgress = (step, counted) => {
    const nowMs = performance.now()
    const isNew = step !== this.#step
    if (isNew) this.#beganMs = nowMs
    this.#step = step
    if (!this.#isShown || (!isNew && nowMs - this.#lastMs < 100)) return
    this.#lastMs = nowMs
    const line = renderProgress(step, counted, nowMs - this.#beganMs)
    // A line that the terminal breaks would not be overwritten as a whole.
    process.stderr.write(clearLine + cutToWidth(line, (process.stderr.columns || 80) - 1))
  }

  /** Removes the line. */
  end(): void {
    if (this.#isShown) process.stderr.write(clearLine)
  }
}

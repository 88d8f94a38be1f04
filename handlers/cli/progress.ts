/** Shows progress on standard error, in one line that is overwritten; silent if that is not a terminal. */
export class Progress {
  readonly #isShown = process.stderr.isTTY === true
  #lastMs = 0

  /** Shows the step that begins now. */
  step(line: string): void {
    if (this.#isShown) process.stderr.write(`\r\u001b[K${line} …`)
  }

  /** Shows how far it is, at most ten times a second. */
  tell(line: () => string): void {
    const nowMs = performance.now()
    if (!this.#isShown || nowMs - this.#lastMs < 100) return
    this.#lastMs = nowMs
    process.stderr.write(`\r\u001b[K${line()}`)
  }

  /** Removes the line. */
  end(): void {
    if (this.#isShown) process.stderr.write('\r\u001b[K')
  }
}

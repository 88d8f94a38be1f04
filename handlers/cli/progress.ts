/** Says on standard error how far long work is, in one line that is written over; silent where that is no terminal. */
export class Progress {
  readonly #isShown = process.stderr.isTTY === true
  #lastMs = 0

  /** What is begun now. */
  step(line: string): void {
    if (this.#isShown) process.stderr.write(`\r\u001b[K${line} …`)
  }

  /** How far it is; shown at most ten times a second. */
  tell(line: () => string): void {
    const nowMs = performance.now()
    if (!this.#isShown || nowMs - this.#lastMs < 100) return
    this.#lastMs = nowMs
    process.stderr.write(`\r\u001b[K${line()}`)
  }

  /** Takes the line away: what comes next begins in its place. */
  end(): void {
    if (this.#isShown) process.stderr.write('\r\u001b[K')
  }
}

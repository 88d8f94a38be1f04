/** The clock and the timer of the browser. */
export const pageClock = {
  nowMs: (): number => Date.now(),
  sleep: (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms)),
  /** Answers how to stop it. */
  every: (ms: number, run: () => void): (() => void) => {
    const timer = setInterval(run, ms)
    return () => clearInterval(timer)
  },
  after: (ms: number, run: () => void): (() => void) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

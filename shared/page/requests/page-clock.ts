/** The clock and the timer of the browser. */
export const pageClock = {
  nowMs: (): number => Date.now(),
  sleep: (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms)),
}

const times = 32
/** A measurement that was disturbed is made again. */
const triesMost = 3
/** The kernel counts a thread's time in steps of up to 10 ms: a fifth of this, far less than linear is from quadratic. */
const measuredMicroseconds = 50_000

/** Between linear and quadratic: five times as far from either, since caches and memory cost more where there is more. */
export const linearMost = 180

/**
 * How much more of the processor `work` takes for 32 times the size. Only what this thread itself uses counts, since on
 * a busy machine a short piece of work is now and then not interrupted, a long one always is. In linear time it is about
 * 32, in quadratic time 1,024.
 */
export function growthOf(work: (size: number) => void, size: number): number {
  const costOf = (of: number): number => {
    const before = process.threadCpuUsage()
    for (let runs = 1; ; runs++) {
      work(of)
      const { user, system } = process.threadCpuUsage(before)
      if (user + system >= measuredMicroseconds) return (user + system) / runs
    }
  }
  work(size) // not measured: the first run is compiled while it runs
  let least = Number.POSITIVE_INFINITY
  for (let tries = 0; tries < triesMost && least >= linearMost; tries++)
    least = Math.min(least, costOf(times * size) / costOf(size))
  return least
}

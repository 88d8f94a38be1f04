const times = 8
const triesMost = 4

/**
 * How much longer `work` takes for eight times the size; the least of several tries of each, since a machine that is busy
 * makes some of them slow and none fast. In linear time it is about 8, in quadratic time 64.
 */
export function growthOf(work: (size: number) => void, size: number): number {
  const least = (of: number): number => {
    const tries = Array.from({ length: triesMost }, () => {
      const startedMs = performance.now()
      work(of)
      return performance.now() - startedMs
    })
    return Math.min(...tries)
  }
  work(size) // not timed: the first run is compiled while it runs
  return least(times * size) / least(size)
}

/** Between linear and quadratic. */
export const linearMost = 24

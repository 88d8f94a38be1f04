import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Clock } from '../../shared/ports/clock.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** The memory in use, without garbage. Takes about a second for each gigabyte. */
function heldBytes(): number {
  collect()
  return process.memoryUsage().heapUsed
}

/** The most memory in use since now, more than now. `measure` collects garbage, but only every `eachMs` of the clock. */
export function watchMemory(clock: Pick<Clock, 'monotonicMs'>, eachMs = 20_000) {
  const before = heldBytes()
  let [peakBytes, nextMs] = [0, 0]
  return {
    measure(): void {
      if (clock.monotonicMs() < nextMs) return
      nextMs = clock.monotonicMs() + eachMs
      peakBytes = Math.max(peakBytes, heldBytes() - before)
    },
    mebibytes: () => peakBytes / 1024 / 1024,
  }
}

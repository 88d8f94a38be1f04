import { SystemClock } from '../../shared/aws/system-clock.ts'
import type { OpenTable } from '../../shared/memory/table.ts'
import type { Clock } from '../../shared/ports/clock.ts'
import { openScaledClock } from './scaled-clock.ts'

export type LocalClocks = {
  /** Scaled. A wait that a move passes ends at once: schedules, and what models do at an instant. */
  readonly models: Clock
  /** Scaled. Running functions do not notice a move, as a sleep of the machine; so they are not cut off either. */
  readonly functions: Clock
  /** Not scaled: S3's date, and sessions of people. */
  readonly machine: Clock
  moveAhead(ms: number): void
}

/** All clocks of one local system. A move is kept, as no stored instant may be in the future of the next process. */
export function openLocalClocks(openTable: OpenTable, scale: number): LocalClocks {
  const moves = openTable<{ readonly ms: number }>('clock-moves')
  const scaled = openScaledClock(openTable, scale)
  const real = new SystemClock()
  const sleepers = new Set<() => void>()
  const aheadMs = () => moves.get('ahead')?.ms ?? 0
  const moved = (clock: Clock): Clock => ({
    now: () => new Date(clock.now().getTime() + aheadMs()),
    monotonicMs: () => clock.monotonicMs(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
  })
  const wakeful: Clock = {
    ...moved(scaled),
    async sleep(ms, signal) {
      const leftMs = () => until - scaled.monotonicMs() - aheadMs()
      const until = scaled.monotonicMs() + aheadMs() + ms
      for (let left = ms; left > 0 && !signal?.aborted; left = leftMs()) {
        const waking = new AbortController()
        const wake = () => waking.abort()
        sleepers.add(wake)
        signal?.addEventListener('abort', wake)
        await scaled.sleep(left, waking.signal)
        signal?.removeEventListener('abort', wake)
        sleepers.delete(wake)
      }
    },
  }
  return {
    models: wakeful,
    functions: moved(scaled),
    machine: moved(real),
    moveAhead(ms) {
      moves.set('ahead', { ms: aheadMs() + ms })
      for (const wake of [...sleepers]) wake()
    },
  }
}

import { type ClockOrigin, SystemClock } from '../../shared/aws/system-clock.ts'
import type { OpenTable } from '../../shared/memory/table.ts'

/**
 * The clock of product and models. It goes on from where the last run's clock would stand now, whatever the scale is
 * this time, so that it is never behind an instant that is stored: a fast run leaves it ahead of the machine's for good.
 * `realMs`: the machine's clock now.
 */
export function openScaledClock(openTable: OpenTable, scale: number, realMs: number = Date.now()): SystemClock {
  const origins = openTable<ClockOrigin & { readonly scale: number }>('clock')
  const before = origins.get('origin')
  // A machine whose clock was set back meanwhile: time stood still.
  const elapsedMs = before === undefined ? 0 : Math.max(0, realMs - before.realMs) * before.scale
  const origin = { realMs, scaledMs: (before?.scaledMs ?? realMs) + elapsedMs }
  origins.set('origin', { ...origin, scale })
  return new SystemClock({ scale, origin })
}

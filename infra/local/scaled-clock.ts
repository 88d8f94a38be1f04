import { type ClockOrigin, SystemClock } from '../../shared/aws/system-clock.ts'
import type { OpenTable } from '../../shared/memory/table.ts'

/**
 * The clock of product and models. It continues from the present instant of the last run's clock, whatever the scale is this time, so that
 * it is never behind a stored instant: a fast run leaves it ahead of the machine's clock for good. `realMs`: the machine's clock now.
 */
export function openScaledClock(openTable: OpenTable, scale: number, realMs: number = Date.now()): SystemClock {
  const origins = openTable<ClockOrigin & { readonly scale: number }>('clock')
  const before = origins.get('origin')
  // If the machine's clock was set back meanwhile, time stood still.
  const elapsedMs = before === undefined ? 0 : Math.max(0, realMs - before.realMs) * before.scale
  const origin = { realMs, scaledMs: (before?.scaledMs ?? realMs) + elapsedMs }
  origins.set('origin', { ...origin, scale })
  return new SystemClock({ scale, origin })
}

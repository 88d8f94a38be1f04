import { expect, test } from '@jest/globals'
import { openScaledClock } from '../../../infra/local/scaled-clock.ts'
import { DurableTables } from '../../shared/memory/durable-tables.ts'

const hour = 3_600_000
const now = Date.now()

test('a first run begins at the time of the machine', () => {
  const clock = openScaledClock(new DurableTables().open, 1)
  expect(Math.abs(clock.now().getTime() - Date.now())).toBeLessThan(1000)
})

test('a run after a fast one goes on where that would be by now, whatever its own scale', () => {
  const tables = new DurableTables()
  openScaledClock(tables.open, 60, now - hour)
  const ahead = openScaledClock(tables.open, 1, now).now().getTime() - Date.now()
  expect(Math.round(ahead / hour)).toBe(59)
})

test('time never goes back behind a stored instant, though the clock of the machine does', () => {
  const tables = new DurableTables()
  const before = openScaledClock(tables.open, 1, now).now()
  const after = openScaledClock(tables.open, 1, now - hour).now()
  expect(after.getTime()).toBeGreaterThanOrEqual(before.getTime())
})

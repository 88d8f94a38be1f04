import { setImmediate } from 'node:timers/promises'

/** Waits for a condition, never for a time; a condition that stays false ends with the test's own timeout. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await setImmediate()
}

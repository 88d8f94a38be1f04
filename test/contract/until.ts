import { setImmediate } from 'node:timers/promises'

/** Waits for a condition, never for a time. If the condition stays false, the test's own timeout ends the wait. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await setImmediate()
}

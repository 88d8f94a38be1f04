import { setTimeout as sleep } from 'node:timers/promises'
import { slowed } from '../slowness.ts'

/** Quick answers are seen at once, and a long wait takes little from the machine, which other tests use as well. */
const pauses = { firstMs: 50, mostMs: 500, growth: 1.1 }
/** The schedules look every minute, for instance for what was released. */
const lookedWithinMs = 70_000

/**
 * Looks until `look` answers something else than undefined, and answers that. When the deadline passes, on a slow machine later, it throws, with
 * what was waited for and with `tell`: what a reader of the failure wants to see first.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined>,
  {
    withinMs = lookedWithinMs,
    tell = async () => '',
  }: { withinMs?: number; tell?: () => Promise<string> | string } = {},
): Promise<T> {
  const beganMs = Date.now()
  for (let pauseMs = pauses.firstMs; ; pauseMs = Math.min(pauseMs * pauses.growth, pauses.mostMs)) {
    const found = await look()
    if (found !== undefined) return found
    const waitedMs = Date.now() - beganMs
    if (waitedMs > slowed(withinMs)) {
      throw new Error(`${what} did not come about within ${Math.round(waitedMs / 1000)} s\n${await tell()}`)
    }
    await sleep(pauseMs)
  }
}

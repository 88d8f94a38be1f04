import { setTimeout as sleep } from 'node:timers/promises'

const lookEveryMs = 50
/** The schedules look every minute, for instance for what was released. */
const lookedWithinMs = 70_000

/**
 * Looks until `look` answers something else than undefined, and answers that. When the deadline passes it throws, with
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
  const endMs = Date.now() + withinMs
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (Date.now() > endMs) throw new Error(`${what} did not come about within ${withinMs / 1000} s\n${await tell()}`)
    await sleep(lookEveryMs)
  }
}

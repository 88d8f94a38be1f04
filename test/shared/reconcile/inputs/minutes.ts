import type { Grouping } from '../../modules/people/grouping.ts'

/** Minutes pass as deployed, until it holds. What got no answer is proved after fifteen. */
export async function minutesUntil(
  { world }: Grouping,
  holds: () => boolean | Promise<boolean>,
  what: string,
): Promise<void> {
  for (let second = 0; second < 20 * 60; second++) {
    if (await holds()) return
    await world.clock.advance(1_000)
    // A schedule that fails comes again.
    if (second % 60 === 59) await world.finish(world.everyMinute()).catch(() => undefined)
    if (second % 300 === 299) await world.finish(world.everyFiveMinutes()).catch(() => undefined)
  }
  throw new Error(`${what} did not come about`)
}

/** So many minutes pass, with what is due in each. */
export async function minutes({ world }: Grouping, count: number): Promise<void> {
  for (let minute = 0; minute < count; minute++) {
    await world.clock.advance(60_000)
    await world.finish(world.everyMinute())
  }
}

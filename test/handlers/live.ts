import type { World } from '../world.ts'

/** All schedules of so many minutes. */
export async function live(world: World, minutes: number): Promise<void> {
  for (let minute = 1; minute <= minutes; minute++) {
    await world.finish(world.everyMinute())
    if (minute % 5 === 0) await world.finish(world.everyFiveMinutes())
    await world.clock.advance(60_000)
  }
}

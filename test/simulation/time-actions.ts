import { isUntouched, skipIdle } from './at-rest.ts'
import type { SimulatedWorld } from './simulated-world.ts'

/**
 * The product believes listings against its own calls after 300 s: how far they lag behind and how wrong two clocks are is less
 * than that together.
 */
export const believedMs = 290_000

type ForAWhile = { readonly key: string; readonly beginsInMs?: number; readonly endsInMs: number }

/** What has to do with time: links that begin and end, and requests that take long. */
export const timeActions = {
  /** From now; without an instant it begins with the link. */
  'upload a link for a while': (
    { objects, clock, checker }: SimulatedWorld,
    { key, beginsInMs, endsInMs }: ForAWhile,
  ) => {
    const at = (ms: number | undefined) => (ms === undefined ? undefined : render(clock.now().getTime() + ms))
    void objects.as('someone').put(key, JSON.stringify({ notBefore: at(beginsInMs), expiresAt: at(endsInMs) }))
    // What it asks for ends by time alone: a link that asks for the same later on asks from then on.
    void clock.sleep(endsInMs).then(() => checker.noteDesired())
  },
  /** Requests to Identity Center that begin from now on; 0: as before. */
  'let requests take this long': (world: SimulatedWorld, { ms }: { ms: number }) => {
    world.requestsTakeMs = ms
  },
}

/** As people write it: in whole seconds, by the clock of their country. */
function render(ms: number): string {
  return `${new Date(ms + 3_600_000).toISOString().slice(0, 19)}+01:00`
}

/** A wake and the first calls of a slice, each of which may travel for seconds. */
const wokenMs = 30_000

/** Minutes pass with their schedules. */
export async function letTimePass(ms: number, world: SimulatedWorld): Promise<void> {
  for (let leftMs = ms; leftMs > 0 && !world.checker.violation; leftMs -= 60_000) {
    await world.clock.advance(Math.min(leftMs, 60_000))
    if (leftMs < 60_000) continue
    // The schedules of the last minute have run.
    leftMs -= await skipIdle(leftMs - 120_000, world)
    if (isUntouched(world)) world.checker.rest.checkWoken(wokenMs)
    void world.deployment.everyMinute()
  }
}

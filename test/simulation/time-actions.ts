import { isUntouched, skipIdle } from './at-rest.ts'
import type { SimulatedWorld } from './simulated-world.ts'

/**
 * The product trusts listings against its own calls after 300 s. The lag of listings and the error of two clocks together are less than
 * that.
 */
export const believedMs = 290_000

type ForAWhile = { readonly key: string; readonly beginsInMs?: number; readonly endsInMs: number }

/** Actions about time: links that begin and end, and slow requests. */
export const timeActions = {
  /** Times from now. Without a beginning, the access begins with the link. */
  'upload a link for a while': (
    { objects, clock, checker }: SimulatedWorld,
    { key, beginsInMs, endsInMs }: ForAWhile,
  ) => {
    const at = (ms: number | undefined) => (ms === undefined ? undefined : renderInstant(clock.now().getTime() + ms))
    void objects.as('someone').put(key, JSON.stringify({ notBefore: at(beginsInMs), expiresAt: at(endsInMs) }))
    // The wish ends by time alone. If a later link asks for the same, its wish begins then.
    void clock.sleep(endsInMs).then(() => checker.noteDesired())
  },
  /** The duration of requests to Identity Center that begin from now on. 0: as before. */
  'let requests take this long': (world: SimulatedWorld, { ms }: { ms: number }) => {
    world.requestsTakeMs = ms
  },
}

/** In the form that people write: whole seconds, with the offset of their country. */
export function renderInstant(ms: number): string {
  return `${new Date(ms + 3_600_000).toISOString().slice(0, 19)}+01:00`
}

/** Time for a wake and the first calls of a slice, each of which may travel for seconds. */
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

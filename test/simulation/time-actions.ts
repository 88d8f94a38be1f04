import * as fc from 'fast-check'
import type { SimulatedWorld } from './simulated-world.ts'

/** How an instant is written: the same one, whatever its text looks like. */
const offsets = { Z: 0, '+01:00': 60, '-05:30': -330 } as const

/**
 * The product believes listings against its own calls after 300 s: how far they lag behind and how wrong two clocks are is less
 * than that together.
 */
export const believedMs = 290_000

/** What has to do with time: links that begin and end, and what stands in the index of their instants. */
export type TimeAction =
  | {
      readonly do: 'upload a link for a while'
      readonly key: string
      /** From now; without one it begins, or ends, with the link. */
      readonly beginsInMs?: number | undefined
      readonly endsInMs?: number | undefined
      readonly offset: keyof typeof offsets
    }
  | { readonly do: 'lose the index of instants' }
  /** Requests to Identity Center that begin from now on; 0: as before. */
  | { readonly do: 'let requests take this long'; readonly ms: number }
  /** Those of processes that begin from now on, from the true time, at most. */
  | { readonly do: 'let clocks go wrong'; readonly ms: number }

const names: ReadonlySet<string> = new Set<TimeAction['do']>([
  'upload a link for a while',
  'lose the index of instants',
  'let requests take this long',
  'let clocks go wrong',
])

export function isTimeAction(action: { readonly do: string }): action is TimeAction {
  return names.has(action.do)
}

const comingMs = fc.constantFrom(undefined, 500, 20_000, 70_000, 150_000, 290_000)

export const timeActions = (linkKey: fc.Arbitrary<string>) =>
  [
    {
      weight: 5,
      arbitrary: fc
        .record({
          do: fc.constant('upload a link for a while' as const),
          key: linkKey,
          beginsInMs: comingMs,
          endsInMs: comingMs,
          offset: fc.constantFrom('Z' as const, '+01:00' as const, '-05:30' as const),
        })
        .map((drawn): TimeAction => drawn),
    },
    { weight: 1, arbitrary: fc.constant<TimeAction>({ do: 'lose the index of instants' }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('let requests take this long' as const),
        ms: fc.constantFrom(0, 20_000, 400_000),
      }),
    },
    { weight: 1, arbitrary: fc.constant<TimeAction>({ do: 'let clocks go wrong', ms: 120_000 }) },
  ] as const

export async function performTimeAction(action: TimeAction, world: SimulatedWorld): Promise<void> {
  const { objects, clock, checker } = world
  if (action.do === 'let requests take this long') {
    world.requestsTakeMs = action.ms
    return
  }
  if (action.do === 'let clocks go wrong') {
    const mostMs = (believedMs - (world.settings.readLagMs ?? 0)) / 2
    world.skewMs = Math.max(world.skewMs, Math.min(action.ms, mostMs))
    return
  }
  if (action.do === 'lose the index of instants') {
    world.wasDisturbed = true
    for (const key of world.keys('state/expiry/')) void objects.delete(key)
    return
  }
  const at = (ms: number | undefined) =>
    ms === undefined ? undefined : render(clock.now().getTime() + ms, action.offset)
  const body = JSON.stringify({ notBefore: at(action.beginsInMs), expiresAt: at(action.endsInMs) })
  void objects.as('someone').put(action.key, body)
  // What it asks for ends by time alone: a link that asks for the same later on asks from then on.
  if (action.endsInMs !== undefined) void clock.sleep(action.endsInMs).then(() => checker.noteDesired())
}

/** In whole seconds, as people write them. */
function render(ms: number, offset: keyof typeof offsets): string {
  return `${new Date(ms + offsets[offset] * 60_000).toISOString().slice(0, 19)}${offset}`
}

/** The last instant at which a link begins or ends, `undefined` where none does: until then the world is not at rest. */
export function lastInstantMs(world: SimulatedWorld): number | undefined {
  const instants = world.keys('links_data/').flatMap((key) => {
    const body = Buffer.from(world.objects.model.find(key)?.body ?? []).toString()
    return [...body.matchAll(/"(?:notBefore|expiresAt)": ?"([^"]*)"/g)].map(([, text = '']) => Date.parse(text))
  })
  const known = instants.filter((ms) => !Number.isNaN(ms))
  return known.length === 0 ? undefined : Math.max(...known)
}

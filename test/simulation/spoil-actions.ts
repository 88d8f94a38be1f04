import * as fc from 'fast-check'
import { keysOfHonest } from './hostile-actions.ts'
import type { SimulatedWorld } from './simulated-world.ts'

/** What stands there instead: no JSON, or JSON that is nothing of ours. */
const garbage = { 'cut off': '{"v":1,"state":', 'another shape': '{"v":2}' } as const
// A permission set whose own status nobody can read is not applied until that is restored.
const spoilable = ['assignments/', 'foreign/', 'status/links_data/', 'state/missing-accounts.json'] as const

/** Objects that nobody can read for a while. */
export type SpoilAction =
  /** One of ssofile's own. Who did it restores what was there, after this time or when faults have stopped. */
  | {
      readonly do: 'spoil an object of ssofile'
      readonly under: (typeof spoilable)[number]
      readonly nth: number
      readonly body: keyof typeof garbage
      readonly afterMs: number
    }
  /** Its uploader encrypted it with a key of his own, until then. */
  | { readonly do: 'S3 refuses to give a link'; readonly nth: number; readonly afterMs: number }

const names: ReadonlySet<string> = new Set<SpoilAction['do']>([
  'spoil an object of ssofile',
  'S3 refuses to give a link',
])

export function isSpoilAction(action: { readonly do: string }): action is SpoilAction {
  return names.has(action.do)
}

const nth = fc.nat(30)
const afterMs = fc.constantFrom(500, 20_000, 600_000, 4_200_000, 90_000_000)

export const spoilActions: readonly fc.WeightedArbitrary<SpoilAction>[] = [
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('spoil an object of ssofile' as const),
      under: fc.constantFrom('assignments/' as const, 'assignments/' as const, ...spoilable),
      nth,
      body: fc.constantFrom('cut off' as const, 'another shape' as const),
      afterMs,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('S3 refuses to give a link' as const), nth, afterMs }) },
]

export function performSpoilAction(action: SpoilAction, world: SimulatedWorld): void {
  const { unreadable } = world
  const isRefusal = action.do === 'S3 refuses to give a link'
  const keys = isRefusal ? keysOfHonest(world) : world.keys(action.under)
  const key = keys[action.nth % Math.max(keys.length, 1)]
  if (key === undefined) return
  // What could not be looked at meanwhile is found by the next reconcile.
  world.wasDisturbed = true
  if (isRefusal) unreadable.refuse(key)
  else unreadable.spoil(key, garbage[action.body])
  // Nobody waits for that: when faults have stopped, what is still spoiled stays so until all else is right.
  void world.clock.sleep(action.afterMs).then(() => {
    if (isRefusal) unreadable.give(key)
    else if (!world.chaos.isOver) unreadable.restore(key)
  })
}

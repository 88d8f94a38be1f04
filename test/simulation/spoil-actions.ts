import * as fc from 'fast-check'
import { disturbing, nthOf } from './doing.ts'
import { nth, one } from './draws.ts'
import { keysOfHonest } from './hostile-actions.ts'
import type { SimulatedWorld } from './simulated-world.ts'

/** What stands there instead: no JSON, or JSON that is nothing of ours. */
const garbage = { 'cut off': '{"v":1,"state":', 'another shape': '{"v":2}' } as const
// A permission set whose own status nobody can read is not applied until that is restored.
const under = ['assignments/', 'foreign/', 'status/links_data/', 'state/missing-accounts.json'] as const

const afterMs = one(500, 20_000, 600_000, 4_200_000, 90_000_000)
const spoiled = fc.constantFrom('assignments/', 'assignments/', ...under)
const body = fc.constantFrom('cut off', 'another shape')

/** Objects that nobody can read for a while. */
export const spoilActions = {
  /** One of ssofile's own. Who did it restores what was there, after this time or when faults have stopped. */
  'spoil an object of ssofile': disturbing(4, { under: spoiled, nth, body, afterMs }, (action, world) => {
    const key = nthOf(world.keys(action.under), action.nth)
    if (key === undefined) return
    world.unreadable.spoil(key, garbage[action.body])
    // When faults have stopped, what is still spoiled stays so until all else is right.
    afterwards(action.afterMs, world, () => world.chaos.isOver || world.unreadable.restore(key))
  }),
  /** Its uploader encrypted it with a key of his own, until then. */
  'S3 refuses to give a link': disturbing(2, { nth, afterMs }, (action, world) => {
    const key = nthOf(keysOfHonest(world), action.nth)
    if (key === undefined) return
    world.unreadable.refuse(key)
    afterwards(action.afterMs, world, () => world.unreadable.give(key))
  }),
}

/** What could not be looked at meanwhile is found by the next reconcile. Nobody waits for the end. */
function afterwards(ms: number, world: SimulatedWorld, mend: () => unknown): void {
  world.wasDisturbed = true
  void world.clock.sleep(ms).then(mend)
}

import { disturbing, nthOf } from './doing.ts'
import { keysOfHonest } from './hostile-actions.ts'
import type { SimulatedWorld } from './simulated-world.ts'

type Nth = { readonly nth: number }
type ForAWhile = Nth & { readonly afterMs: number }
// A permission set whose own status nobody can read is not applied until that is restored.
type Under = { readonly under: 'assignments/' | 'foreign/' | 'status/links_data/' | 'state/missing-accounts.json' }

/** What somebody does who can write anywhere in the bucket: objects that nobody can read for a while, and a ledger that lacks or has too much. */
export const spoilActions = {
  /** One of ssofile's own. Who did it restores what was there, after this time or when faults have stopped. */
  'spoil an object of ssofile': disturbing((world, { under, nth, afterMs }: ForAWhile & Under) => {
    const key = nthOf(world.keys(under), nth)
    if (key === undefined) return
    world.unreadable.spoil(key, '{"v":1,"state":')
    // When faults have stopped, what is still spoiled stays so until all else is right.
    afterwards(afterMs, world, () => world.chaos.isOver || world.unreadable.restore(key))
  }),
  /** Its uploader encrypted it with a key of his own, until then. */
  'S3 refuses to give a link': disturbing((world, { nth, afterMs }: ForAWhile) => {
    const key = nthOf(keysOfHonest(world), nth)
    if (key === undefined) return
    world.unreadable.refuse(key)
    afterwards(afterMs, world, () => world.unreadable.give((one) => one === key))
  }),
  'lose a ledger object': disturbing((world, { nth }: Nth) => {
    const key = nthOf(world.losses.granted(), nth)
    if (key === undefined) return
    // No event tells of it.
    world.wasDisturbed = true
    world.losses.lose(key)
  }),
  'restore an old version of a ledger object': disturbing((world, { nth }: Nth) => {
    const key = nthOf(world.losses.gone(), nth)
    if (key === undefined) return
    world.wasDisturbed = true
    world.losses.bringBack(key)
  }),
}

/** What could not be looked at meanwhile is found by the next reconcile. Nobody waits for the end. */
function afterwards(ms: number, world: SimulatedWorld, mend: () => unknown): void {
  world.wasDisturbed = true
  void world.clock.sleep(ms).then(mend)
}

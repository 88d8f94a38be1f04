import { disturbing, nthOf } from './doing.ts'
import { keysOfHonest } from './hostile-actions.ts'
import type { SimulatedWorld } from './simulated-world.ts'

type Nth = { readonly nth: number }
type ForAWhile = Nth & { readonly afterMs: number }
// If the status of a permission set is unreadable, ssofile does not apply the set until the status is restored.
type Under = { readonly under: 'assignments/' | 'foreign/' | 'status/links_data/' | 'state/missing-accounts.json' }

/**
 * Actions of somebody who can write anywhere in the bucket: objects become unreadable for a while, and the ledger loses entries or gets old
 * ones.
 */
export const spoilActions = {
  /** Spoils one of ssofile's own objects. The same person restores it after this time, or when faults have stopped. */
  'spoil an object of ssofile': disturbing((world, { under, nth, afterMs }: ForAWhile & Under) => {
    const key = nthOf(world.keys(under), nth)
    if (key === undefined) return
    world.unreadable.spoil(key, '{"v":1,"state":')
    // After the faults, a spoiled object stays spoiled until everything else is right.
    afterwards(afterMs, world, () => world.chaos.isOver || world.unreadable.restore(key))
  }),
  /** The uploader encrypted it with their own key, until then. */
  'S3 refuses to give a link': disturbing((world, { nth, afterMs }: ForAWhile) => {
    const key = nthOf(keysOfHonest(world), nth)
    if (key === undefined) return
    world.unreadable.refuse(key)
    afterwards(afterMs, world, () => world.unreadable.give((one) => one === key))
  }),
  'lose a ledger object': disturbing((world, { nth }: Nth) => {
    const key = nthOf(world.losses.granted(), nth)
    if (key === undefined) return
    // No event reports it.
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

/** The next reconcile finds work that was impossible meanwhile. Nobody waits for the end. */
function afterwards(ms: number, world: SimulatedWorld, mend: () => unknown): void {
  world.wasDisturbed = true
  void world.clock.sleep(ms).then(mend)
}

import { storedRecords } from '../../handlers/stored-records.ts'
import type { Fault } from './chaos.ts'
import { disturbing } from './doing.ts'
import { byHand } from './request-actions.ts'
import type { SimulatedWorld } from './simulated-world.ts'
import { letTimePass } from './time-actions.ts'

/** The next message after `skip` others. */
type Next = { readonly skip?: number }

/** The places of ssofile's own objects that anybody may delete, from the list of all. */
export const derivedPlaces: readonly string[] = storedRecords.flatMap(({ at, source }) =>
  source.is !== 'primary' && at.startsWith('state/') ? [at] : [],
)

/** Time passes, schedules run, and faults strike messages and processes. */
export const misfortuneActions = {
  reconcile: (world: SimulatedWorld) => void world.deployment.everyHour(),
  /** Everything under these places: of kinds that ssofile makes again (`derivedPlaces`). */
  'lose records': disturbing((world, { places }: { readonly places: readonly string[] }) => {
    world.wasDisturbed = true
    for (const at of places) for (const key of world.keys(at)) void world.objects.as(byHand).delete(key)
  }),
  'let time pass': (world: SimulatedWorld, { ms }: { ms: number }) => letTimePass(ms, world),
  'lose the next event': disturbing(({ deliveries }, { skip = 0 }: Next) => {
    Object.assign(deliveries.next, { lose: deliveries.next.lose + 1, skip })
  }),
  'repeat the next event': ({ deliveries }: SimulatedWorld, { skip = 0 }: Next) => {
    Object.assign(deliveries.next, { repeat: deliveries.next.repeat + 1, skip })
  },
  'delay the next event': ({ deliveries }: SimulatedWorld, { skip = 0 }: Next) => {
    Object.assign(deliveries.next, { delayMs: 120_000, skip })
  },
  'take the lease': disturbing((world) => {
    world.wasInterrupted = true
    const stolen = { v: 1, nonce: 'someone', holder: 'someone else', renewedAt: world.clock.now().toISOString() }
    void world.objects.put('control/dispatcher.json', JSON.stringify(stolen))
  }),
  'kill the dispatcher': disturbing((world) => {
    world.wasInterrupted = true
    world.deployment.dispatcher?.kill()
  }),
  'remove a policy that First-ps needs': (world: SimulatedWorld, { account }: { account: string }) =>
    world.breakPolicy(account, false),
  'restore the policy': (world: SimulatedWorld, { account }: { account: string }) => world.breakPolicy(account, true),
  'strike calls': ({ chaos }: SimulatedWorld, fault: Fault) => chaos.add(fault),
}

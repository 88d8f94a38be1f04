import type { Fault } from './chaos.ts'
import { disturbing } from './doing.ts'
import type { SimulatedWorld } from './simulated-world.ts'
import { letTimePass } from './time-actions.ts'

/** The next message after `skip` others. */
type Next = { readonly skip?: number }

/** Time passes, schedules run, and faults strike messages and processes. */
export const misfortuneActions = {
  reconcile: (world: SimulatedWorld) => void world.deployment.everyHour(),
  'lose the caches': disturbing((world) => {
    world.wasDisturbed = true
    const caches = ['state/organization.json', 'state/permission-sets.json', 'state/reconcile.json']
    for (const key of [...caches, ...world.keys('state/expiry/')]) void world.objects.delete(key)
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

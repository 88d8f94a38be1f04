import * as fc from 'fast-check'
import { callGroupNames, type Fault, faultKinds } from './chaos.ts'
import { disturbing, doing } from './doing.ts'
import { account, one } from './draws.ts'
import { letTimePass } from './time-actions.ts'

const count = fc.integer({ min: 1, max: 3 })
/** What befalls the next message, after `skip` others. */
type Next<Args> = Args & { readonly skip?: number }

const times = fc.oneof(
  { weight: 8, arbitrary: one(1, 10, 100, 300, 1_000, 5_000, 30_000, 70_000, 600_000) },
  { weight: 1, arbitrary: one(1_200_000, 3_660_000, 4_200_000) },
)

/** Time passes, schedules run, and misfortune befalls messages and processes. */
export const misfortuneActions = {
  reconcile: doing(1, {}, (_, world) => void world.everyHour()),
  'lose the caches': disturbing(1, {}, (_, world) => {
    world.wasDisturbed = true
    for (const key of ['state/organization.json', 'state/permission-sets.json', 'state/reconcile.json'])
      void world.objects.delete(key)
  }),
  'let time pass': doing(9, { ms: times }, ({ ms }, world) => letTimePass(ms, world)),
  'lose the next event': disturbing<Next<{ count: number }>>(1, { count }, ({ count, skip = 0 }, { notifications }) => {
    Object.assign(notifications, { lose: notifications.lose + count, skip })
  }),
  'repeat the next event': doing<Next<{ count: number }>>(1, { count }, ({ count, skip = 0 }, { notifications }) => {
    Object.assign(notifications, { repeat: notifications.repeat + count, skip })
  }),
  'delay the next event': doing<Next<{ ms: number }>>(
    1,
    { ms: one(500, 20_000, 120_000) },
    ({ ms, skip = 0 }, { notifications }) => void Object.assign(notifications, { delayMs: ms, skip }),
  ),
  'take the lease': disturbing(1, {}, (_, world) => {
    world.wasInterrupted = true
    const stolen = { v: 1, nonce: 'someone', holder: 'someone else', renewedAt: world.clock.now().toISOString() }
    void world.objects.put('control/dispatcher.json', JSON.stringify(stolen))
  }),
  'kill the dispatcher': disturbing(2, {}, (_, world) => {
    world.wasInterrupted = true
    world.dispatcher?.kill()
  }),
  'freeze the dispatcher': disturbing(1, { ms: one(1_000, 45_000, 70_000, 400_000) }, ({ ms }, world) => {
    world.wasInterrupted = true
    world.dispatcher?.freeze(ms)
  }),
  'remove a policy that First-ps needs': doing(1, { account }, ({ account }, world) =>
    world.breakPolicy(account, false),
  ),
  'restore the policy': doing(1, { account }, ({ account }, world) => world.breakPolicy(account, true)),
  'strike calls': doing<Fault>(
    8,
    {
      kind: fc.constantFrom(...faultKinds),
      service: fc.constantFrom('any', 's3', 'sqs', 'sso-admin', 'identitystore', 'organizations'),
      calls: fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom('any', 'writes', 'links') },
        { weight: 4, arbitrary: fc.constantFrom(...callGroupNames) },
      ),
      process: fc.constantFrom('dispatcher', 'dispatcher', 'handler', 'any'),
      skip: fc.integer({ min: 0, max: 30 }),
      times: fc.integer({ min: 1, max: 12 }),
    },
    (fault, { chaos }) => chaos.add(fault),
  ),
}

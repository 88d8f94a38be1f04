import type { SimulatedWorld } from '../../simulated-world.ts'
import { PoliciesPromise } from './policies-promise.ts'

/** Governance looks at the statuses of its policies and deletes them, so that everything must come right without them. */
export async function takeBackPolicies(world: SimulatedWorld): Promise<void> {
  const policies = world.keys('policies/').filter((key) => !key.startsWith('policies/tests/'))
  if (policies.length === 0) return
  for (let minute = 0; minute < 4; minute++) {
    void world.deployment.everyMinuteOfLinks()
    await world.clock.advance(60_000)
  }
  if (world.unreadable.spoiled.length === 0 && world.unreadable.refused.length === 0)
    world.checker.judge(PoliciesPromise).checkStatuses()
  for (const key of policies) void world.objects.as('governance').delete(key)
}

import * as fc from 'fast-check'
import { pauseChanges, resumeChanges } from '../../shared/reconcile/pause.ts'
import type { SimulatedWorld } from './simulated-world.ts'

export type PauseAction = { readonly do: 'pause' } | { readonly do: 'resume' }

export const pauseActions: readonly fc.WeightedArbitrary<PauseAction>[] = [
  { weight: 1, arbitrary: fc.constant({ do: 'pause' as const }) },
  { weight: 2, arbitrary: fc.constant({ do: 'resume' as const }) },
]

export async function pauseOrResume(action: PauseAction, world: SimulatedWorld): Promise<void> {
  const objects = world.objects.as('operator')
  world.wasOperated = true
  if (action.do === 'pause')
    await pauseChanges({ objects, clock: world.clock }, { reason: 'an operator looks', by: 'operator' })
  else await resumeChanges(objects)
}

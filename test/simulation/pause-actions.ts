import * as fc from 'fast-check'
import { pauseChanges, resumeChanges } from '../../shared/reconcile/dispatcher/pause.ts'
import { keysOfHonest } from './hostile-actions.ts'
import type { SimulatedWorld } from './simulated-world.ts'

export type PauseAction =
  | { readonly do: 'pause' }
  | { readonly do: 'resume' }
  /** Its event is lost. Only while a dispatcher knows of the pause: what comes after it finds the change. */
  | { readonly do: 'delete a link unseen under a pause'; readonly nth: number }

export const pauseActions: readonly fc.WeightedArbitrary<PauseAction>[] = [
  { weight: 1, arbitrary: fc.constant({ do: 'pause' as const }) },
  { weight: 2, arbitrary: fc.constant({ do: 'resume' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('delete a link unseen under a pause' as const), nth: fc.nat(9) }),
  },
]

export async function pauseOrResume(action: PauseAction, world: SimulatedWorld): Promise<void> {
  const objects = world.objects.as('operator')
  world.wasOperated = true
  switch (action.do) {
    case 'pause':
      await pauseChanges({ objects, clock: world.clock }, { reason: 'an operator looks', by: 'operator' })
      return
    case 'resume':
      await resumeChanges({ objects, clock: world.clock }, 'operator')
      return
    case 'delete a link unseen under a pause':
      return deleteUnseen(action.nth, world)
    default:
      return action satisfies never
  }
}

function deleteUnseen(nth: number, world: SimulatedWorld): void {
  const links = keysOfHonest(world).filter((one) => !one.startsWith('links_data/temporary/'))
  const key = links[nth % Math.max(links.length, 1)]
  if (key === undefined || !world.isPauseNoticed) return
  world.notifications.lose++
  void world.objects.as('someone').delete(key)
}

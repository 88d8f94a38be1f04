import * as fc from 'fast-check'
import { pauseChanges, resumeChanges } from '../../shared/reconcile/dispatcher/pause.ts'
import { doing, nthOf } from './doing.ts'
import { keysOfPeople } from './hostile-actions.ts'
import type { SimulatedWorld } from './simulated-world.ts'

export const pauseActions = {
  pause: doing(1, {}, (_, world) => {
    world.wasOperated = true
    const ports = { objects: world.objects.as('operator'), clock: world.clock }
    return pauseChanges(ports, { reason: 'an operator looks', by: 'operator' })
  }),
  resume: doing(2, {}, (_, world) => resume(world)),
  /** Its event is lost. Only while a dispatcher knows of the pause: what comes after it finds the change. */
  'delete a link unseen under a pause': doing(1, { nth: fc.nat(9) }, ({ nth }, world) => {
    world.wasOperated = true
    const key = nthOf(keysOfPeople(world), nth)
    if (key === undefined || !world.isPauseNoticed) return
    world.notifications.lose++
    void world.objects.as('someone').delete(key)
  }),
}

export function resume(world: SimulatedWorld) {
  world.wasOperated = true
  return resumeChanges({ objects: world.objects.as('operator'), clock: world.clock }, 'operator')
}

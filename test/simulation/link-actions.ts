import { nthOf } from './doing.ts'
import { keysOfPeople } from './hostile-actions.ts'
import type { SimulatedWorld } from './simulated-world.ts'
import { bodies } from './small-world.ts'

const theirs = ({ objects }: SimulatedWorld) => objects.as('someone')

/** Actions of people on links. */
export const linkActions = {
  'upload a link': (world: SimulatedWorld, { key, body }: { key: string; body: keyof typeof bodies }) =>
    theirs(world).put(key, bodies[body]),
  'delete a link': (world: SimulatedWorld, { nth }: { nth: number }) => {
    const key = nthOf(keysOfPeople(world), nth)
    if (key !== undefined) void theirs(world).delete(key)
  },
  'delete this link': (world: SimulatedWorld, { key }: { key: string }) => theirs(world).delete(key),
  /** Like `ssofile touch --rebind`, or without the metadata, which a sync loses. */
  'have a link count as new': (world: SimulatedWorld, { key }: { key: string }) => {
    const found = world.objects.model.find(key)
    const rebind = world.clock.now().toISOString()
    if (found) void theirs(world).put(key, found.body, undefined, { 'ssofile-rebind': rebind })
  },
  'upload a link as it is': (world: SimulatedWorld, { nth }: { nth: number }) => {
    const key = nthOf(keysOfPeople(world), nth)
    const found = key === undefined ? undefined : world.objects.model.find(key)
    if (key !== undefined && found) void theirs(world).put(key, found.body)
  },
}

import * as fc from 'fast-check'
import { disturbing, doing, nthOf } from './doing.ts'
import { account, badKey, linkKey, nth, unit } from './draws.ts'
import { keysOfPeople } from './hostile-actions.ts'
import { move } from './organization-actions.ts'
import type { SimulatedWorld } from './simulated-world.ts'
import { bodies } from './small-world.ts'

const body = fc.constantFrom<(keyof typeof bodies)[]>('empty', 'empty', 'empty', 'reason', 'expired', 'malformed')
const uploaded = fc.oneof({ weight: 14, arbitrary: linkKey }, { weight: 1, arbitrary: badKey })
const theirs = ({ objects }: SimulatedWorld) => objects.as('someone')

/** What people do with links. */
export const linkActions = {
  'upload a link': doing(15, { key: uploaded, body }, ({ key, body }, world) => {
    void theirs(world).put(key, bodies[body])
  }),
  'delete a link': doing(8, { nth }, ({ nth }, world) => {
    const key = nthOf(keysOfPeople(world), nth)
    if (key !== undefined) void theirs(world).delete(key)
  }),
  'delete this link': doing(1, { key: badKey }, ({ key }, world) => void theirs(world).delete(key)),
  /** As `ssofile touch --rebind` does, and with its metadata lost as a sync does. */
  'have a link count as new': doing(2, { key: linkKey }, ({ key }, world) => {
    const found = world.objects.model.find(key)
    const rebind = world.clock.now().toISOString()
    if (found) void theirs(world).put(key, found.body, undefined, { 'ssofile-rebind': rebind })
  }),
  'upload a link as it is': doing(4, { nth }, ({ nth }, world) => {
    const key = nthOf(keysOfPeople(world), nth)
    const found = key === undefined ? undefined : world.objects.model.find(key)
    if (key !== undefined && found) void theirs(world).put(key, found.body)
  }),
  'upload a link and delete it': doing(
    4,
    { key: linkKey, afterMs: fc.integer({ min: 1, max: 800 }) },
    async ({ key, afterMs }, world) => {
      void theirs(world).put(key, '')
      await world.clock.advance(afterMs)
      void theirs(world).delete(key)
    },
  ),
  /** Its event is lost, and then a link of its old place is deleted: what the new place grants must stay. */
  'move an account and delete a link of its old place': disturbing(
    3,
    { account, unit },
    async ({ account, unit }, world) => {
      const from = await move(account, unit, true, world)
      const old = from && keysOfPeople(world).find((key) => key.includes(`ou_id%${from}%`))
      if (old) void theirs(world).delete(old)
    },
  ),
}

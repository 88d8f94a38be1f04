import * as fc from 'fast-check'
import { doing, nthOf, one } from './doing.ts'
import { keysOfPeople } from './hostile-actions.ts'
import { linkKey } from './link-keys.ts'
import { move } from './organization-actions.ts'
import type { SimulatedWorld } from './simulated-world.ts'
import { accounts, badKeys, bodies, units } from './small-world.ts'

const body = fc.constantFrom<(keyof typeof bodies)[]>('empty', 'empty', 'empty', 'reason', 'expired', 'malformed')
const nth = fc.nat(30)
const badKey = fc.constantFrom(...badKeys).map((key) => `links_data/${key}`)
const theirs = ({ objects }: SimulatedWorld) => objects.as('someone')

/** What people do with links. */
export const linkActions = {
  'upload a link': doing(
    14,
    { key: linkKey, body },
    ({ key, body }, world) => void theirs(world).put(key, bodies[body]),
  ),
  'delete a link': doing(8, { nth }, ({ nth }, world) => {
    const key = nthOf(keysOfPeople(world), nth)
    if (key !== undefined) void theirs(world).delete(key)
  }),
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
  'move an account and delete a link of its old place': doing(
    3,
    { account: one<string>(...accounts), unit: one<string>(...units) },
    async ({ account, unit }, world) => {
      const from = await move(account, unit, true, world)
      const old = from && keysOfPeople(world).find((key) => key.includes(`ou_id%${from}%`))
      if (old) void theirs(world).delete(old)
    },
  ),
  'upload a bad key': doing(1, { key: badKey }, ({ key }, world) => void theirs(world).put(key, '')),
  'delete a bad key': doing(1, { key: badKey }, ({ key }, world) => void theirs(world).delete(key)),
  'delete this link': doing(0, { key: linkKey }, ({ key }, world) => void theirs(world).delete(key)),
}

import { expect, test } from '@jest/globals'
import type { PrincipalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { People } from '../../../../shared/modules/requests/people.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const kenji = 'kenji.ito@acme.example'

test('of many groups only those of the user are asked for, and the answer is the same', async () => {
  const world = new World()
  const { identityStore } = world
  const id = (type: 'GROUP' | 'USER', name: string): PrincipalId => {
    const found = identityStore.idOf(type, name)
    if (found === undefined) throw new Error(`there is no ${name}`)
    return found
  }
  await identityStore.createGroupMembership(id('GROUP', 'team-Web'), id('USER', kenji)).catch(() => {})
  let calls = 0
  const ports = intercept(world.ports, ({ proceed }) => {
    calls++
    return proceed()
  })
  const ask = (names: readonly string[]) =>
    world
      .finish(new People(ports.identityStore, world.clock, '').groupsOf(id('USER', kenji), new Set(names)))
      .then(({ groups }) => groups)
  const thousand = Array.from({ length: 1_000 }, (_, index) => `group-${index}`)
  const { items: mine } = await world.finish(identityStore.listGroupsOf(id('USER', kenji)))
  expect(await ask(['team-Web'])).toEqual(new Set(['team-Web']))
  calls = 0
  expect(await ask([...thousand, 'team-Web', 'TEAM-WEB'])).toEqual(new Set(['team-Web']))
  expect(calls).toBeLessThanOrEqual(1 + mine.length)
})

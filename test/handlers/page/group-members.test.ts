import { expect, test } from '@jest/globals'
import { GroupMembers } from '../../../handlers/page/group-members.ts'
import { ServedDirectory } from '../../../shared/reconcile/calls/served-directory.ts'
import { intercept } from '../../intercept.ts'
import { World } from '../../world.ts'

test('the names of many members come from a listing, since a suspension needs the calls about single users', async () => {
  const world = new World()
  const calls: string[] = []
  const ports = intercept(world.ports, ({ operation, proceed }) => {
    calls.push(operation)
    return proceed()
  })
  const team = await world.identityStore.createGroup({ displayName: 'team' })
  const names = Array.from({ length: 40 }, (_, nth) => `member-${10 + nth}`)
  for (const userName of names) {
    await world.clock.advance(100)
    const id = await world.identityStore.createUser({ userName })
    await world.identityStore.createGroupMembership(team, id)
  }
  const members = new GroupMembers(
    { ...ports, identityStore: new ServedDirectory(ports, 'page').recent },
    world.configuration,
  )
  const told = await world.finish(members.of(['team'], 10_000))
  expect(told.team?.toSorted()).toEqual(names)
  expect(calls).not.toContain('findUser')
})

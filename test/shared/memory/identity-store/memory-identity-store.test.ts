import { expect, test } from '@jest/globals'
import type { IdentityStoreChange } from '../../../../shared/memory/identity-store/identity-store-records.ts'
import { openModels, openWorld, principalIdIn, start } from '../../../contract/identity-center-world.ts'
import { DurableTables } from '../durable-tables.ts'

test('changes are told with ids, which AWS does not mask', async () => {
  const changes: IdentityStoreChange[] = []
  const { identityStore } = openWorld({ identityStore: { onChange: (change) => changes.push(change) } })
  const groupId = await identityStore.createGroup({ displayName: 'New' })
  await identityStore.updateGroup(groupId, [{ path: 'displayName', value: 'Newer' }])
  await identityStore.deleteGroup(groupId)
  expect(changes).toEqual([
    { event: 'CreateGroup', groupId, at: start },
    { event: 'UpdateGroup', groupId, at: start },
    { event: 'DeleteGroup', groupId, at: start },
  ])
})

test('a name that was given up can be taken again', async () => {
  const world = openWorld()
  const { identityStore } = world
  await identityStore.deleteUser(principalIdIn(world, 'USER', 'ana@example.com'))
  const userId = await identityStore.createUser({ userName: 'Ana@example.com' })
  expect(await identityStore.getUserId('Ana@example.com')).toBe(userId)
  expect(await identityStore.getUserId('ana@example.com')).toBeUndefined()
})

test('a user may change only the case of its own name', async () => {
  const world = openWorld()
  const userId = principalIdIn(world, 'USER', 'ana@example.com')
  await world.identityStore.updateUser(userId, [{ path: 'userName', value: 'ANA@example.com' }])
  await expect(
    world.identityStore.updateUser(userId, [{ path: 'userName', value: 'BO@example.com' }]),
  ).rejects.toMatchObject({ code: 'ConflictException' })
  expect(await world.identityStore.getUserId('ANA@example.com')).toBe(userId)
})

test('attributes of a user are set and removed by their paths', async () => {
  const { identityStore } = openWorld()
  const userId = await identityStore.createUser({
    userName: 'new',
    attributes: { Name: { GivenName: 'A' }, Title: 'T' },
  })
  await identityStore.updateUser(userId, [{ path: 'name.familyName', value: 'B' }, { path: 'title' }])
  expect((await identityStore.describeUser(userId)).attributes).toEqual({ Name: { GivenName: 'A', FamilyName: 'B' } })
})

test.each(['active', 'nonsense', 'userStatus', 'name.nonsense'])(
  'no call changes %s of a user, which is no attribute that the API writes',
  async (path) => {
    const world = openWorld()
    const { identityStore } = world
    const userId = principalIdIn(world, 'USER', 'ana@example.com')
    await expect(identityStore.updateUser(userId, [{ path, value: 'x' }])).rejects.toMatchObject({
      code: 'ValidationException',
    })
    expect((await identityStore.describeUser(userId)).attributes).toEqual({})
  },
)

test('a provider disables a user, which is told as a change of the user', async () => {
  const changes: IdentityStoreChange[] = []
  const world = openWorld({ identityStore: { onChange: (change) => changes.push(change) } })
  const userId = principalIdIn(world, 'USER', 'ana@example.com')
  world.identityStore.setUserStatus(userId, 'DISABLED')
  expect(await world.identityStore.findUser(userId)).toMatchObject({ isDisabled: true })
  world.identityStore.setUserStatus(userId, 'ENABLED')
  expect(await world.identityStore.findUser(userId)).toMatchObject({ isDisabled: false })
  expect(changes.map(({ event }) => event)).toEqual(['UpdateUser', 'UpdateUser'])
})

test('memberships are found from both sides and end with the group or the user', async () => {
  const world = openWorld()
  const { identityStore } = world
  const ana = principalIdIn(world, 'USER', 'ana@example.com')
  const auditors = principalIdIn(world, 'GROUP', 'Auditors')
  const operators = principalIdIn(world, 'GROUP', 'Operators')
  const membershipId = await identityStore.createGroupMembership(auditors, ana)
  await identityStore.createGroupMembership(operators, ana)
  await expect(identityStore.createGroupMembership(auditors, ana)).rejects.toMatchObject({ code: 'ConflictException' })
  expect(await identityStore.getGroupMembershipId(auditors, ana)).toBe(membershipId)
  expect(await identityStore.isMemberInGroups(ana, [operators, auditors])).toEqual([true, true])
  await identityStore.deleteGroup(auditors)
  const left = await identityStore.listGroupMembershipsForMember(ana, { most: 100 })
  expect(left.items.map(({ groupId }) => groupId)).toEqual([operators])
  await identityStore.deleteUser(ana)
  expect((await identityStore.listGroupMemberships(operators, { most: 100 })).items).toEqual([])
})

test('a directory that is opened over kept tables still knows its names', async () => {
  const tables = new DurableTables()
  const before = openWorld({ openTable: tables.open })
  const ana = principalIdIn(before, 'USER', 'ana@example.com')
  const auditors = principalIdIn(before, 'GROUP', 'Auditors')
  await before.identityStore.createGroupMembership(auditors, ana)
  const after = openModels({ openTable: tables.open, clock: before.clock })
  expect(await after.identityStore.getGroupId('Auditors')).toBe(auditors)
  expect(after.identityStore.groupIdsOf(ana)).toEqual([auditors])
  await expect(after.identityStore.createUser({ userName: 'Ana@example.com' })).rejects.toMatchObject({
    code: 'ConflictException',
  })
})

test('a name that AWS keeps to itself, or that has letters it refuses, is refused at creation and as a new name', async () => {
  const world = openWorld()
  const { identityStore } = world
  const refused = { code: 'ValidationException' }
  const userId = principalIdIn(world, 'USER', 'ana@example.com')
  const groupId = await identityStore.createGroup({ displayName: 'Team 7' })
  for (const name of ['Administrator', 'AWSAdministrators', '\u202e', 'x'.repeat(1025)]) {
    await expect(identityStore.createGroup({ displayName: name })).rejects.toMatchObject(refused)
    await expect(identityStore.updateGroup(groupId, [{ path: 'displayName', value: name }])).rejects.toMatchObject(
      refused,
    )
  }
  for (const name of ['Administrator', 'AWSAdministrators', 'Ana Silva', 'x'.repeat(129)]) {
    await expect(identityStore.createUser({ userName: name })).rejects.toMatchObject(refused)
    await expect(identityStore.updateUser(userId, [{ path: 'userName', value: name }])).rejects.toMatchObject(refused)
  }
  expect(await identityStore.getUserId('ana@example.com')).toBe(userId)
  await identityStore.createUser({ userName: 'administrator' })
})

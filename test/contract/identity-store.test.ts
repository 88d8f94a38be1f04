import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { principalId } from '../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../shared/domain/principals/principal.ts'
import type { IdentityStore } from '../../shared/ports/identity-store.ts'
import { listAll } from '../../shared/ports/page.ts'
import {
  adapters,
  type IdentityCenterPorts,
  type IdentityCenterWorld,
  openWorld,
  principalIdIn,
  smallOrganization,
} from './identity-center-world.ts'

const nobody = principalId.parse('00000000-0000-4000-8000-000000000000')
const name = (text: string) => principalName.parse(text)

describe.each(adapters)('identity store on $adapter', ({ openPorts }) => {
  let world: IdentityCenterWorld
  let ports: IdentityCenterPorts
  let identityStore: IdentityStore

  beforeEach(async () => {
    world = openWorld()
    ports = await openPorts(world)
    identityStore = ports.identityStore
  })
  afterEach(() => ports.close())

  test.each([
    { type: 'GROUP' as const, known: "Équipe d'audit / 50% nights" },
    { type: 'GROUP' as const, known: 'Auditors' },
    { type: 'USER' as const, known: 'ana@example.com' },
  ])('the $type $known is found by its name, and its name by its id', async ({ type, known }) => {
    const id = principalIdIn(world, type, known)
    expect(await identityStore.findPrincipalId(type, name(known))).toBe(id)
    expect(await identityStore.findPrincipalName(type, id)).toBe(known)
  })

  test('a store that admits only some networks refuses all others, whatever they ask', async () => {
    await world.identityStore.updateNetwork({ isEndpointRequired: true, vpcs: [], addresses: ['198.51.100.0/24'] })
    await expect(identityStore.findPrincipalId('GROUP', name('Auditors'))).rejects.toMatchObject({
      service: 'identitystore',
      code: 'AccessDeniedException',
    })
    await expect(identityStore.listPrincipals('USER')).rejects.toMatchObject({ code: 'AccessDeniedException' })
    await world.identityStore.updateNetwork({ isEndpointRequired: false, vpcs: [], addresses: ['198.51.100.0/24'] })
    expect(await identityStore.findPrincipalId('GROUP', name('Auditors'))).toBeDefined()
  })

  test('a name that differs in case is nobody', async () => {
    expect(await identityStore.findPrincipalId('GROUP', name('auditors'))).toBeUndefined()
    expect(await identityStore.findPrincipalId('USER', name('Ana@example.com'))).toBeUndefined()
  })

  test.each([
    ['GROUP', 'Audi\u200btors'],
    ['GROUP', 'Audi\u00adtors'],
    ['GROUP', 'n'.repeat(1025)],
    ['USER', 'ana\u202e@example.com'],
    ['USER', 'ana ruiz'],
    ['USER', 'n'.repeat(129)],
  ] as const)(
    'no %s can be called %j: it is nobody, and AWS, which refuses the name, is not asked',
    async (type, none) => {
      expect(await identityStore.findPrincipalId(type, name(none))).toBeUndefined()
      const asked = type === 'GROUP' ? world.identityStore.getGroupId(none) : world.identityStore.getUserId(none)
      await expect(asked).rejects.toMatchObject({ code: 'ValidationException' })
    },
  )

  test('a user is enabled until somebody disables it, and gone once it is deleted', async () => {
    const id = principalIdIn(world, 'USER', 'ana@example.com')
    expect(await identityStore.findUser(id)).toMatchObject({ name: 'ana@example.com', isDisabled: false })
    await world.identityStore.setUserStatus(id, 'DISABLED')
    expect(await identityStore.findUser(id)).toMatchObject({ name: 'ana@example.com', isDisabled: true })
    await world.identityStore.deleteUser(id)
    expect(await identityStore.findUser(id)).toBeUndefined()
  })

  test('a listing tells which users are disabled, and when users were created', async () => {
    await world.identityStore.setUserStatus(principalIdIn(world, 'USER', 'ana@example.com'), 'DISABLED')
    const users = await Array.fromAsync(listAll((token) => identityStore.listPrincipals('USER', token)))
    const disabled = users.filter(({ isDisabled }) => isDisabled)
    expect(disabled.map(({ name: known }) => known)).toEqual(['ana@example.com'])
    for (const { createdAt } of users) expect(createdAt?.getTime()).toBeGreaterThan(Date.parse('2020-01-01T00:00:00Z'))
  })

  test('a user is listed with the display name', async () => {
    const id = principalIdIn(world, 'USER', 'ana@example.com')
    await world.identityStore.updateUser(id, [{ path: 'displayName', value: 'Ana Silva' }])
    const users = await Array.fromAsync(listAll((token) => identityStore.listPrincipals('USER', token)))
    expect(users.find((user) => user.id === id)).toMatchObject({ displayName: 'Ana Silva' })
  })

  test('a person has the attributes that rules ask for, of the user and of the extension for enterprises', async () => {
    const id = principalIdIn(world, 'USER', 'ana@example.com')
    expect(await identityStore.findUser(id)).toMatchObject({
      id,
      name: 'ana@example.com',
      isDisabled: false,
      attributes: {},
    })
    const enterprise = 'aws:identitystore:enterprise'
    await world.identityStore.updateUser(id, [
      { path: 'title', value: 'Engineer' },
      { path: `${enterprise}.department`, value: 'Research' },
      { path: `${enterprise}.employeeNumber`, value: 4711 },
      { path: `${enterprise}.manager.value`, value: 'bo' },
      { path: `${enterprise}.division`, value: ['a', 'b'] },
    ])
    const attributes = {
      title: 'Engineer',
      department: 'Research',
      employeeNumber: '4711',
      manager: 'bo',
      division: null,
    }
    expect(await identityStore.findUser(id)).toMatchObject({ attributes })
    const people = await Array.fromAsync(listAll((token) => identityStore.listPeople(token)))
    // The hourly comparison takes one for the other.
    expect(people.find((one) => one.id === id)).toEqual(await identityStore.findUser(id))
    await world.identityStore.updateUser(id, [{ path: `${enterprise}.department` }])
    expect((await identityStore.findUser(id))?.attributes).not.toHaveProperty('department')
    expect(await identityStore.findUser(nobody)).toBeUndefined()
  })

  test.each(['salary', 'aws:identitystore:enterprise.salary', 'aws:identitystore:other.department'])(
    'the attribute path %s, which does not exist, is refused',
    async (path) => {
      const id = principalIdIn(world, 'USER', 'ana@example.com')
      await expect(world.identityStore.updateUser(id, [{ path, value: 'x' }])).rejects.toMatchObject({
        code: 'ValidationException',
      })
    },
  )

  test('a group is no user, and a user no group', async () => {
    expect(await identityStore.findPrincipalId('USER', name('Auditors'))).toBeUndefined()
    expect(
      await identityStore.findPrincipalName('GROUP', principalIdIn(world, 'USER', 'bo@example.com')),
    ).toBeUndefined()
  })

  test('an id that does not exist has no name', async () => {
    expect(await identityStore.findPrincipalName('GROUP', nobody)).toBeUndefined()
    expect(await identityStore.findPrincipalName('USER', nobody)).toBeUndefined()
  })

  test('a renamed group is found under its new name only, with its id', async () => {
    const id = principalIdIn(world, 'GROUP', 'Operators')
    await world.identityStore.updateGroup(id, [{ path: 'displayName', value: 'Cloud Operators' }])
    expect(await identityStore.findPrincipalId('GROUP', name('Cloud Operators'))).toBe(id)
    expect(await identityStore.findPrincipalId('GROUP', name('Operators'))).toBeUndefined()
    expect(await identityStore.findPrincipalName('GROUP', id)).toBe('Cloud Operators')
  })

  test('all groups and all users are listed with their names', async () => {
    const groups = await Array.fromAsync(listAll((token) => identityStore.listPrincipals('GROUP', token)))
    const users = await Array.fromAsync(listAll((token) => identityStore.listPrincipals('USER', token)))
    expect(groups.map((one) => one.name).sort()).toEqual([...smallOrganization.groups].sort())
    expect(users.map((one) => one.name).sort()).toEqual([...smallOrganization.users].sort())
    expect(groups.every(({ id, name: known }) => id === principalIdIn(world, 'GROUP', known))).toBe(true)
  })

  test('a listing goes on after a hundred', async () => {
    for (let index = 0; index < 100; index++) {
      const id = principalId.parse(`00000000-0000-4000-8000-${String(index).padStart(12, '0')}`)
      world.identityStore.addPrincipal('GROUP', id, `group ${index}`)
    }
    const first = await identityStore.listPrincipals('GROUP')
    expect(first.items).toHaveLength(100)
    const second = await identityStore.listPrincipals('GROUP', first.nextToken)
    expect(second.items).toHaveLength(3)
    expect(second.nextToken).toBeUndefined()
  })

  test('the groups of a user are listed, all pages; of someone in none there are none', async () => {
    const ana = principalIdIn(world, 'USER', 'ana@example.com')
    const groups: string[] = []
    for (let index = 0; index < 101; index++) {
      const id = principalId.parse(`00000000-0000-4000-8000-${String(index).padStart(12, '0')}`)
      world.identityStore.addPrincipal('GROUP', id, `group ${index}`)
      await world.identityStore.createGroupMembership(id, ana)
      await world.clock.advance(60)
      groups.push(id)
    }
    const listed = await Array.fromAsync(listAll((token) => identityStore.listGroupsOf(ana, token)))
    expect([...listed].sort()).toEqual(groups.sort())
    expect((await identityStore.listGroupsOf(ana)).items).toHaveLength(100)
    const bo = principalIdIn(world, 'USER', 'bo@example.com')
    expect(await identityStore.listGroupsOf(bo)).toEqual({ items: [], nextToken: undefined })
  })

  test('the groups of nobody cannot be listed', async () => {
    await expect(identityStore.listGroupsOf(nobody)).rejects.toMatchObject({ code: 'ResourceNotFoundException' })
  })

  test('the members of a group are listed, all pages; of a group without members there are none', async () => {
    const auditors = principalIdIn(world, 'GROUP', 'Auditors')
    const users: string[] = []
    for (let index = 0; index < 101; index++) {
      const id = principalId.parse(`00000000-0000-4000-8000-${String(index).padStart(12, '0')}`)
      world.identityStore.addPrincipal('USER', id, `user-${index}`)
      await world.identityStore.createGroupMembership(auditors, id)
      await world.clock.advance(60)
      users.push(id)
    }
    const listed = await Array.fromAsync(listAll((token) => identityStore.listMembersOf(auditors, token)))
    expect([...listed].sort()).toEqual(users.sort())
    expect((await identityStore.listMembersOf(auditors)).items).toHaveLength(100)
    const operators = principalIdIn(world, 'GROUP', 'Operators')
    expect(await identityStore.listMembersOf(operators)).toEqual({ items: [], nextToken: undefined })
  })

  test('the members of a group that does not exist cannot be listed', async () => {
    await expect(identityStore.listMembersOf(nobody)).rejects.toMatchObject({ code: 'ResourceNotFoundException' })
  })

  test('listings of members that come too fast are throttled', async () => {
    const auditors = principalIdIn(world, 'GROUP', 'Auditors')
    const calls = Array.from({ length: 40 }, () => identityStore.listMembersOf(auditors))
    const results = await Promise.allSettled(calls)
    const refused = results.filter((result) => result.status === 'rejected')
    expect(refused.length).toBeGreaterThan(0)
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'ThrottlingException' })
  })

  test('a group without a name is not listed', async () => {
    await world.identityStore.createGroup({ description: 'nameless' })
    expect((await identityStore.listPrincipals('GROUP')).items).toHaveLength(smallOrganization.groups.length)
  })
})

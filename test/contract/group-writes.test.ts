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
} from './identity-center-world.ts'

const nobody = principalId.parse('00000000-0000-4000-8000-000000000000')
const oncall = principalName.parse('oncall')
const notFound = { service: 'identitystore', code: 'ResourceNotFoundException' }
const conflict = { service: 'identitystore', code: 'ConflictException' }

describe.each(adapters)('groups and memberships on $adapter', ({ openPorts }) => {
  let world: IdentityCenterWorld
  let ports: IdentityCenterPorts
  let identityStore: IdentityStore

  beforeEach(async () => {
    world = openWorld()
    ports = await openPorts(world)
    identityStore = ports.identityStore
  })
  afterEach(() => ports.close())

  const ana = () => principalId.parse(principalIdIn(world, 'USER', 'ana@example.com'))

  test('a group is made with a description, changed, and deleted', async () => {
    const id = await identityStore.createGroup({ displayName: oncall, description: 'who is called' })
    expect(await identityStore.findPrincipalId('GROUP', oncall)).toBe(id)
    expect(await identityStore.findGroup(id)).toEqual({ name: oncall, description: 'who is called', isExternal: false })
    await identityStore.updateGroupDescription(id, 'who is called at night')
    expect(await identityStore.findGroup(id)).toMatchObject({ description: 'who is called at night' })
    await identityStore.updateGroupDescription(id, undefined)
    expect(await identityStore.findGroup(id)).toEqual({ name: oncall, isExternal: false })
    await identityStore.deleteGroup(id)
    expect(await identityStore.findGroup(id)).toBeUndefined()
    await expect(identityStore.deleteGroup(id)).rejects.toMatchObject(notFound)
  })

  test('a second group of a name is refused, and so is a reserved name', async () => {
    await identityStore.createGroup({ displayName: oncall })
    await expect(identityStore.createGroup({ displayName: oncall })).rejects.toMatchObject(conflict)
    const reserved = principalName.parse('AWSAdministrators')
    await expect(identityStore.createGroup({ displayName: reserved })).rejects.toMatchObject({
      code: 'ValidationException',
    })
  })

  test('a user is put into a group once, and taken out by the id of the membership', async () => {
    const id = await identityStore.createGroup({ displayName: oncall })
    expect(await identityStore.getGroupMembershipId(id, ana())).toBeUndefined()
    const membership = await identityStore.createGroupMembership(id, ana())
    expect(await identityStore.getGroupMembershipId(id, ana())).toBe(membership)
    await expect(identityStore.createGroupMembership(id, ana())).rejects.toMatchObject(conflict)
    await identityStore.deleteGroupMembership(membership)
    expect(await Array.fromAsync(listAll((token) => identityStore.listMembersOf(id, token)))).toEqual([])
    await expect(identityStore.deleteGroupMembership(membership)).rejects.toMatchObject(notFound)
  })

  test('a group is no member of a group, and what does not exist is refused', async () => {
    const id = await identityStore.createGroup({ displayName: oncall })
    const other = await identityStore.createGroup({ displayName: principalName.parse('other') })
    await expect(identityStore.createGroupMembership(id, other)).rejects.toMatchObject(notFound)
    await expect(identityStore.createGroupMembership(id, nobody)).rejects.toMatchObject(notFound)
    await expect(identityStore.createGroupMembership(nobody, ana())).rejects.toMatchObject(notFound)
    expect(await identityStore.getGroupMembershipId(nobody, ana())).toBeUndefined()
  })

  test('a group that a provider keeps is external', async () => {
    const id = principalId.parse(principalIdIn(world, 'GROUP', 'Auditors'))
    expect(await identityStore.findGroup(id)).toMatchObject({ isExternal: false })
    world.identityStore.setExternalId(id, { issuer: 'https://scim.aws.com/x', id: '1' })
    expect(await identityStore.findGroup(id)).toMatchObject({ isExternal: true })
  })
})

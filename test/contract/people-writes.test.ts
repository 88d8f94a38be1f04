import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { principalId } from '../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../shared/domain/principals/principal.ts'
import type { IdentityStore } from '../../shared/ports/identity-store.ts'
import {
  adapters,
  type IdentityCenterPorts,
  type IdentityCenterWorld,
  openWorld,
  principalIdIn,
} from './identity-center-world.ts'

const zoe = principalName.parse('zoe@acme.example')
const names = { displayName: 'Zoe Ito', givenName: 'Zoe', familyName: 'Ito' }
const full = {
  ...names,
  email: 'zoe@acme.example',
  title: 'CTO',
  department: 'Web',
  userType: 'employee',
  manager: 'ana',
}
const taken = { code: 'ConflictException' }
const nobody = principalId.parse('00000000-0000-4000-8000-000000000000')

describe.each(adapters)('users that are written, on $adapter', ({ openPorts }) => {
  let world: IdentityCenterWorld
  let ports: IdentityCenterPorts
  let identityStore: IdentityStore

  beforeEach(async () => {
    world = openWorld()
    ports = await openPorts(world)
    identityStore = ports.identityStore
  })
  afterEach(() => ports.close())

  test('a user is made with all that is said, and each part is changed and taken away by itself', async () => {
    const id = await identityStore.createPerson(zoe, full)
    expect(await identityStore.findUser(id)).toMatchObject({ name: zoe, isExternal: false, profile: full })
    await identityStore.updatePerson(id, {
      email: 'ito@acme.example',
      title: undefined,
      manager: 'ben',
      department: 'Ops',
    })
    const { title: _, ...rest } = full
    const profile = { ...rest, email: 'ito@acme.example', manager: 'ben', department: 'Ops' }
    expect((await identityStore.findUser(id))?.profile).toEqual(profile)
    await identityStore.updatePerson(id, {
      email: undefined,
      manager: undefined,
      department: undefined,
      userType: undefined,
    })
    expect((await identityStore.findUser(id))?.profile).toEqual(names)
  })

  test('a name is given once, and who is not there is neither changed nor deleted', async () => {
    const id = await identityStore.createPerson(zoe, names)
    await expect(identityStore.createPerson(zoe, names)).rejects.toMatchObject({ code: 'ConflictException' })
    await identityStore.deleteUser(id)
    expect(await identityStore.findUser(id)).toBeUndefined()
    await expect(identityStore.deleteUser(id)).rejects.toMatchObject({ code: 'ResourceNotFoundException' })
    await expect(identityStore.updatePerson(nobody, { title: 'x' })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    })
  })

  test('an e-mail address is found, and is given once', async () => {
    const id = await identityStore.createPerson(zoe, full)
    expect(await identityStore.findUserByEmail(full.email)).toBe(id)
    expect(await identityStore.findUserByEmail('nobody@acme.example')).toBeUndefined()
    const other = principalName.parse('zoe.ito@acme.example')
    const email = full.email.toUpperCase()
    await expect(identityStore.createPerson(other, { ...names, email })).rejects.toMatchObject(taken)
    const made = await identityStore.createPerson(other, names)
    await expect(identityStore.updatePerson(made, { email })).rejects.toMatchObject(taken)
    await identityStore.deleteUser(id)
    await identityStore.updatePerson(made, { email })
    expect(await identityStore.findUserByEmail(email)).toBe(made)
  })

  test('the id that a provider gave is given once', async () => {
    const externalId = { issuer: 'https://scim.aws.com/abc', id: 'x' }
    const [one, other] = [await identityStore.createPerson(zoe, names), principalIdIn(world, 'USER', 'ana@example.com')]
    world.identityStore.setExternalIdOfUser(one, externalId)
    expect(() => world.identityStore.setExternalIdOfUser(other, externalId)).toThrow('Duplicate ExternalId')
  })

  test('whom a provider keeps is told by the issuer of the external id', async () => {
    const id = await identityStore.createPerson(zoe, names)
    world.identityStore.setExternalIdOfUser(id, { issuer: 'https://scim.aws.com/abc', id: 'x' })
    expect((await identityStore.findUser(id))?.isExternal).toBe(true)
    const { items } = await identityStore.listPrincipals('USER')
    expect(items.filter(({ issuer }) => issuer !== undefined)).toMatchObject([
      { name: zoe, issuer: 'https://scim.aws.com/abc' },
    ])
  })

  test.each(['active', 'nonsense', 'userStatus'])('an attribute that does not exist is refused: %s', async (path) => {
    const id = await identityStore.createPerson(zoe, names)
    await expect(world.identityStore.updateUser(id, [{ path, value: 'false' }])).rejects.toMatchObject({
      code: 'ValidationException',
    })
  })
})

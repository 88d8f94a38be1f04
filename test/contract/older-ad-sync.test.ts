import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { principalId } from '../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../shared/domain/principals/principal.ts'
import { lacksMemberships } from '../../shared/ports/older-ad-sync.ts'
import {
  adapters,
  type IdentityCenterPorts,
  type IdentityCenterWorld,
  openWorld,
  principalIdIn,
} from './identity-center-world.ts'

const nobody = principalId.parse('00000000-0000-4000-8000-000000000000')
const names = { GROUP: 'Auditors', USER: 'ana@example.com' } as const

describe.each(adapters)('an identity store whose source is the older AD sync, on $adapter', ({ openPorts }) => {
  const calls: string[] = []
  let world: IdentityCenterWorld
  let ports: IdentityCenterPorts

  beforeEach(async () => {
    calls.splice(0)
    world = openWorld({ identityStore: { hasOlderAdSync: true, onCall: (operation) => calls.push(operation) } })
    ports = await openPorts(world)
  })
  afterEach(() => ports.close())

  test.each(['GROUP', 'USER'] as const)('finds a %s by a filter, and is recognised once', async (type) => {
    const { identityStore } = ports
    const name = principalName.parse(names[type])
    expect(await identityStore.findPrincipalId(type, name)).toBe(principalIdIn(world, type, name))
    expect(await identityStore.findPrincipalId(type, principalName.parse(name.toUpperCase()))).toBeUndefined()
    expect(await identityStore.findPrincipalId(type, principalName.parse('nobody'))).toBeUndefined()
    const [asked, listed] = type === 'GROUP' ? ['GetGroupId', 'ListGroups'] : ['GetUserId', 'ListUsers']
    expect(calls).toEqual([asked, listed, listed, listed])
  })

  test('believes that a group is gone only if no listing has it', async () => {
    const { identityStore } = ports
    const auditors = principalIdIn(world, 'GROUP', 'Auditors')
    world.identityStore.doNotDescribe(auditors)
    expect(await identityStore.findPrincipalName('GROUP', auditors)).toBe('Auditors')
    expect(await identityStore.findGroup(auditors)).toMatchObject({ name: 'Auditors', isExternal: false })
    await world.identityStore.deleteGroup(auditors)
    expect(await identityStore.findPrincipalName('GROUP', auditors)).toBeUndefined()
    expect(await identityStore.findPrincipalName('USER', nobody)).toBeUndefined()
  })

  test('says that it does not tell memberships, rather than that nobody is a member', async () => {
    const { identityStore } = ports
    const auditors = principalIdIn(world, 'GROUP', 'Auditors')
    for (const listing of [identityStore.listMembersOf(auditors), identityStore.listGroupsOf(nobody)]) {
      const error: unknown = await listing.then(
        () => 'an answer',
        (refusal: unknown) => refusal,
      )
      expect(lacksMemberships(error)).toBe(true)
      expect(error).toMatchObject({ message: expect.stringContaining('older AD sync') })
    }
  })
})

test.each(adapters)(
  'any other identity store proves by one answer that a group is gone, on $adapter',
  async ({ openPorts }) => {
    const calls: string[] = []
    const world = openWorld({ identityStore: { onCall: (operation) => calls.push(operation) } })
    const ports = await openPorts(world)
    try {
      await ports.identityStore.findPrincipalId('GROUP', principalName.parse('Auditors'))
      expect(await ports.identityStore.findGroup(nobody)).toBeUndefined()
      expect(calls).toEqual(['GetGroupId', 'DescribeGroup'])
    } finally {
      await ports.close()
    }
  },
)

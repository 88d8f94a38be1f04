import { expect, test } from '@jest/globals'
import { concurrentModification, ServiceError } from '../../../../shared/ports/service-error.ts'
import { Grouping, kenji } from './grouping.ts'

const file = 'groups/oncall.json'
const member = `memberships/oncall%${kenji}%ssofile`

/** The group oncall was there before its file. */
async function beginAdopted(): Promise<Grouping> {
  const grouping = new Grouping()
  await grouping.world.identityStore.createGroup({ displayName: 'oncall' })
  await grouping.put(file)
  await grouping.until(file, 'applied')
  return grouping
}

test('a file makes a group, changes its description, and deleting the file deletes the group', async () => {
  const grouping = await Grouping.begin()
  const id = grouping.id('GROUP', 'oncall')
  const { identityStore } = grouping.world
  expect(await identityStore.findGroup(id)).toMatchObject({ description: 'who is called' })
  await grouping.world.clock.advance(1_000)
  await grouping.put(file, { description: 'who is called at night' })
  await grouping.world.until(
    async () => (await identityStore.findGroup(id))?.description === 'who is called at night',
    'the description',
  )
  await grouping.world.clock.advance(1_000)
  await grouping.delete(file)
  await grouping.until(file, undefined)
  expect(identityStore.idOf('GROUP', 'oncall')).toBeUndefined()
  expect(await grouping.changes()).toEqual(['group-created', 'group-changed', 'group-deleted'])
  expect(await grouping.world.keys('owned_groups/')).toEqual([])
})

test('a group that others made is adopted, keeps its members, and is given up when the file is deleted', async () => {
  const grouping = new Grouping()
  const { identityStore } = grouping.world
  const id = await identityStore.createGroup({ displayName: 'oncall', description: 'theirs' })
  await identityStore.createGroupMembership(id, grouping.id('USER', kenji))
  await grouping.put(file)
  await grouping.until(file, 'applied')
  expect(await grouping.status(file)).toMatchObject({ owned: false })
  expect(await identityStore.findGroup(grouping.id('GROUP', 'oncall'))).toMatchObject({ description: 'theirs' })
  await grouping.delete(file)
  await grouping.until(file, undefined)
  expect(identityStore.idOf('GROUP', 'oncall')).toBe(id)
  expect(grouping.groupsOf()).toContain('oncall')
  expect(await grouping.changes()).toEqual(['group-adopted', 'group-given-up'])
})

test.each(['createGroup', 'createGroupMembership', 'createPerson'])(
  '%s is repeated when another request was changing the same thing',
  async (creation) => {
    const grouping = new Grouping({ directory: 'identity-center' })
    let refused = 0
    grouping.answer = async ({ operation, proceed }) => {
      if (operation !== creation || refused++ > 0) return proceed()
      throw new ServiceError('identitystore', concurrentModification, 'Another request changes it.')
    }
    const names = { displayName: 'Ana Ruiz', givenName: 'Ana', familyName: 'Ruiz' }
    await grouping.put(file)
    await grouping.put(member)
    await grouping.put('people/ana.ruiz@acme.example.json', names)
    for (const key of [file, member, 'people/ana.ruiz@acme.example.json']) await grouping.until(key, 'applied')
    expect(refused).toBe(2)
    expect(await grouping.status(member)).not.toHaveProperty('owned')
    expect(grouping.world.errors).toEqual([])
  },
)

test('a name that the directory refuses as a duplicate, without finding such a group, is told, and tried again', async () => {
  const grouping = new Grouping()
  let isRefused = true
  grouping.answer = async ({ operation, proceed }) => {
    if (operation !== 'createGroup' || !isRefused) return proceed()
    throw new ServiceError('identitystore', 'ConflictException', 'Duplicate GroupDisplayName')
  }
  await grouping.put(file)
  await grouping.until(file, 'rejected')
  expect((await grouping.status(file))?.reason).toContain('refuses the name as a duplicate')
  isRefused = false
  for (let minute = 0; minute < 7; minute++) {
    await grouping.world.clock.advance(60_000)
    await grouping.world.finish(grouping.world.everyMinute())
  }
  await grouping.until(file, 'applied')
  expect(grouping.world.errors).toEqual([])
})

test('a name with a letter that AWS does not know yet is rejected with what the directory says, and leaves nothing when the file is gone', async () => {
  const grouping = new Grouping()
  grouping.answer = async ({ operation, proceed }) => {
    if (operation !== 'createGroup') return proceed()
    throw new ServiceError(
      'identitystore',
      'ValidationException',
      "Value at 'displayName' failed to satisfy constraint",
    )
  }
  await grouping.put(file)
  await grouping.until(file, 'rejected')
  expect((await grouping.status(file))?.reason).toContain("Value at 'displayName' failed to satisfy constraint")
  await grouping.delete(file)
  await grouping.until(file, undefined)
  // For five minutes a call that was not answered may still make the group.
  await grouping.world.clock.advance(5 * 60_000)
  await grouping.world.finish(grouping.world.everyMinute())
  await grouping.world.clock.advance(10_000)
  expect(await grouping.world.keys('owned_groups/')).toEqual([])
  expect(grouping.world.errors).toEqual([])
})

test('a group that a provider keeps is rejected, and nothing is written there', async () => {
  const grouping = new Grouping()
  const { identityStore } = grouping.world
  const id = await identityStore.createGroup({ displayName: 'oncall' })
  identityStore.setExternalId(id, { issuer: 'https://scim.aws.com/x', id: '1' })
  await grouping.put(file, { description: 'ours' })
  await grouping.until(file, 'rejected')
  expect(await grouping.status(file)).toMatchObject({ reason: expect.stringContaining('ExternalIds') })
  expect(await grouping.changes()).toEqual([])
})

test('a group to which something refers is blocked until the last of it is gone', async () => {
  const grouping = await Grouping.begin()
  const link = 'links_data/root%all%Nothing-ps%oncall%GROUP%ssofile'
  await grouping.put(member)
  await grouping.put(link)
  await grouping.until(member, 'applied')
  await grouping.delete(file)
  await grouping.until(file, 'blocked')
  expect(await grouping.status(file)).toMatchObject({ reason: expect.stringContaining(member) })
  await grouping.delete(link)
  await grouping.delete(member)
  await grouping.until(file, undefined)
  expect(grouping.world.identityStore.idOf('GROUP', 'oncall')).toBeUndefined()
})

test('a group into which others have put somebody is not deleted', async () => {
  const grouping = await Grouping.begin()
  const { identityStore } = grouping.world
  await identityStore.createGroupMembership(grouping.id('GROUP', 'oncall'), grouping.id('USER', kenji))
  await grouping.delete(file)
  await grouping.until(file, 'blocked')
  expect(await grouping.status(file)).toMatchObject({ reason: expect.stringContaining('somebody else') })
})

test('a group whose file comes back just before it would be deleted stays the same group', async () => {
  const grouping = await Grouping.begin()
  const id = grouping.id('GROUP', 'oncall')
  grouping.answer = async ({ operation, proceed }) => {
    // The last look before the deletion.
    if (operation === 'listMembersOf') await grouping.put(file, { description: 'back' })
    return proceed()
  }
  await grouping.delete(file)
  await grouping.until(file, 'applied')
  await grouping.world.clock.advance(10 * 60_000)
  expect(grouping.id('GROUP', 'oncall')).toBe(id)
  expect(await grouping.changes()).not.toContain('group-deleted')
})

test('a group that somebody deleted by hand is made again, with its members', async () => {
  const grouping = await Grouping.begin()
  await grouping.put(member)
  await grouping.until(member, 'applied')
  const { identityStore } = grouping.world
  const before = grouping.id('GROUP', 'oncall')
  await identityStore.deleteGroup(before)
  await grouping.world.finish(grouping.world.everyHour())
  await grouping.world.until(() => grouping.groupsOf().includes('oncall'), 'the membership')
  await grouping.until(member, 'applied')
  expect(grouping.id('GROUP', 'oncall')).not.toBe(before)
  expect(await grouping.owned()).toEqual([expect.stringContaining(grouping.id('GROUP', 'oncall'))])
})

test.each([
  ['that ssofile made', () => Grouping.begin()],
  ['that ssofile had adopted', beginAdopted],
])(
  'a group %s and somebody made again by hand is adopted: it stays as it is when the file is deleted',
  async (_, begin) => {
    const grouping = await begin()
    const { identityStore } = grouping.world
    await identityStore.deleteGroup(grouping.id('GROUP', 'oncall'))
    const theirs = await identityStore.createGroup({ displayName: 'oncall', description: 'who is called' })
    await grouping.world.finish(grouping.world.everyHour())
    await grouping.world.until(async () => (await grouping.status(file))?.principalId === theirs, 'the new id')
    expect(await grouping.status(file)).toMatchObject({ state: 'applied', owned: false })
    await grouping.delete(file)
    await grouping.until(file, undefined)
    expect(identityStore.idOf('GROUP', 'oncall')).toBe(theirs)
    expect((await grouping.changes()).slice(1)).toEqual(['group-deleted', 'group-adopted', 'group-given-up'])
  },
)

test('a group that somebody renamed is told, and its members stay', async () => {
  const grouping = await Grouping.begin()
  await grouping.put(member)
  await grouping.until(member, 'applied')
  const { identityStore } = grouping.world
  const id = grouping.id('GROUP', 'oncall')
  await identityStore.updateGroup(id, [{ path: 'displayName', value: 'other' }])
  await grouping.world.finish(grouping.world.everyHour())
  await grouping.until(file, 'failed')
  expect(await grouping.status(file)).toMatchObject({ remedy: expect.stringContaining(id) })
  expect(grouping.groupsOf()).toContain('other')
})

test.each([
  { body: { description: 'who is called at night' }, does: 'finds it again by its description' },
  { body: {}, does: 'adopts it without a description: somebody else may have made it' },
])('a process that dies after the group is made $does', async ({ body }) => {
  const grouping = new Grouping()
  let deaths = 0
  grouping.answer = async ({ port, operation, proceed }) => {
    const answer = await proceed()
    if (port === 'identityStore' && operation === 'createGroup' && deaths++ < 1) throw new Error('it dies')
    return answer
  }
  await grouping.put(file, body)
  await grouping.until(file, 'applied')
  expect(deaths).toBe(1)
  expect((await grouping.status(file))?.owned).toBe('description' in body ? undefined : false)
})

test.each(['groups/a/b.json', 'groups/oncall', 'groups/AWSAdministrators.json', 'groups/.json'])(
  'the key %s is rejected',
  async (key) => {
    const grouping = new Grouping()
    await grouping.put(key)
    await grouping.until(key, 'rejected')
  },
)

test('a file that is not valid changes nothing', async () => {
  const grouping = await Grouping.begin()
  await grouping.put(file, { descripton: 'a misspelt field' })
  await grouping.until(file, 'rejected')
  expect(await grouping.changes()).toEqual(['group-created'])
})

test('nobody comes into a renamed group by a file, its members leave as before, and a file counts when it is renamed back', async () => {
  const grouping = await Grouping.begin()
  const { world } = grouping
  const { identityStore } = world
  await identityStore.createUser({ userName: 'ama@acme.example' })
  const other = member.replace(kenji, 'ama@acme.example')
  await grouping.put(member)
  await grouping.until(member, 'applied')
  const rename = async (value: string) => {
    await identityStore.updateGroup(grouping.id('GROUP', value === 'oncall' ? 'prod-admins' : 'oncall'), [
      { path: 'displayName', value },
    ])
    await world.clock.advance(61_000)
    await world.finish(world.everyHour())
    await world.clock.advance(10_000)
  }
  await rename('prod-admins')
  await grouping.put(other)
  await grouping.until(other, 'waiting')
  expect(await grouping.status(other)).toMatchObject({
    reason: "somebody renamed group 'oncall' to 'prod-admins', and ssofile puts nobody into it under that name",
  })
  expect(grouping.groupsOf('ama@acme.example')).toEqual([])
  expect((await grouping.status(member))?.state).toBe('applied')
  await grouping.delete(member)
  await grouping.until(member, undefined)
  expect(grouping.groupsOf()).not.toContain('prod-admins')
  await rename('oncall')
  await grouping.until(other, 'applied')
  expect(grouping.groupsOf('ama@acme.example')).toEqual(['oncall'])
})

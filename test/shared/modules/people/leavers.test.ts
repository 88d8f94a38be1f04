import { expect, test } from '@jest/globals'
import { followLeavers } from '../../../../shared/modules/people/follow-directory.ts'
import { Grouping, kenji } from './grouping.ts'

const membership = `memberships/oncall%${kenji}%ssofile`

async function joined(): Promise<Grouping> {
  const grouping = await Grouping.begin()
  await grouping.put(membership)
  await grouping.until(membership, 'applied')
  return grouping
}

async function told({ world }: Grouping): Promise<readonly string[]> {
  return (await world.keys('changes/')).flatMap((key) => /%(person-[a-z]+%.*)$/.exec(key)?.[1] ?? [])
}

const hour = ({ world }: Grouping) => world.finish(world.everyHour())

test('a user who is disabled in the directory, and enabled again, is told once each', async () => {
  const grouping = await joined()
  const { world } = grouping
  const id = grouping.id('USER', kenji)
  await hour(grouping)
  expect(await told(grouping)).toEqual([])
  for (const status of ['DISABLED', 'ENABLED'] as const) {
    world.identityStore.setUserStatus(id, status)
    await world.clock.advance(120_000)
    await hour(grouping)
    await hour(grouping)
  }
  expect(await told(grouping)).toEqual([`person-left%${kenji}`, `person-back%${kenji}`])
  expect((await world.keys(`history/leavers/${id}/`)).length).toBe(2)
})

test('a user who is deleted is told to have left, also where but no event arrived', async () => {
  const grouping = await joined()
  const { world } = grouping
  await world.identityStore.deleteUser(grouping.id('USER', kenji))
  await world.clock.advance(3_600_000)
  await hour(grouping)
  expect((await told(grouping)).map((one) => one.split('%')[0])).toEqual(['person-left'])
})

test('a user of whom the bucket knows nothing is not told', async () => {
  const grouping = await Grouping.begin()
  const { world } = grouping
  world.identityStore.setUserStatus(grouping.id('USER', kenji), 'DISABLED')
  await world.clock.advance(120_000)
  await hour(grouping)
  expect(await told(grouping)).toEqual([])
})

test('two events about one change, followed at one time, tell it once', async () => {
  const grouping = await joined()
  const { world } = grouping
  const id = grouping.id('USER', kenji)
  world.identityStore.setUserStatus(id, 'DISABLED')
  const follow = () => followLeavers(world.ports, world.configuration, new Set([id]))
  await world.finish(Promise.all([follow(), follow()]))
  expect(await told(grouping)).toEqual([`person-left%${kenji}`])
})

test('with a stored listing, only users who seem to differ are asked for, and the directory decides', async () => {
  const grouping = await joined()
  const { objects, clock, identityStore } = grouping.world
  const id = grouping.id('USER', kenji)
  const list = async (isDisabled: boolean) => {
    const people = [{ id, name: kenji, isDisabled, attributes: {} }]
    const complete = { id: 'a', beganAt: clock.now().toISOString(), parts: ['b'] }
    await objects.put('state/directory/a/b.json', JSON.stringify({ v: 1, people }))
    await objects.put('state/directory.json', JSON.stringify({ v: 1, complete }))
    await clock.advance(60_000)
    await grouping.world.finish(followLeavers(grouping.world.ports, grouping.world.configuration, 'all'))
    return told(grouping)
  }
  expect(await list(true)).toEqual([])
  identityStore.setUserStatus(id, 'DISABLED')
  expect(await list(false)).toEqual([])
  expect(await list(true)).toEqual([`person-left%${kenji}`])
})

test.each([
  ['is suspended', (grouping: Grouping) => grouping.put(`suspended/${kenji}`), `suspended/${kenji}`],
  [
    'is disabled',
    async (grouping: Grouping) => grouping.world.identityStore.setUserStatus(grouping.id('USER', kenji), 'DISABLED'),
    `the directory, where ${kenji} is disabled or gone`,
  ],
  [
    'is deleted',
    (grouping: Grouping) => grouping.world.identityStore.deleteUser(grouping.id('USER', kenji)),
    `the directory, where ${kenji} is disabled or gone`,
  ],
])('sessions of what a group gave to who %s are denied', async (_, end, by) => {
  const grouping = await joined()
  const { world } = grouping
  const link = 'links_data/account%233000000002%Support-ps%oncall%GROUP%ssofile'
  await grouping.put('permission_sets/Support-ps.json', { permissionSetName: 'Support-ps' })
  await grouping.put(link)
  await grouping.until(link, 'applied')
  const user = grouping.id('USER', kenji)
  await end(grouping)
  await world.clock.advance(60_000)
  await hour(grouping)
  await world.until(async () => (await grouping.owned()).length === 0, 'the end of the membership')
  const denied = async () => ((await world.json('control/ended-sessions.json'))?.ended ?? []) as readonly object[]
  for (let minute = 0; minute < 5 && (await denied()).length === 0; minute++) {
    await world.clock.advance(60_000)
    await world.finish(world.everyMinuteOfLinks())
  }
  expect(await denied()).toMatchObject([{ user, name: kenji, permissionSet: 'Support-ps', by }])
})

import { expect, test } from '@jest/globals'
import { configuration } from '../../../../shared/domain/deployment/configuration.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import type { World } from '../../../world.ts'
import { accounts, held, linkOf, listsOf, openBraked, settled } from '../../reconcile/brake/braked-world.ts'
import { Grouping, kenji } from './grouping.ts'

const users = ['ann', 'bob', 'cid']
const ofOu = (user: string) => `links_data/ou_id%ou-tiny-movedout%ReadOnly-ps%${user}%USER%ssofile`

/** An account has moved, and the brake holds the access of two people in it. All are in a group that keeps its access. */
async function openHeld(): Promise<{ readonly world: World; readonly victim: string; readonly other: string }> {
  const limits = { indirect: { count: 1, percent: 0 } }
  const world = await openBraked(['crew'], [...users.map(ofOu), linkOf('crew', 1)], { users, ...limits })
  await world.organizations.moveAccount(accountId.parse('200000000000'), 'ou-tiny-movedout', 'r-tiny')
  await world.finish(world.everyHour())
  await settled(world)
  expect(await listsOf(world)).toMatchObject([{ rule: 'indirect', cause: 'account' }])
  const [victim = '', other = ''] = users.filter((user) => access(world).includes(user))
  return { world, victim, other }
}

const access = ({ ssoAdmin, identityStore }: World) =>
  ssoAdmin.assignments().map(({ principalId }) => identityStore.nameOf('USER', principalId))

async function minutes(world: World, count: number): Promise<void> {
  for (let minute = 0; minute < count; minute++) {
    await world.clock.advance(61_000)
    await settled(world)
    await world.finish(world.everyMinuteOfLinks())
  }
}

test('a suspended person loses access that the brake holds for an account, and the suspension goes on', async () => {
  const { world, victim, other } = await openHeld()
  await world.objects.put(`suspended/${victim}`, '')
  await minutes(world, 3)
  expect(access(world)).not.toContain(victim)
  expect(await world.json(`status/suspended/${victim}.json`)).toMatchObject({ state: 'partly' })
  // The group gives sessions of its own.
  expect(await world.json('control/ended-sessions.json')).toMatchObject({
    ended: expect.arrayContaining([expect.objectContaining({ name: victim, before: '9999-01-01T00:00:00.000Z' })]),
  })
  expect(access(world)).toContain(other)
  expect((await held(world)).map((name) => name.split('%')[3])).toEqual([other])
})

test('a person who is suspended again after the window loses all access, although the list of the first suspension held it', async () => {
  const [first = '', victim = ''] = users
  const own = (user: string) => `links_data/account%${accounts[1]}%ReadOnly-ps%${user}%USER%ssofile`
  const world = await openBraked(['crew'], users.map(own), { users, people: { count: 1 } })
  for (const user of [first, victim]) {
    await world.objects.put(`suspended/${user}`, '')
    await minutes(world, 2)
  }
  expect(await listsOf(world)).toMatchObject([{ rule: 'people', items: { length: 1 }, held: { length: 1 } }])
  expect(access(world)).toContain(victim)
  await world.clock.advance(20 * 60_000)
  // The dispatcher does not work between the two uploads, so it never sees this access as wanted again.
  await world.objects.delete(`suspended/${victim}`)
  await world.look()
  await world.objects.put(`suspended/${victim}`, '')
  await minutes(world, 4)
  expect(access(world)).not.toContain(victim)
  expect(await listsOf(world)).toEqual([])
})

test('a person whom the directory disables while the brake holds the suspension loses access and memberships', async () => {
  const { brake } = configuration.parse({})
  const grouping = await Grouping.begin({ brake: { ...brake, people: { ...brake.people, count: 1 } } })
  const { world } = grouping
  const another = 'ama.osei@acme.example'
  const link = `links_data/account%233000000002%ReadOnly-ps%${kenji}%USER%ssofile`
  const files = [another, kenji].map((user) => `memberships/team-a/oncall%${user}%ssofile`)
  await grouping.put('permission_sets/ReadOnly-ps.json', { permissionSetName: 'ReadOnly-ps', description: 'reads' })
  for (const one of [link, ...files]) await grouping.put(one)
  for (const one of [link, ...files]) await grouping.until(one, 'applied')
  for (const user of [another, kenji]) {
    await grouping.put(`suspended/${user}`)
    await grouping.until(`suspended/${user}`, user === kenji ? 'held' : 'suspended')
  }
  const id = grouping.id('USER', kenji)
  const hasAccess = () => world.ssoAdmin.assignments().some(({ principalId }) => principalId === id)
  expect([hasAccess(), grouping.groupsOf()]).toEqual([true, ['oncall']])
  world.identityStore.setUserStatus(id, 'DISABLED')
  await world.finish(world.everyHour())
  await world.until(() => !hasAccess() && grouping.groupsOf().length === 0, 'neither access nor a membership')
  expect(await grouping.status(`suspended/${kenji}`)).toMatchObject({ state: 'held' })
  expect(await grouping.status(files[1] ?? '')).toMatchObject({
    state: 'waiting',
    reason: `user '${kenji}' is disabled in the directory`,
  })
})

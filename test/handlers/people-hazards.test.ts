import { describe, expect, test } from '@jest/globals'
import { roleArn } from '../../shared/domain/assignments/entitlement.ts'
import { isWhileSuspended } from '../../shared/domain/sessions/ended-sessions.ts'
import { followMemberships } from '../../shared/modules/people/follow-directory.ts'
import { ServiceError } from '../../shared/ports/service-error.ts'
import { readEndedSessions } from '../../shared/reconcile/records/ended-sessions.ts'
import { Grouping } from '../shared/modules/people/grouping.ts'
import { granted, link, suspension } from '../shared/modules/people/suspending.ts'
import type { World } from '../world.ts'
import { Asking, account } from './asking.ts'
import { live } from './live.ts'

const names = { displayName: 'Ana Ruiz', givenName: 'Ana', familyName: 'Ruiz' }
const rename = (world: World, id: string, name: string) =>
  world.identityStore.updateUser(id, [{ path: 'userName', value: name }])

test('a renamed person ends at the new, earlier time that the file says', async () => {
  const grouping = new Grouping({ directory: 'identity-center' })
  const { world } = grouping
  const at = (minutes: number) => new Date(world.clock.now().getTime() + minutes * 60_000).toISOString()
  await grouping.put('people/ana.json', { ...names, endsAt: at(600) })
  await grouping.until('people/ana.json', 'applied')
  await rename(world, grouping.id('USER', 'ana'), 'ana2')
  await grouping.put('people/ana.json', { ...names, endsAt: at(10) })
  await grouping.until('people/ana.json', 'failed')
  await live(world, 20)
  expect(await world.keys('suspended/')).toEqual(['suspended/ana2'])
})

test('a renamed suspended person gets nothing after the loss of state/suspended/', async () => {
  const asking = await granted()
  const { world } = asking
  await world.objects.put(suspension, '')
  await live(world, 3)
  const id = asking.id('maria')
  await rename(world, id, 'mary')
  for (const key of await world.keys('state/suspended/')) await world.objects.delete(key)
  await live(world, 11)
  await world.objects.put(link.replace('maria', 'mary'), '{}')
  await live(world, 6)
  expect(world.ssoAdmin.assignments().filter(({ principalId }) => principalId === id)).toEqual([])
})

test('the end of a person whose present name has no suffix suspends that person, and nobody else', async () => {
  const grouping = new Grouping({ directory: 'identity-center', principalSuffix: '@acme.example' })
  const { world } = grouping
  await grouping.put('people/ana.json', names)
  await grouping.until('people/ana.json', 'applied')
  const id = grouping.id('USER', 'ana@acme.example')
  await rename(world, id, 'ana@partner.example')
  const other = await world.identityStore.createUser({ userName: 'ana@acme.example' })
  await grouping.delete('people/ana.json')
  await live(world, 6)
  const notes = await world.keys('state/suspended/')
  expect([id, other].map((user) => notes.some((key) => key.startsWith(`state/suspended/${user}%`)))).toEqual([
    true,
    false,
  ])
})

describe('a group', () => {
  test('is not given up while somebody comes in', async () => {
    const grouping = new Grouping()
    const { world } = grouping
    await world.identityStore.createGroup({ displayName: 'night' })
    await grouping.put('groups/night.json')
    await grouping.until('groups/night.json', 'applied')
    let release: () => void = () => undefined
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    let isHeld = false
    grouping.answer = async ({ operation, args: [key], proceed }) => {
      if (operation === 'delete' && key === 'owned_groups/night') {
        isHeld = true
        await gate
      }
      return proceed()
    }
    await grouping.delete('groups/night.json')
    await world.until(() => isHeld, 'the end of the record')
    await grouping.put('memberships/team-a/night%kenji.ito@acme.example%ssofile')
    await world.clock.advance(5_000)
    release()
    await live(world, 6)
    await grouping.delete('memberships/team-a/night%kenji.ito@acme.example%ssofile')
    await live(world, 6)
    expect(grouping.groupsOf('kenji.ito@acme.example')).not.toContain('night')
  })
})

test('sessions of a person whom two files suspend stay denied while one of them is there', async () => {
  const ofGroup = `links_data/account%${account}%Owned-ps%developers%GROUP%ssofile`
  const asking = await Asking.begin()
  const { world } = asking
  await world.objects.put('permission_sets/Owned-ps.json', '{ "permissionSetName": "Owned-ps" }')
  await world.objects.put(ofGroup, '{}')
  await live(world, 3)
  await world.objects.put('suspended/maria', '')
  await live(world, 6)
  await rename(world, asking.id('maria'), 'mary')
  await world.clock.advance(61_000)
  await world.objects.put('suspended/mary', '')
  await live(world, 6)
  const denied = async () => JSON.stringify(await world.json('control/ended-sessions.json')).includes('9999')
  expect([await asking.status('suspended/maria'), await asking.status('suspended/mary'), await denied()]).toMatchObject(
    [{ state: 'partly' }, { state: 'partly' }, true],
  )
  await world.objects.delete('suspended/mary')
  await live(world, 6)
  const { ended } = await readEndedSessions(world.objects)
  expect(ended.filter(isWhileSuspended)).toHaveLength(1)
})

test('a member whom others had put in, and whom somebody takes out by hand, is put back by the next reconcile', async () => {
  const grouping = await Grouping.begin()
  const { world } = grouping
  const user = 'kenji.ito@acme.example'
  const key = `memberships/team-a/oncall%${user}%ssofile`
  const [group, id] = [grouping.id('GROUP', 'oncall'), grouping.id('USER', user)]
  const membership = await world.identityStore.createGroupMembership(group, id)
  await grouping.put(key)
  await grouping.until(key, 'applied')
  await live(world, 11)
  await world.identityStore.deleteGroupMembership(membership)
  await live(world, 11)
  await world.finish(world.everyHour())
  await live(world, 6)
  expect(grouping.groupsOf(user)).toContain('oncall')
})

const department = 'aws:identitystore:enterprise.department'

async function engineer() {
  const grouping = await Grouping.begin()
  const user = 'engineer@acme.example'
  await grouping.world.identityStore.createUser({
    userName: user,
    attributes: { Extensions: { 'aws:identitystore:enterprise': { department: 'Engineering' } } },
  })
  return { grouping, user, id: grouping.id('USER', user) }
}

test('the days of grace of a renamed person end in time', async () => {
  const { grouping, user, id } = await engineer()
  const { world } = grouping
  const { identityStore, ports, configuration } = world
  await grouping.put('rules/oncall.json', { department: ['Engineering'], moverGraceDays: 1 })
  await live(world, 6)
  expect(grouping.groupsOf(user)).toContain('oncall')
  await identityStore.updateUser(id, [
    { path: department, value: 'Sales' },
    { path: 'userName', value: 'other@acme.example' },
  ])
  await world.finish(followMemberships(ports, configuration, [{ type: 'USER', id }]))
  await live(world, 6)
  expect(identityStore.groupIdsOf(id)).toHaveLength(1)
  await world.clock.advance(24 * 60 * 60_000)
  await live(world, 6)
  expect(identityStore.groupIdsOf(id)).toHaveLength(0)
})

test('a group is not deleted while others give it a role', async () => {
  const grouping = await Grouping.begin()
  const { world } = grouping
  const application = world.accountAccess.createApplication()
  const role = roleArn.parse('arn:aws:iam::233000000002:role/audit/Auditor')
  const principalId = grouping.id('GROUP', 'oncall')
  world.accountAccess.createEntitlement(application, { principalId, principalType: 'GROUP', roleArn: role })
  await world.finish(world.everyNight(), 1_000)
  await live(world, 6)
  expect((await world.keys('foreign/')).filter((key) => key.includes('role:'))).toHaveLength(1)
  await grouping.delete('groups/oncall.json')
  await live(world, 6)
  expect(world.identityStore.idOf('GROUP', 'oncall')).toBe(principalId)
})

test('a person who has left and comes back gets nothing before startsAt', async () => {
  const grouping = new Grouping({ directory: 'identity-center' })
  const { world } = grouping
  await grouping.put('people/ana.json', names)
  await grouping.until('people/ana.json', 'applied')
  await grouping.delete('people/ana.json')
  await live(world, 6)
  expect(await world.keys('suspended/')).toEqual(['suspended/ana'])
  const startsAt = new Date(world.clock.now().getTime() + 30 * 60_000).toISOString()
  await grouping.put('people/ana.json', { ...names, startsAt })
  await live(world, 12)
  expect(await world.keys('suspended/')).toEqual(['suspended/ana'])
  expect(await grouping.status('people/ana.json')).toMatchObject({ state: 'waiting' })
  await live(world, 25)
  expect(await world.keys('suspended/')).toEqual([])
  expect(await grouping.status('people/ana.json')).toMatchObject({ state: 'applied' })
})

test('a lower number of days of grace ends a running time earlier', async () => {
  const { grouping, id } = await engineer()
  const { world } = grouping
  const { identityStore, ports, configuration } = world
  await grouping.put('rules/oncall.json', { department: ['Engineering'], moverGraceDays: 30 })
  await live(world, 6)
  await identityStore.updateUser(id, [{ path: department, value: 'Sales' }])
  await world.finish(followMemberships(ports, configuration, [{ type: 'USER', id }]))
  await live(world, 6)
  await grouping.put('rules/oncall.json', { department: ['Engineering'], moverGraceDays: 1 })
  await live(world, 6)
  for (let hour = 0; hour < 25; hour++) {
    await world.clock.advance(54 * 60_000)
    await world.finish(world.everyHour())
    await live(world, 6)
  }
  expect(identityStore.groupIdsOf(id)).toHaveLength(0)
}, 60_000)

test('access of everybody whom a suspension meant comes back although a process could not send its messages', async () => {
  const asking = await Asking.begin()
  const { world } = asking
  const first = asking.id('maria')
  await world.objects.put(suspension, '')
  await live(world, 3)
  await rename(world, first, 'mary')
  await world.clock.advance(61_000)
  const second = await world.identityStore.createUser({ userName: 'maria' })
  await live(world, 66)
  await rename(world, second, 'mia')
  await world.clock.advance(61_000)
  for (const name of ['mary', 'mia']) await world.objects.put(link.replace('maria', name), '{}')
  await live(world, 6)
  expect(await world.keys('state/suspended/')).toHaveLength(2)
  let isFailed = false
  asking.answer = async ({ operation, args: [queue], proceed }) => {
    const isRestoring = operation === 'send' && queue === 'links' && (await world.keys('suspended/')).length === 0
    if (isFailed || !isRestoring) return proceed()
    isFailed = true
    throw new ServiceError('sqs', 'InternalError', 'not now', { httpStatus: 500 })
  }
  await world.objects.delete(suspension)
  await live(world, 16)
  expect(isFailed).toBe(true)
  const holders = world.ssoAdmin.assignments().map(({ principalId }) => principalId)
  expect([first, second].map((id) => holders.some((holder) => holder === id))).toEqual([true, true])
})

test('a group that others made, while Identity Center refused ssofile, is never deleted', async () => {
  const grouping = new Grouping()
  const { world } = grouping
  grouping.answer = async ({ operation, proceed }) => {
    if (operation === 'createGroup') throw new ServiceError('identitystore', 'AccessDeniedException', 'not you')
    return proceed()
  }
  await grouping.put('groups/night.json')
  await live(world, 11)
  const id = await world.identityStore.createGroup({ displayName: 'night' })
  grouping.answer = ({ proceed }) => proceed()
  await live(world, 6)
  expect(await grouping.status('groups/night.json')).toMatchObject({ state: 'applied', principalId: id })
  await grouping.delete('groups/night.json')
  await live(world, 11)
  expect(world.identityStore.idOf('GROUP', 'night')).toBe(id)
})

test('a member whom others put in, while Identity Center refused ssofile, is never taken out', async () => {
  const grouping = await Grouping.begin()
  const { world } = grouping
  const user = 'kenji.ito@acme.example'
  const key = `memberships/team-a/oncall%${user}%ssofile`
  grouping.answer = async ({ operation, proceed }) => {
    if (operation === 'createGroupMembership')
      throw new ServiceError('identitystore', 'AccessDeniedException', 'not you')
    return proceed()
  }
  await grouping.put(key)
  await live(world, 11)
  await world.identityStore.createGroupMembership(grouping.id('GROUP', 'oncall'), grouping.id('USER', user))
  grouping.answer = ({ proceed }) => proceed()
  await live(world, 11)
  expect(await grouping.status(key)).toMatchObject({ state: 'applied' })
  await grouping.delete(key)
  await live(world, 11)
  expect(grouping.groupsOf(user)).toContain('oncall')
})

test('a user whom others made, while Identity Center refused ssofile, is not of ssofile', async () => {
  const grouping = new Grouping({ directory: 'identity-center' })
  const { world } = grouping
  grouping.answer = async ({ operation, proceed }) => {
    if (operation === 'createPerson') throw new ServiceError('identitystore', 'AccessDeniedException', 'not you')
    return proceed()
  }
  await grouping.put('people/ana.json', names)
  await live(world, 11)
  await world.identityStore.createUser({
    userName: 'ana',
    attributes: { DisplayName: 'Ana Ruiz', Name: { GivenName: 'Ana', FamilyName: 'Ruiz' } },
  })
  grouping.answer = ({ proceed }) => proceed()
  await live(world, 11)
  expect(await grouping.status('people/ana.json')).toMatchObject({ state: 'rejected' })
  expect(await world.keys('owned_people/')).toEqual([])
})

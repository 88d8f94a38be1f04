import { expect, test } from '@jest/globals'
import { assignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { type PrincipalId, permissionSetArn } from '../../../../shared/domain/principals/identity-center-ids.ts'
import type { MembershipId } from '../../../../shared/domain/principals/owned-membership.ts'
import { type PrincipalType, principalName } from '../../../../shared/domain/principals/principal.ts'
import { findSessions } from '../../../../shared/modules/people/find-sessions.ts'
import { historyOfMembership } from '../../../../shared/modules/people/membership-history.ts'
import { type HistoryEvent, recordHistory } from '../../../../shared/reconcile/records/history.ts'
import { tellEvent } from '../../../../shared/reconcile/records/tell-event.ts'
import { World } from '../../../world.ts'

const [dev, prod] = ['210000000001', '210000000002'] as const
const arn = permissionSetArn.parse('arn:aws:sso:::permissionSet/ssoins-1111111111111111/ps-1111111111111111')
const day = 24 * 60 * 60_000

async function open() {
  const world = new World()
  const { identityStore, objects } = world
  const id = await identityStore.createUser({ userName: 'zoe@acme.example' })
  const group = await identityStore.createGroup({ displayName: 'team/Web' })
  await identityStore.createGroupMembership(group, id)
  const find = (account?: string) => {
    const inAccount = account === undefined ? undefined : accountId.parse(account)
    return world.finish(findSessions({ id }, inAccount, world.ports))
  }
  /** Of somebody else, where nobody has this name. */
  const put = (prefix: string, account: string, set: string, name: string, type: PrincipalType) => {
    const owner = identityStore.idOf(type, name) ?? '11111111-2222-3333-4444-555555555555'
    return objects.put(`${prefix}account%${account}%${set}%${owner}%${type}`, '{}')
  }
  const before = (ms: number) => new Date(world.clock.now().getTime() - ms).toISOString()
  /** The access ended, or began, this long ago under this name. */
  const tell = (event: HistoryEvent, ago: number, set: string, type: PrincipalType, owner: PrincipalId, name: string) =>
    recordHistory(objects, {
      key: assignmentKey.parse(`account%${dev}%${set}%${owner}%${type}`),
      event,
      at: before(ago),
      access: { principal: principalName.parse(name), permissionSetArn: arn, links: [] },
      confirmedAt: before(ago),
    })
  /** ssofile took this user out of this group this long ago, when they had these names. */
  const leave = (ago: number, of: MembershipId, names: { readonly group: string; readonly user: string }) => {
    const { group, user } = names
    const said = { group: principalName.parse(group), user: principalName.parse(user) }
    const told = { event: 'removed', named: 'membership-removed', at: before(ago), body: {} }
    return tellEvent(objects, historyOfMembership(of, said), told)
  }
  return { world, id, group, find, put, tell, leave }
}

test('a user has sessions of what is given directly and through groups, by ssofile or by others', async () => {
  const { find, put } = await open()
  await put('assignments/', dev, 'Own-ps', 'zoe@acme.example', 'USER')
  await put('assignments/', prod, 'Group-ps', 'team/Web', 'GROUP')
  await put('foreign/', dev, 'Foreign-ps', 'team/Web', 'GROUP')
  await put('assignments/', dev, 'Other-ps', 'somebody', 'USER')
  await put('assignments/', dev, 'Named-ps', 'zoe@acme.example', 'GROUP')
  expect(await find()).toEqual(['Foreign-ps', 'Group-ps', 'Own-ps'])
  expect(await find(prod)).toEqual(['Group-ps'])
})

test('what was taken away counts for twelve hours', async () => {
  const { id, group, find, tell } = await open()
  await tell('revoked', day / 2 - 60_000, 'Late-ps', 'GROUP', group, 'team/Web')
  await tell('revoked', day / 2 + 60_000, 'Early-ps', 'USER', id, 'zoe@acme.example')
  await tell('granted', 60_000, 'Granted-ps', 'USER', id, 'zoe@acme.example')
  expect([await find(), await find(prod)]).toEqual([['Late-ps'], []])
})

test('access that ended under an earlier name of the user or the group counts', async () => {
  const { id, group, find, tell } = await open()
  await tell('revoked', 60_000, 'Own-ps', 'USER', id, 'zoe.before@acme.example')
  await tell('foreign-gone', 60_000, 'Foreign-ps', 'GROUP', group, 'team/Before')
  expect([await find(), await find(prod)]).toEqual([['Foreign-ps', 'Own-ps'], []])
})

test('access of a group counts whose name is too long for a key', async () => {
  const { world, group, find, tell } = await open()
  await tell('revoked', 60_000, 'Long-ps', 'GROUP', group, 'w/'.repeat(500))
  expect((await world.keys('changes/')).join()).toMatch(/…[0-9a-f]{32}%GROUP%ssofile$/)
  expect([await find(), await find(prod)]).toEqual([['Long-ps'], []])
})

test('access that ended of a former owner of the name does not count', async () => {
  const { world, find, tell, leave } = await open()
  const user = await world.identityStore.createUser({ userName: 'zoe.before@acme.example' })
  const group = await world.identityStore.createGroup({ displayName: 'team/Ops' })
  await tell('revoked', 60_000, 'Own-ps', 'USER', user, 'zoe@acme.example')
  await tell('released', 60_000, 'Ops-ps', 'GROUP', group, 'team/Web')
  await leave(60_000, { group, user }, { group: 'team/Ops', user: 'zoe@acme.example' })
  expect(await find()).toEqual([])
})

test('a group out of which ssofile took the user counts for twelve hours, under all its names', async () => {
  const { world, id, find, put, tell, leave } = await open()
  const ops = await world.identityStore.createGroup({ displayName: 'team/Ops' })
  const early = await world.identityStore.createGroup({ displayName: 'team/Early' })
  const other = await world.identityStore.createUser({ userName: 'somebody@acme.example' })
  await put('assignments/', dev, 'Ops-ps', 'team/Ops', 'GROUP')
  await put('assignments/', dev, 'Early-ps', 'team/Early', 'GROUP')
  await tell('revoked', 30_000, 'Lost-ps', 'GROUP', ops, 'team/Former')
  const names = { group: 'team/Former', user: 'zoe.before@acme.example' }
  await leave(60_000, { group: ops, user: other }, { ...names, user: 'somebody@acme.example' })
  await leave(day / 2 + 60_000, { group: early, user: id }, { ...names, group: 'team/Early' })
  expect(await find()).toEqual([])
  await leave(60_000, { group: ops, user: id }, names)
  expect([await find(), await find(prod)]).toEqual([['Lost-ps', 'Ops-ps'], []])
})

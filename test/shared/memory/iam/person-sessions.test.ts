import { expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { parseSessionDuration } from '../../../../shared/domain/permission-sets/session-duration.ts'
import { parsePersonSession } from '../../../../shared/domain/principals/person-session.ts'
import { arnOfSession, PersonSessions } from '../../../../shared/memory/iam/person-sessions.ts'
import { SeededRandomness } from '../../../../shared/memory/seeded-randomness.ts'
import { memoryTables } from '../../../../shared/memory/table.ts'
import { World } from '../../../world.ts'
import { anyInlinePolicy } from '../../domain/permission-set-of.ts'

const account = accountId.parse('233000000001')

/** A world in which zoe has ViewOnlyAccess through a group, if at all. */
async function openSessions() {
  const world = new World()
  const { clock, ssoAdmin, identityStore } = world
  const sessions = new PersonSessions({
    clock,
    randomness: new SeededRandomness(1),
    openTable: memoryTables,
    ssoAdmin,
    identityStore,
  })
  const userId = await identityStore.createUser({ userName: 'zoe' })
  const [target] = ssoAdmin.assignments().filter((one) => one.accountId === account)
  if (target?.principalType !== 'GROUP') throw new Error('not in the fixture')
  const join = () => identityStore.createGroupMembership(target.principalId, userId)
  const issue = (permissionSet = 'ViewOnlyAccess') => sessions.issue({ user: 'zoe', permissionSet, account })
  return { world, sessions, target, join, issue }
}

test('a user who has access through a group gets a session of the role in that account', async () => {
  const { sessions, join, issue } = await openSessions()
  expect(issue()).toBeUndefined()
  await join()
  expect(issue('AdministratorAccess')).toBeUndefined()
  const session = issue()
  expect(session?.roleName).toMatch(/^AWSReservedSSO_ViewOnlyAccess_[0-9a-f]{16}$/)
  expect(sessions.of(session?.accessKeyId)).toEqual(session)
  expect(sessions.of('me')).toBeUndefined()
})

test('a session outlives the access, until the role itself is gone', async () => {
  const { world, sessions, target, join, issue } = await openSessions()
  await join()
  const session = issue()
  if (session === undefined) throw new Error('no session')
  const userId = world.identityStore.idOf('USER', 'zoe')
  world.ssoAdmin.addAssignment({ ...target, principalId: userId ?? target.principalId, principalType: 'USER' })
  world.ssoAdmin.removeAssignment(target)
  expect(sessions.stateOf(session)).toBe('valid')
  world.ssoAdmin.removeAssignment({ ...target, principalId: userId ?? target.principalId, principalType: 'USER' })
  expect(sessions.stateOf(session)).toBe('gone')
})

test('a session lasts as long as the permission set said when it was issued', async () => {
  const { world, sessions, target, join, issue } = await openSessions()
  await join()
  const session = issue()
  if (session === undefined) throw new Error('no session')
  const { sessionDuration } = world.ssoAdmin.definitionNow('ViewOnlyAccess') ?? {}
  await world.ssoAdmin.updatePermissionSet(target.permissionSetArn, { sessionDuration: 'PT12H' })
  await world.clock.advance((parseSessionDuration(sessionDuration ?? '') ?? 0) * 60_000 - 1)
  expect(sessions.stateOf(session)).toBe('valid')
  await world.clock.advance(1)
  expect(sessions.stateOf(session)).toBe('expired')
})

test('the policy of a session is that of its role as it was provisioned, not of the permission set', async () => {
  const { world, sessions, target, join, issue } = await openSessions()
  await join()
  const session = issue()
  if (session === undefined) throw new Error('no session')
  const before = sessions.policyOf(session)
  expect(before).toContain('NoObjects')
  await world.ssoAdmin.putInlinePolicy(target.permissionSetArn, anyInlinePolicy)
  expect(sessions.policyOf(session)).toBe(before)
  await world.ssoAdmin.provisionPermissionSet(target.permissionSetArn)
  await world.clock.advance(60_000)
  expect(sessions.policyOf(session)).toBe(anyInlinePolicy)
})

test('one may speak for a user without any access, until the session expires; for nobody who is no user', async () => {
  const { world, sessions, issue } = await openSessions()
  expect(issue()).toBeUndefined()
  const session = sessions.speakFor('zoe', account)
  if (session === undefined) throw new Error('no session')
  expect(parsePersonSession(arnOfSession(session))).toMatchObject({ account, userName: 'zoe' })
  expect(sessions.of(session.accessKeyId)).toEqual(session)
  expect(sessions.policyOf(session)).toBeUndefined()
  expect(sessions.stateOf(session)).toBe('valid')
  await world.clock.advance(12 * 60 * 60_000)
  expect(sessions.stateOf(session)).toBe('expired')
  expect(sessions.speakFor('nobody', account)).toBeUndefined()
})

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import type { AssignmentTarget, SsoAdmin } from '../../shared/ports/sso-admin.ts'
import { anyInlinePolicy } from '../shared/domain/permission-set-of.ts'
import {
  adapters,
  type IdentityCenterPorts,
  type IdentityCenterWorld,
  openWorld,
  permissionSetArnIn,
  principalIdIn,
  website,
} from './identity-center-world.ts'

const readLagMs = 60_000
const latencyMs = 1_000
const stale = 'LATEST_PERMISSION_SET_NOT_PROVISIONED'

describe.each(adapters)('SSO Admin with a read lag on $adapter', ({ openPorts }) => {
  let world: IdentityCenterWorld
  let ports: IdentityCenterPorts
  let ssoAdmin: SsoAdmin
  let auditors: AssignmentTarget

  beforeEach(async () => {
    world = openWorld({ ssoAdmin: { latencyMs, latencyP99Ms: latencyMs, readLagMs } })
    ports = await openPorts(world)
    ssoAdmin = ports.ssoAdmin
    auditors = {
      accountId: accountId.parse(website),
      permissionSetArn: permissionSetArnIn(world, 'ReadOnly-ps'),
      principalId: principalIdIn(world, 'GROUP', 'Auditors'),
      principalType: 'GROUP',
    }
  })
  afterEach(() => ports.close())

  /** The number of rows of the assignment in each listing. */
  const listed = async () => ({
    ofAccount: (await ssoAdmin.listAccountAssignments(auditors.accountId, auditors.permissionSetArn)).items.length,
    ofPrincipal: (await ssoAdmin.listAccountAssignmentsForPrincipal(auditors)).items.length,
    accounts: (await ssoAdmin.listAccountsForProvisionedPermissionSet(auditors.permissionSetArn)).items.length,
    sets: (await ssoAdmin.listPermissionSetsProvisionedToAccount(auditors.accountId)).items.length,
  })
  const absent = { ofAccount: 0, ofPrincipal: 0, accounts: 0, sets: 0 }
  const present = { ofAccount: 1, ofPrincipal: 1, accounts: 1, sets: 1 }

  test('no listing shows a created assignment before the lag is over, while its request has succeeded', async () => {
    const { requestId } = await ssoAdmin.createAccountAssignment(auditors)
    await world.clock.advance(latencyMs)
    expect((await ssoAdmin.describeAssignmentRequest('creation', requestId))?.state).toBe('SUCCEEDED')
    expect((await ssoAdmin.listAssignmentRequests('creation', 'SUCCEEDED')).items).toHaveLength(1)
    expect(world.ssoAdmin.isAssigned(auditors)).toBe(true)
    await world.clock.advance(readLagMs - 1)
    expect(await listed()).toEqual(absent)
    await world.clock.advance(1)
    expect(await listed()).toEqual(present)
  })

  test('every listing shows a deleted assignment until the lag is over, while its request has succeeded', async () => {
    world.ssoAdmin.addAssignment(auditors)
    const { requestId } = await ssoAdmin.deleteAccountAssignment(auditors)
    await world.clock.advance(latencyMs)
    expect((await ssoAdmin.describeAssignmentRequest('deletion', requestId))?.state).toBe('SUCCEEDED')
    expect(world.ssoAdmin.isAssigned(auditors)).toBe(false)
    await world.clock.advance(readLagMs - 1)
    expect(await listed()).toEqual(present)
    await world.clock.advance(1)
    expect(await listed()).toEqual(absent)
  })

  test('the lag runs from the instant at which a request came out, whenever one looks', async () => {
    await ssoAdmin.createAccountAssignment(auditors)
    await world.clock.advance(latencyMs + readLagMs)
    expect(await listed()).toEqual(present)
  })

  test('the provisioning status of an account is the old one until the lag is over', async () => {
    world.ssoAdmin.addAssignment(auditors)
    await ssoAdmin.putInlinePolicy(auditors.permissionSetArn, anyInlinePolicy)
    await ssoAdmin.provisionPermissionSet(auditors.permissionSetArn)
    await world.clock.advance(latencyMs + readLagMs - 1)
    const accounts = async () =>
      (await ssoAdmin.listAccountsForProvisionedPermissionSet(auditors.permissionSetArn, stale)).items
    const sets = async () => (await ssoAdmin.listPermissionSetsProvisionedToAccount(auditors.accountId, stale)).items
    expect([await accounts(), await sets()]).toEqual([[website], [auditors.permissionSetArn]])
    await world.clock.advance(1)
    expect([await accounts(), await sets()]).toEqual([[], []])
  })

  test('an assignment that was deleted and created again is listed throughout, or gone for a while, never flickering', async () => {
    world.ssoAdmin.addAssignment(auditors)
    await ssoAdmin.deleteAccountAssignment(auditors)
    await world.clock.advance(10_000)
    await ssoAdmin.createAccountAssignment(auditors)
    const seen: number[] = []
    for (let second = 0; second < 90; second++) {
      await world.clock.advance(1_000)
      seen.push((await ssoAdmin.listAccountAssignments(auditors.accountId, auditors.permissionSetArn)).items.length)
    }
    const changes = seen.filter((count, index) => index > 0 && count !== seen[index - 1])
    expect(changes).toEqual([0, 1])
  })

  test('what others do in the console is listed at once', async () => {
    world.ssoAdmin.addAssignment(auditors)
    expect(await listed()).toEqual(present)
    world.ssoAdmin.removeAssignment(auditors)
    expect(await listed()).toEqual(absent)
  })
})

test('a lag that is drawn for each write is the same for the same seed, differs between writes, and ends', async () => {
  const lagsOf = async () => {
    const world = openWorld({ ssoAdmin: { latencyMs: 0, readLagMs: { most: 100_000 } } })
    const lags: number[] = []
    for (const name of ['Auditors', 'Operators']) {
      const target: AssignmentTarget = {
        accountId: accountId.parse(website),
        permissionSetArn: permissionSetArnIn(world, 'ReadOnly-ps'),
        principalId: principalIdIn(world, 'GROUP', name),
        principalType: 'GROUP',
      }
      await world.ssoAdmin.createAccountAssignment(target)
      const fromMs = world.clock.monotonicMs()
      while ((await world.ssoAdmin.listAccountAssignmentsForPrincipal(target)).items.length === 0)
        await world.clock.advance(100)
      lags.push(world.clock.monotonicMs() - fromMs)
    }
    return lags
  }
  const [first = 0, second = 0] = await lagsOf()
  expect(await lagsOf()).toEqual([first, second])
  expect(first).not.toBe(second)
  expect(Math.max(first, second)).toBeLessThanOrEqual(100_000)
})

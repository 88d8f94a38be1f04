import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../shared/domain/permission-sets/permission-set-name.ts'
import { permissionSetArn, principalId } from '../../shared/domain/principals/identity-center-ids.ts'
import type { PrincipalType } from '../../shared/domain/principals/principal.ts'
import { listAll } from '../../shared/ports/page.ts'
import type { AssignmentTarget, SsoAdmin } from '../../shared/ports/sso-admin.ts'
import { anyInlinePolicy } from '../shared/domain/permission-set-of.ts'
import {
  adapters,
  type IdentityCenterPorts,
  type IdentityCenterWorld,
  openWorld,
  permissionSetArnIn,
  principalIdIn,
  shop,
  start,
  website,
} from './identity-center-world.ts'

const unknownArn = permissionSetArn.parse('arn:aws:sso:::permissionSet/ssoins-7223a1b2c3d4e5f6/ps-0123456789abcdef')
const unknownPrincipal = principalId.parse('00000000-0000-4000-8000-000000000000')
const longEnough = 60_000

describe.each(adapters)('SSO Admin on $adapter', ({ openPorts }) => {
  let world: IdentityCenterWorld
  let ports: IdentityCenterPorts
  let ssoAdmin: SsoAdmin

  beforeEach(async () => {
    world = openWorld()
    ports = await openPorts(world)
    ssoAdmin = ports.ssoAdmin
  })
  afterEach(() => ports.close())

  /** Waits until a permission set takes the next change. */
  const untilChanged = () => world.clock.advance(500)

  const target = (account: string, set: string, type: PrincipalType, name: string): AssignmentTarget => ({
    accountId: accountId.parse(account),
    permissionSetArn: permissionSetArnIn(world, set),
    principalId: principalIdIn(world, type, name),
    principalType: type,
  })

  test('the instance names its identity store', async () => {
    const { instanceArn, identityStoreId } = world.ssoAdmin
    expect(await ssoAdmin.instance()).toEqual({ instanceArn, identityStoreId })
  })

  test('a creation is in progress until its time has come, then the assignment is listed', async () => {
    const wanted = target(website, 'ReadOnly-ps', 'GROUP', 'Auditors')
    const request = await ssoAdmin.createAccountAssignment(wanted)
    expect(request).toEqual({ requestId: request.requestId, state: 'IN_PROGRESS', target: wanted })
    const described = { ...request, createdAt: start }
    expect(await ssoAdmin.describeAssignmentRequest('creation', request.requestId)).toEqual(described)
    await world.clock.advance(longEnough)
    expect(await ssoAdmin.describeAssignmentRequest('creation', request.requestId)).toEqual({
      ...described,
      state: 'SUCCEEDED',
    })
    const { items } = await ssoAdmin.listAccountAssignments(wanted.accountId, wanted.permissionSetArn)
    expect(items).toEqual([{ principalId: wanted.principalId, principalType: 'GROUP' }])
  })

  test('a deletion takes the assignment away', async () => {
    const wanted = target(website, 'ReadOnly-ps', 'USER', 'ana@example.com')
    world.ssoAdmin.addAssignment(wanted)
    const request = await ssoAdmin.deleteAccountAssignment(wanted)
    await world.clock.advance(longEnough)
    expect((await ssoAdmin.describeAssignmentRequest('deletion', request.requestId))?.state).toBe('SUCCEEDED')
    expect(await ssoAdmin.listAccountAssignments(wanted.accountId, wanted.permissionSetArn)).toEqual({ items: [] })
  })

  test('a request that failed tells its reason when it is described', async () => {
    const request = await ssoAdmin.deleteAccountAssignment(target(website, 'ReadOnly-ps', 'GROUP', 'Auditors'))
    await world.clock.advance(longEnough)
    expect(await ssoAdmin.describeAssignmentRequest('deletion', request.requestId)).toMatchObject({
      state: 'FAILED',
      failureReason: expect.stringContaining("EntitlementItem doesn't exist"),
    })
  })

  test('a creation is not found among the deletions, nor an unknown request at all', async () => {
    const request = await ssoAdmin.createAccountAssignment(target(website, 'ReadOnly-ps', 'GROUP', 'Auditors'))
    expect(await ssoAdmin.describeAssignmentRequest('deletion', request.requestId)).toBeUndefined()
    expect(await ssoAdmin.describeAssignmentRequest('creation', unknownPrincipal)).toBeUndefined()
  })

  test('listed requests tell id, state and date, and can be filtered by state', async () => {
    const done = await ssoAdmin.createAccountAssignment(target(website, 'ReadOnly-ps', 'GROUP', 'Auditors'))
    await world.clock.advance(longEnough)
    const createdAt = world.clock.now()
    const open = await ssoAdmin.createAccountAssignment(target(shop, 'ReadOnly-ps', 'GROUP', 'Auditors'))
    const rows = {
      done: { requestId: done.requestId, state: 'SUCCEEDED', createdAt: start },
      open: { requestId: open.requestId, state: 'IN_PROGRESS', createdAt },
    }
    expect((await ssoAdmin.listAssignmentRequests('creation', undefined)).items).toEqual([rows.open, rows.done])
    expect((await ssoAdmin.listAssignmentRequests('creation', 'IN_PROGRESS')).items).toEqual([rows.open])
    expect((await ssoAdmin.listAssignmentRequests('creation', 'FAILED')).items).toEqual([])
    expect((await ssoAdmin.listAssignmentRequests('deletion', undefined)).items).toEqual([])
  })

  test('the assignments of a principal are listed over short pages, a user with those of its groups', async () => {
    const own = target(website, 'ReadOnly-ps', 'USER', 'ana@example.com')
    const inherited = target(shop, 'Operator-ps', 'GROUP', 'Operators')
    await world.identityStore.createGroupMembership(inherited.principalId, own.principalId)
    const crowd = ['ReadOnly-ps', 'Operator-ps'].map((set) => target(shop, set, 'USER', 'ana@example.com'))
    for (const one of [own, inherited, ...crowd]) world.ssoAdmin.addAssignment(one)
    const principal = { principalId: own.principalId, principalType: 'USER' as const }
    const rows = await Array.fromAsync(
      listAll((token) => ssoAdmin.listAccountAssignmentsForPrincipal(principal, token)),
    )
    expect(rows).toHaveLength(4)
    expect(rows).toEqual(expect.arrayContaining([own, inherited, ...crowd]))
    const only = { accountId: own.accountId }
    expect((await ssoAdmin.listAccountAssignmentsForPrincipal(principal, undefined, only)).items).toEqual([own])
  })

  test('a delegated administrator may be refused the assignments of a principal', async () => {
    const delegated = openWorld({ ssoAdmin: { caller: 'delegated-administrator' } })
    const refused = await openPorts(delegated)
    const principal = { principalId: principalIdIn(delegated, 'GROUP', 'Auditors'), principalType: 'GROUP' as const }
    await expect(refused.ssoAdmin.listAccountAssignmentsForPrincipal(principal)).rejects.toMatchObject({
      code: 'AccessDeniedException',
    })
    await refused.close()
  })

  test('the accounts that have a permission set are listed', async () => {
    world.ssoAdmin.addAssignment(target(website, 'ReadOnly-ps', 'GROUP', 'Auditors'))
    const arn = permissionSetArnIn(world, 'ReadOnly-ps')
    expect(await ssoAdmin.listAccountsForProvisionedPermissionSet(arn)).toEqual({ items: [website] })
    const stale = await ssoAdmin.listAccountsForProvisionedPermissionSet(arn, 'LATEST_PERMISSION_SET_NOT_PROVISIONED')
    expect(stale).toEqual({ items: [] })
  })

  test('a second request for an account that has one in progress is a conflict', async () => {
    await ssoAdmin.createAccountAssignment(target(website, 'ReadOnly-ps', 'GROUP', 'Auditors'))
    await expect(
      ssoAdmin.createAccountAssignment(target(website, 'Operator-ps', 'GROUP', 'Operators')),
    ).rejects.toMatchObject({
      name: 'ServiceError',
      service: 'sso-admin',
      code: 'ConflictException',
      message: 'There is a conflicting operation in process.',
    })
  })

  test('the twenty-first call within a second is throttled', async () => {
    await ssoAdmin.instance()
    await world.clock.advance(1000)
    for (let call = 1; call <= 20; call++) await ssoAdmin.listPermissionSets()
    await expect(ssoAdmin.listPermissionSets()).rejects.toMatchObject({
      code: 'ThrottlingException',
      message: 'Rate exceeded',
    })
    await world.clock.advance(1000)
    expect((await ssoAdmin.listPermissionSets()).items).toHaveLength(2)
  })

  test('an aborted write is not sent', async () => {
    const signal = AbortSignal.abort()
    const wanted = target(website, 'ReadOnly-ps', 'GROUP', 'Auditors')
    await expect(ssoAdmin.createAccountAssignment(wanted, { signal })).rejects.toMatchObject({ code: 'NoAnswer' })
    expect(world.ssoAdmin.outstandingRequests()).toEqual([])
  })

  test('a new permission set is described as it was given', async () => {
    const name = permissionSetName.parse('Billing-ps')
    const described = { name, description: 'Invoices', sessionDuration: 'PT2H', relayState: 'https://example.com/' }
    const arn = await ssoAdmin.createPermissionSet({ ...described, tags: [{ Key: 'team', Value: '' }] })
    expect(await ssoAdmin.describePermissionSet(arn)).toEqual({ ...described, arn, createdAt: start })
    expect((await world.ssoAdmin.listTagsForResource(arn)).items).toEqual([{ Key: 'team', Value: '' }])
    expect(await Array.fromAsync(listAll((token) => ssoAdmin.listPermissionSets(token)))).toContain(arn)
  })

  test('a permission set without description and relay state has neither', async () => {
    const attributes = await ssoAdmin.describePermissionSet(permissionSetArnIn(world, 'ReadOnly-ps'))
    expect([attributes?.description, attributes?.relayState]).toEqual([undefined, undefined])
  })

  test('a second permission set of a name is a conflict', async () => {
    const again = { name: permissionSetName.parse('ReadOnly-ps'), sessionDuration: 'PT1H', tags: [] }
    await expect(ssoAdmin.createPermissionSet(again)).rejects.toMatchObject({
      code: 'ConflictException',
      message: 'PermissionSet with name ReadOnly-ps already exists.',
    })
  })

  test('what a permission set contains is read back as it was attached', async () => {
    const arn = permissionSetArnIn(world, 'ReadOnly-ps')
    const boundary = { CustomerManagedPolicyReference: { Name: 'boundary', Path: '/boundaries/' } }
    expect(await ssoAdmin.getInlinePolicy(arn)).toBeUndefined()
    expect(await ssoAdmin.getPermissionsBoundary(arn)).toBeUndefined()
    await ssoAdmin.attachManagedPolicy(arn, 'arn:aws:iam::aws:policy/job-function/Billing')
    await untilChanged()
    await ssoAdmin.attachCustomerManagedPolicy(arn, { Name: 'extra' })
    await untilChanged()
    await ssoAdmin.putInlinePolicy(arn, anyInlinePolicy)
    await untilChanged()
    await ssoAdmin.putPermissionsBoundary(arn, boundary)
    expect((await ssoAdmin.listManagedPolicies(arn)).items).toEqual([
      'arn:aws:iam::aws:policy/ReadOnlyAccess',
      'arn:aws:iam::aws:policy/job-function/Billing',
    ])
    expect((await ssoAdmin.listCustomerManagedPolicies(arn)).items).toEqual([{ Name: 'extra', Path: '/' }])
    expect(await ssoAdmin.getInlinePolicy(arn)).toBe(anyInlinePolicy)
    expect(await ssoAdmin.getPermissionsBoundary(arn)).toEqual(boundary)
  })

  test('a change of a permission set at once after another one is a conflict, and half a second later is not', async () => {
    const arn = permissionSetArnIn(world, 'ReadOnly-ps')
    await ssoAdmin.putInlinePolicy(arn, anyInlinePolicy)
    await world.clock.advance(100)
    const billing = 'arn:aws:iam::aws:policy/job-function/Billing'
    await expect(ssoAdmin.attachManagedPolicy(arn, billing)).rejects.toMatchObject({
      code: 'ConflictException',
      message: 'There is a conflicting operation in process.',
    })
    await ssoAdmin.putInlinePolicy(permissionSetArnIn(world, 'Operator-ps'), anyInlinePolicy)
    await world.clock.advance(400)
    await ssoAdmin.attachManagedPolicy(arn, billing)
    expect((await ssoAdmin.listManagedPolicies(arn)).items).toContain(billing)
  })

  test('attaching an attached policy is a conflict', async () => {
    const arn = permissionSetArnIn(world, 'ReadOnly-ps')
    await expect(ssoAdmin.attachManagedPolicy(arn, 'arn:aws:iam::aws:policy/ReadOnlyAccess')).rejects.toMatchObject({
      code: 'ConflictException',
    })
  })

  test('an update clears the relay state that it leaves out, and keeps the description', async () => {
    const name = permissionSetName.parse('Billing-ps')
    const described = { name, description: 'Invoices', sessionDuration: 'PT2H', relayState: 'https://example.com/' }
    const arn = await ssoAdmin.createPermissionSet({ ...described, tags: [] })
    await ssoAdmin.updatePermissionSet(arn, { sessionDuration: 'PT8H' })
    await untilChanged()
    const expected = { arn, name, createdAt: start, description: 'Invoices', sessionDuration: 'PT8H' }
    expect(await ssoAdmin.describePermissionSet(arn)).toEqual(expected)
    await ssoAdmin.updatePermissionSet(arn, { sessionDuration: 'PT1H', description: 'Bills', relayState: '/home' })
    const again = { description: 'Bills', sessionDuration: 'PT1H', relayState: '/home' }
    expect(await ssoAdmin.describePermissionSet(arn)).toEqual({ ...expected, ...again })
  })

  test('what was detached or deleted is no longer there, and detaching it again is refused', async () => {
    const arn = permissionSetArnIn(world, 'ReadOnly-ps')
    const managed = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
    const extra = { Name: 'extra', Path: '/ops/' }
    await ssoAdmin.attachCustomerManagedPolicy(arn, extra)
    await untilChanged()
    await ssoAdmin.putInlinePolicy(arn, anyInlinePolicy)
    await untilChanged()
    await ssoAdmin.putPermissionsBoundary(arn, { ManagedPolicyArn: managed })
    await untilChanged()
    await ssoAdmin.detachManagedPolicy(arn, managed)
    await untilChanged()
    await ssoAdmin.detachCustomerManagedPolicy(arn, extra)
    await untilChanged()
    await ssoAdmin.deleteInlinePolicy(arn)
    await untilChanged()
    await ssoAdmin.deletePermissionsBoundary(arn)
    await untilChanged()
    expect((await ssoAdmin.listManagedPolicies(arn)).items).toEqual([])
    expect((await ssoAdmin.listCustomerManagedPolicies(arn)).items).toEqual([])
    expect(await ssoAdmin.getInlinePolicy(arn)).toBeUndefined()
    expect(await ssoAdmin.getPermissionsBoundary(arn)).toBeUndefined()
    const refused = { code: 'ResourceNotFoundException' }
    await expect(ssoAdmin.detachManagedPolicy(arn, managed)).rejects.toMatchObject(refused)
    await expect(ssoAdmin.detachCustomerManagedPolicy(arn, extra)).rejects.toMatchObject(refused)
    await expect(ssoAdmin.deletePermissionsBoundary(arn)).rejects.toMatchObject(refused)
  })

  test('one call replaces a boundary by one of the other kind', async () => {
    const arn = permissionSetArnIn(world, 'ReadOnly-ps')
    const other = { CustomerManagedPolicyReference: { Name: 'boundary', Path: '/' } }
    await ssoAdmin.putPermissionsBoundary(arn, { ManagedPolicyArn: 'arn:aws:iam::aws:policy/PowerUserAccess' })
    await untilChanged()
    await ssoAdmin.putPermissionsBoundary(arn, other)
    expect(await ssoAdmin.getPermissionsBoundary(arn)).toEqual(other)
  })

  test('tags are added, given new values, and taken away by key', async () => {
    const arn = permissionSetArnIn(world, 'ReadOnly-ps')
    await ssoAdmin.tagResource(arn, [
      { Key: 'team', Value: 'Web' },
      { Key: 'env', Value: '' },
    ])
    await ssoAdmin.tagResource(arn, [{ Key: 'team', Value: 'Équipe / 7' }])
    await ssoAdmin.untagResource(arn, ['env', 'missing'])
    expect(await ssoAdmin.listTagsForResource(arn)).toEqual({ items: [{ Key: 'team', Value: 'Équipe / 7' }] })
  })

  test('tags that AWS keeps to itself are refused', async () => {
    const arn = permissionSetArnIn(world, 'ReadOnly-ps')
    const tags = [{ Key: 'aws:x', Value: '1' }]
    const refused = { code: 'ValidationException' }
    await expect(ssoAdmin.tagResource(arn, tags)).rejects.toMatchObject(refused)
    await expect(ssoAdmin.untagResource(arn, ['AWS:x'])).rejects.toMatchObject(refused)
    const reserved = { name: permissionSetName.parse('Reserved-ps'), sessionDuration: 'PT1H', tags }
    await expect(ssoAdmin.createPermissionSet(reserved)).rejects.toMatchObject(refused)
  })

  test('a provisioning brings the accounts that are not up to date to the definition', async () => {
    const wanted = target(website, 'ReadOnly-ps', 'GROUP', 'Auditors')
    const arn = wanted.permissionSetArn
    world.ssoAdmin.addAssignment(wanted)
    world.ssoAdmin.addAssignment({ ...wanted, accountId: accountId.parse(shop) })
    await ssoAdmin.putInlinePolicy(arn, anyInlinePolicy)
    const stale = 'LATEST_PERMISSION_SET_NOT_PROVISIONED'
    expect((await ssoAdmin.listAccountsForProvisionedPermissionSet(arn)).items).toEqual([website, shop])
    const one = await ssoAdmin.provisionPermissionSet(arn, wanted.accountId)
    const inProgress = { requestId: one.requestId, state: 'IN_PROGRESS' }
    expect(one).toEqual({ ...inProgress, permissionSetArn: arn, accountId: website })
    expect((await ssoAdmin.listProvisionings('IN_PROGRESS')).items).toEqual([{ ...inProgress, createdAt: start }])
    await world.clock.advance(longEnough)
    expect(await ssoAdmin.describeProvisioning(one.requestId)).toEqual({ ...one, state: 'SUCCEEDED', createdAt: start })
    expect((await ssoAdmin.listAccountsForProvisionedPermissionSet(arn, stale)).items).toEqual([shop])
    expect((await ssoAdmin.listPermissionSetsProvisionedToAccount(accountId.parse(shop), stale)).items).toEqual([arn])
    const all = await ssoAdmin.provisionPermissionSet(arn)
    expect(all.accountId).toBeUndefined()
    await world.clock.advance(longEnough)
    expect((await ssoAdmin.listAccountsForProvisionedPermissionSet(arn, stale)).items).toEqual([])
    expect(await ssoAdmin.describeProvisioning(unknownPrincipal)).toBeUndefined()
  })

  test('a provisioning that failed tells its reason', async () => {
    const wanted = target(website, 'Operator-ps', 'GROUP', 'Operators')
    world.ssoAdmin.addAssignment(wanted)
    world.ssoAdmin.removeCustomerManagedPolicy(wanted.accountId, 'operators-base')
    const { requestId } = await ssoAdmin.provisionPermissionSet(wanted.permissionSetArn, wanted.accountId)
    await world.clock.advance(longEnough)
    expect(await ssoAdmin.describeProvisioning(requestId)).toMatchObject({
      state: 'FAILED',
      failureReason: 'Received a 404 status error: Not supported policy operators-base.',
    })
  })

  test('a permission set is deleted only when nothing has it', async () => {
    const wanted = target(website, 'ReadOnly-ps', 'GROUP', 'Auditors')
    world.ssoAdmin.addAssignment(wanted)
    await expect(ssoAdmin.deletePermissionSet(wanted.permissionSetArn)).rejects.toMatchObject({
      code: 'ConflictException',
      message: expect.stringContaining('has ApplicationProfile associated with it.'),
    })
    world.ssoAdmin.removeAssignment(wanted)
    await ssoAdmin.deletePermissionSet(wanted.permissionSetArn)
    expect(await ssoAdmin.describePermissionSet(wanted.permissionSetArn)).toBeUndefined()
  })

  test('an unknown permission set is described as absent and refused everywhere else', async () => {
    expect(await ssoAdmin.describePermissionSet(unknownArn)).toBeUndefined()
    const refused = { code: 'ResourceNotFoundException' }
    await expect(ssoAdmin.listManagedPolicies(unknownArn)).rejects.toMatchObject(refused)
    await expect(ssoAdmin.getInlinePolicy(unknownArn)).rejects.toMatchObject(refused)
    await expect(ssoAdmin.getPermissionsBoundary(unknownArn)).rejects.toMatchObject(refused)
    const wanted = { ...target(website, 'ReadOnly-ps', 'GROUP', 'Auditors'), permissionSetArn: unknownArn }
    await expect(ssoAdmin.createAccountAssignment(wanted)).rejects.toMatchObject(refused)
    await expect(ssoAdmin.listAccountAssignments(wanted.accountId, unknownArn)).rejects.toMatchObject(refused)
  })

  test('assignments beyond a page of a hundred are on the next page', async () => {
    const { accountId: id, permissionSetArn: arn } = target(website, 'ReadOnly-ps', 'GROUP', 'Auditors')
    for (let index = 0; index < 101; index++) {
      const suffix = String(index).padStart(12, '0')
      world.ssoAdmin.addAssignment({
        accountId: id,
        permissionSetArn: arn,
        principalId: principalId.parse(`00000000-0000-4000-8000-${suffix}`),
        principalType: 'USER',
      })
    }
    const first = await ssoAdmin.listAccountAssignments(id, arn)
    expect(first.items).toHaveLength(100)
    const second = await ssoAdmin.listAccountAssignments(id, arn, first.nextToken)
    expect(second.items).toHaveLength(1)
    expect(second.nextToken).toBeUndefined()
    expect(new Set([...first.items, ...second.items].map((one) => one.principalId)).size).toBe(101)
  })
})

test.each(adapters)(
  'a write that was sent is waited for, though its signal aborts meanwhile: $adapter',
  async ({ openPorts }) => {
    const sending = new AbortController()
    const onCall = (operation: string) => {
      if (operation === 'CreateAccountAssignment') sending.abort()
    }
    const world = openWorld({ ssoAdmin: { onCall } })
    const ports = await openPorts(world)
    const wanted = {
      accountId: accountId.parse(website),
      permissionSetArn: permissionSetArnIn(world, 'ReadOnly-ps'),
      principalId: principalIdIn(world, 'GROUP', 'Auditors'),
      principalType: 'GROUP' as const,
    }
    const request = await ports.ssoAdmin.createAccountAssignment(wanted, { signal: sending.signal })
    expect(sending.signal.aborted).toBe(true)
    expect(request.target).toEqual(wanted)
    await ports.close()
  },
)

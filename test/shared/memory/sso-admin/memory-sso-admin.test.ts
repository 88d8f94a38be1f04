import { describe, expect, test } from '@jest/globals'
import { type AccountId, accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import type { PrincipalType } from '../../../../shared/domain/principals/principal.ts'
import { listAll } from '../../../../shared/ports/page.ts'
import type { AssignmentTarget, RequestKind } from '../../../../shared/ports/sso-admin.ts'
import {
  found,
  type IdentityCenterWorld,
  openModels,
  openWorld,
  permissionSetArnIn,
  principalIdIn,
  shop,
  website,
} from '../../../contract/identity-center-world.ts'
import { refusedPolicies, takenPolicies } from '../../domain/iam-policies/policy-cases.ts'
import { anyInlinePolicy } from '../../domain/permission-set-of.ts'
import { DurableTables } from '../durable-tables.ts'

const minute = 60_000
const websiteId = accountId.parse(website)
const shopId = accountId.parse(shop)

function target(
  world: IdentityCenterWorld,
  account: AccountId = websiteId,
  {
    set = 'ReadOnly-ps',
    type = 'GROUP',
    name = 'Auditors',
  }: { set?: string; type?: PrincipalType; name?: string } = {},
): AssignmentTarget {
  return {
    accountId: account,
    permissionSetArn: permissionSetArnIn(world, set),
    principalId: principalIdIn(world, type, name),
    principalType: type,
  }
}

async function stateOf({ ssoAdmin }: IdentityCenterWorld, kind: RequestKind, requestId: string) {
  return (await ssoAdmin.describeAssignmentRequest(kind, requestId))?.state
}

describe('an inline policy is', () => {
  test.each(refusedPolicies)('refused: $title', async ({ policy }) => {
    const world = openWorld()
    await expect(
      world.ssoAdmin.putInlinePolicy(permissionSetArnIn(world, 'ReadOnly-ps'), JSON.stringify(policy)),
    ).rejects.toMatchObject({
      code: 'ValidationException',
      message: expect.stringMatching(/^Invalid PermissionsPolicy Document: /),
    })
  })

  test.each(takenPolicies)('taken: %s', async (_, policy) => {
    const world = openWorld()
    const arn = permissionSetArnIn(world, 'ReadOnly-ps')
    await world.ssoAdmin.putInlinePolicy(arn, JSON.stringify(policy))
    expect(await world.ssoAdmin.getInlinePolicy(arn)).toBe(JSON.stringify(policy))
  })
})

describe('requests come out when they are due', () => {
  test('a group that is deleted before the request is due makes it fail, whenever one looks', async () => {
    const world = openWorld()
    const wanted = target(world)
    const request = await world.ssoAdmin.createAccountAssignment(wanted)
    await world.identityStore.deleteGroup(wanted.principalId)
    await world.clock.advance(minute)
    expect(await stateOf(world, 'creation', request.requestId)).toBe('FAILED')
  })

  test('a group that is deleted after the request was due does not, though nobody had looked', async () => {
    const world = openWorld()
    const wanted = target(world)
    const request = await world.ssoAdmin.createAccountAssignment(wanted)
    await world.clock.advance(minute)
    await world.identityStore.deleteGroup(wanted.principalId)
    expect(await stateOf(world, 'creation', request.requestId)).toBe('SUCCEEDED')
    expect(world.ssoAdmin.assignments()).toEqual([wanted])
  })

  test('an account that is suspended after the request was due does not either', async () => {
    const world = openWorld()
    const request = await world.ssoAdmin.createAccountAssignment(target(world))
    await world.clock.advance(minute)
    world.organizations.suspendAccount(websiteId)
    expect(await stateOf(world, 'creation', request.requestId)).toBe('SUCCEEDED')
  })

  test('an account that closes by itself between two requests refuses the later one only', async () => {
    const world = openWorld({ ssoAdmin: { latencyMs: 100, latencyP99Ms: 100 }, organizations: { closureMs: 150 } })
    await world.organizations.closeAccount(websiteId)
    const early = await world.ssoAdmin.createAccountAssignment(target(world))
    await world.clock.advance(100)
    const late = await world.ssoAdmin.createAccountAssignment(target(world, websiteId, { name: 'Operators' }))
    await world.clock.advance(minute)
    expect(await stateOf(world, 'creation', early.requestId)).toBe('SUCCEEDED')
    expect(await stateOf(world, 'creation', late.requestId)).toBe('FAILED')
  })

  test('the next due instant is that of the earliest request', async () => {
    const world = openWorld({ ssoAdmin: { latencyMs: 100, latencyP99Ms: 100 } })
    expect(world.ssoAdmin.nextDueAt()).toBeUndefined()
    await world.ssoAdmin.createAccountAssignment(target(world))
    const due = new Date(world.clock.now().getTime() + 100)
    await world.clock.advance(50)
    await world.ssoAdmin.createAccountAssignment(target(world, shopId))
    expect(world.ssoAdmin.nextDueAt()).toEqual(due)
    await world.clock.advance(minute)
    world.ssoAdmin.settle()
    expect(world.ssoAdmin.nextDueAt()).toBeUndefined()
  })

  test('a finished request is forgotten after its retention', async () => {
    const world = openWorld({ ssoAdmin: { retentionMs: minute, latencyMs: 0 } })
    const request = await world.ssoAdmin.createAccountAssignment(target(world))
    await world.clock.advance(minute)
    expect(await stateOf(world, 'creation', request.requestId)).toBe('SUCCEEDED')
    await world.clock.advance(1)
    expect(await stateOf(world, 'creation', request.requestId)).toBeUndefined()
    expect((await world.ssoAdmin.listAssignmentRequests('creation', undefined)).items).toEqual([])
  })

  test.each([
    ['newest-first', ['third', 'second', 'first']],
    ['oldest-first', ['first', 'second', 'third']],
  ] as const)('requests are listed %s, page by page, until they are forgotten', async (requestOrder, order) => {
    const options = { requestOrder, requestPageMost: 1, retentionMs: minute, latencyMs: 0 }
    const world = openWorld({ ssoAdmin: options })
    const names = new Map<string, string>()
    for (const name of ['first', 'second', 'third']) {
      names.set((await world.ssoAdmin.createAccountAssignment(target(world))).requestId, name)
      await world.clock.advance(1_000)
    }
    const list = async () => {
      const page = (token?: string) => world.ssoAdmin.listAssignmentRequests('creation', undefined, token)
      return (await Array.fromAsync(listAll(page))).map(({ requestId }) => names.get(requestId))
    }
    expect(await list()).toEqual(order)
    await world.clock.advance(minute - 2_000)
    expect(await list()).toEqual(order.filter((name) => name !== 'first'))
  })

  test('a model that is opened over kept tables finishes what was in progress', async () => {
    const tables = new DurableTables()
    const before = openWorld({ openTable: tables.open })
    const wanted = target(before)
    const request = await before.ssoAdmin.createAccountAssignment(wanted)
    await before.ssoAdmin.provisionPermissionSet(permissionSetArnIn(before, 'Operator-ps'))
    const after = openModels({ openTable: tables.open, clock: before.clock })
    expect(after.ssoAdmin.outstandingRequests()).toMatchObject([request])
    await expect(after.ssoAdmin.createAccountAssignment(wanted)).rejects.toMatchObject({ code: 'ConflictException' })
    await after.clock.advance(minute)
    expect(await stateOf(after, 'creation', request.requestId)).toBe('SUCCEEDED')
    expect(after.ssoAdmin.assignments()).toEqual([wanted])
    expect(after.ssoAdmin.roleName(wanted.accountId, wanted.permissionSetArn)).toMatch(
      /^AWSReservedSSO_ReadOnly-ps_[0-9a-f]{16}$/,
    )
    expect((await after.ssoAdmin.describePermissionSet(wanted.permissionSetArn))?.name).toBe('ReadOnly-ps')
  })
})

describe('roles', () => {
  test('the last assignment that goes takes the role along, and the next role has another suffix', async () => {
    const world = openWorld({ ssoAdmin: { latencyMs: 0 } })
    const [auditors, operators] = [target(world), target(world, websiteId, { name: 'Operators' })]
    const role = () => world.ssoAdmin.roleName(websiteId, auditors.permissionSetArn)
    await world.ssoAdmin.createAccountAssignment(auditors)
    const first = role()
    await world.ssoAdmin.createAccountAssignment(operators)
    await world.ssoAdmin.deleteAccountAssignment(auditors)
    expect(role()).toBe(first)
    await world.ssoAdmin.deleteAccountAssignment(operators)
    expect(role()).toBeUndefined()
    await world.ssoAdmin.createAccountAssignment(auditors)
    expect(role()).not.toBe(first)
  })

  test('an account that leaves the organization takes its assignments along', async () => {
    const world = openWorld()
    world.ssoAdmin.addAssignment(target(world))
    world.ssoAdmin.addAssignment(target(world, shopId))
    await world.organizations.removeAccountFromOrganization(websiteId)
    expect(world.ssoAdmin.assignments()).toEqual([target(world, shopId)])
    await expect(world.ssoAdmin.createAccountAssignment(target(world))).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    })
  })
})

describe('deleting the assignment of a principal that is gone', () => {
  test.each([
    { gonePrincipalDeletion: 'succeeds' as const, state: 'SUCCEEDED', left: 0 },
    { gonePrincipalDeletion: 'fails' as const, state: 'FAILED', left: 1 },
    { gonePrincipalDeletion: 'fails-yet-removes' as const, state: 'FAILED', left: 0 },
  ])('$gonePrincipalDeletion', async ({ gonePrincipalDeletion, state, left }) => {
    const world = openWorld({ ssoAdmin: { gonePrincipalDeletion } })
    const wanted = target(world)
    world.ssoAdmin.addAssignment(wanted)
    await world.identityStore.deleteGroup(wanted.principalId)
    const request = await world.ssoAdmin.deleteAccountAssignment(wanted)
    await world.clock.advance(minute)
    expect(await stateOf(world, 'deletion', request.requestId)).toBe(state)
    expect(world.ssoAdmin.assignments()).toHaveLength(left)
  })
})

describe('assignments of a principal', () => {
  test('those of a user come with those of its groups', async () => {
    const world = openWorld()
    const own = target(world, websiteId, { type: 'USER', name: 'ana@example.com' })
    const inherited = target(world, shopId)
    const foreign = target(world, shopId, { name: 'Operators' })
    for (const one of [own, inherited, foreign]) world.ssoAdmin.addAssignment(one)
    await world.identityStore.createGroupMembership(inherited.principalId, own.principalId)
    const all = await world.ssoAdmin.listAccountAssignmentsForPrincipal(own)
    expect(all.items).toEqual([own, inherited])
    const inShop = await world.ssoAdmin.listAccountAssignmentsForPrincipal(own, undefined, { accountId: shopId })
    expect(inShop.items).toEqual([inherited])
    expect((await world.ssoAdmin.listAccountAssignmentsForPrincipal(inherited)).items).toEqual([inherited])
  })
})

describe('permission sets', () => {
  test('an update that leaves out the relay state clears it, and keeps the description', async () => {
    const world = openWorld()
    const arn = await world.ssoAdmin.createPermissionSet({
      name: permissionSetName.parse('New-ps'),
      description: 'as it was',
      relayState: 'https://example.com/',
      sessionDuration: 'PT2H',
      tags: [],
    })
    await world.ssoAdmin.updatePermissionSet(arn, { sessionDuration: 'PT4H' })
    const attributes = await world.ssoAdmin.describePermissionSet(arn)
    expect(attributes).toMatchObject({ description: 'as it was', sessionDuration: 'PT4H' })
    expect(attributes?.relayState).toBeUndefined()
  })

  test('a permission set is not deleted while it is provisioned, nor while a request names it', async () => {
    const world = openWorld({ ssoAdmin: { latencyMs: 1000 } })
    const wanted = target(world)
    const remove = () => world.ssoAdmin.deletePermissionSet(wanted.permissionSetArn)
    const inUse = { code: 'ConflictException', message: expect.stringContaining('has ApplicationProfile associated') }
    await world.ssoAdmin.createAccountAssignment(wanted)
    await expect(remove()).rejects.toMatchObject(inUse)
    await world.clock.advance(minute)
    await expect(remove()).rejects.toMatchObject(inUse)
    await world.ssoAdmin.deleteAccountAssignment(wanted)
    await expect(remove()).rejects.toMatchObject(inUse)
    await world.clock.advance(minute)
    await remove()
    expect(await world.ssoAdmin.describePermissionSet(wanted.permissionSetArn)).toBeUndefined()
  })

  test('there are 3,500 permission sets at most', async () => {
    const world = openWorld()
    const add = (index: number) => {
      const name = permissionSetName.parse(`set-${index}`)
      const digits = String(index).padStart(16, '0')
      return world.ssoAdmin.addPermissionSet({ name, sessionDuration: 'PT1H', tags: [] }, digits)
    }
    for (let index = 3; index <= 3500; index++) add(index)
    expect(() => add(3501)).toThrow('3500')
  })

  test('an account has 500 permission sets at most', async () => {
    const world = openWorld()
    for (let index = 1; index <= 500; index++) {
      const name = permissionSetName.parse(`set-${index}`)
      const permissionSet = { name, sessionDuration: 'PT1H', tags: [] }
      const arn = world.ssoAdmin.addPermissionSet(permissionSet, String(index).padStart(16, '0'))
      world.ssoAdmin.addAssignment({ ...target(world), permissionSetArn: arn })
    }
    await expect(world.ssoAdmin.createAccountAssignment(target(world))).rejects.toMatchObject({
      code: 'ServiceQuotaExceededException',
    })
    const again = target(world, websiteId, { set: 'set-7', name: 'Operators' })
    expect((await world.ssoAdmin.createAccountAssignment(again)).state).toBe('IN_PROGRESS')
  })
})

describe('provisioning', () => {
  const staleAccounts = async (world: IdentityCenterWorld, name: string) => {
    const arn = permissionSetArnIn(world, name)
    const status = 'LATEST_PERMISSION_SET_NOT_PROVISIONED'
    return (await world.ssoAdmin.listAccountsForProvisionedPermissionSet(arn, status)).items
  }

  test('a changed definition reaches the accounts when it is provisioned', async () => {
    const world = openWorld()
    const arn = permissionSetArnIn(world, 'ReadOnly-ps')
    world.ssoAdmin.addAssignment(target(world))
    world.ssoAdmin.addAssignment(target(world, shopId))
    await world.ssoAdmin.putInlinePolicy(arn, anyInlinePolicy)
    expect(await staleAccounts(world, 'ReadOnly-ps')).toEqual([websiteId, shopId])
    await world.ssoAdmin.provisionPermissionSet(arn, shopId)
    await world.clock.advance(minute)
    expect(await staleAccounts(world, 'ReadOnly-ps')).toEqual([websiteId])
    await world.ssoAdmin.provisionPermissionSet(arn)
    await world.clock.advance(minute)
    expect(await staleAccounts(world, 'ReadOnly-ps')).toEqual([])
  })

  test('an account that fails does not hold up the others', async () => {
    const world = openWorld()
    const arn = permissionSetArnIn(world, 'Operator-ps')
    world.ssoAdmin.addAssignment(target(world, websiteId, { set: 'Operator-ps' }))
    world.ssoAdmin.addAssignment(target(world, shopId, { set: 'Operator-ps' }))
    await world.ssoAdmin.putInlinePolicy(arn, anyInlinePolicy)
    world.ssoAdmin.removeCustomerManagedPolicy(websiteId, 'operators-base')
    const request = await world.ssoAdmin.provisionPermissionSet(arn)
    await world.clock.advance(minute)
    expect(await world.ssoAdmin.describeProvisioning(request.requestId)).toMatchObject({
      state: 'FAILED',
      failureReason: 'Received a 404 status error: Not supported policy operators-base.',
    })
    expect(await staleAccounts(world, 'Operator-ps')).toEqual([websiteId])
  })

  test('provisioning everywhere what is nowhere succeeds', async () => {
    const world = openWorld()
    const request = await world.ssoAdmin.provisionPermissionSet(permissionSetArnIn(world, 'ReadOnly-ps'))
    await world.clock.advance(minute)
    expect((await world.ssoAdmin.describeProvisioning(request.requestId))?.state).toBe('SUCCEEDED')
  })

  test('three run at a time, and one per permission set', async () => {
    const throttled: string[] = []
    const world = openWorld({ ssoAdmin: { onThrottled: (operation) => throttled.push(operation) } })
    const arns = [1, 2, 3, 4].map((index) => {
      const name = permissionSetName.parse(`set-${index}`)
      return world.ssoAdmin.addPermissionSet({ name, sessionDuration: 'PT1H', tags: [] }, String(index).repeat(16))
    })
    const [first, , , fourth] = arns
    for (const arn of arns.slice(0, 3)) await world.ssoAdmin.provisionPermissionSet(arn)
    await expect(world.ssoAdmin.provisionPermissionSet(found(first, 'set-1'))).rejects.toMatchObject({
      code: 'ConflictException',
    })
    await expect(world.ssoAdmin.provisionPermissionSet(found(fourth, 'set-4'))).rejects.toMatchObject({
      code: 'ThrottlingException',
    })
    expect(throttled).toEqual(['ProvisionPermissionSet'])
  })

  test('an account whose role is being updated takes no assignment meanwhile', async () => {
    const world = openWorld()
    world.ssoAdmin.addAssignment(target(world))
    await world.ssoAdmin.provisionPermissionSet(permissionSetArnIn(world, 'ReadOnly-ps'))
    const another = target(world, websiteId, { name: 'Operators' })
    await expect(world.ssoAdmin.createAccountAssignment(another)).rejects.toMatchObject({ code: 'ConflictException' })
    expect((await world.ssoAdmin.createAccountAssignment(target(world, shopId))).state).toBe('IN_PROGRESS')
  })
})

test('calls are told with their instants, those turned away for the rate apart', async () => {
  const calls: string[] = []
  const world = openWorld({
    ssoAdmin: {
      onCall: (operation, at) => calls.push(`${at.toISOString()} ${operation}`),
      onThrottled: (operation) => calls.push(`throttled ${operation}`),
    },
  })
  await world.ssoAdmin.listPermissionSets()
  await world.clock.advance(500)
  for (let call = 0; call < 19; call++) await world.ssoAdmin.listInstances()
  await expect(world.ssoAdmin.describeInstance()).rejects.toThrow('Rate exceeded')
  expect(calls).toHaveLength(21)
  expect(calls.at(0)).toBe('2026-03-03T10:00:00.000Z ListPermissionSets')
  expect(calls.at(1)).toBe('2026-03-03T10:00:00.500Z ListInstances')
  expect(calls.at(-1)).toBe('throttled DescribeInstance')
})

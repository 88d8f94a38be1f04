import { expect, test } from '@jest/globals'
import type { Configuration } from '../../../../shared/domain/deployment/configuration.ts'
import { type AccountId, accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { permissionSetArn } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { type OrganizationFile, parseOrganizationFile } from '../../../../shared/memory/organization-file.ts'
import type { Ports } from '../../../../shared/ports/ports.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { isShallow, stride } from '../../../depth.ts'
import { dyingPorts, intercept, noAnswer } from '../../../intercept.ts'
import { acme, World, type WorldOptions } from '../../../world.ts'

const key = 'permission_sets/Life-ps.json'
const ownedKey = 'owned_permission_sets/Life-ps'
const management = accountId.parse('111111111111')
const audit = accountId.parse('210000000003')
const group = 'team-security'

function open(options: WorldOptions = {}, { dispatcher = true } = {}): World {
  return new World({ organization: { ...acme(), assignments: [] }, ...options }).start({ dispatcher })
}

function file(fields: object = {}): string {
  return JSON.stringify({ permissionSetName: 'Life-ps', ...fields })
}

function link(account: string, principal = group): string {
  return `links_data/account%${account}%Life-ps%${principal}%GROUP%ssofile`
}

const stateOf = async (world: World, input: string) => (await world.json(`status/${input}.json`))?.state
const untilState = (world: World, input: string, state: string | undefined, minutes?: number) =>
  world.until(async () => (await stateOf(world, input)) === state, `${input} ${state}`, minutes)
/** The status says `applied` of the file that is there now. */
const untilInForce = (world: World) =>
  world.until(async () => {
    const status = await world.json(`status/${key}.json`)
    return status?.state === 'applied' && status.etag === (await world.objects.head(key))?.etag
  }, 'the file as it is in force')
const arnOf = async (world: World) => permissionSetArn.parse((await world.json(ownedKey))?.arn)
const isWrite = (operation: string) => !/^(List|Describe|Get)/.test(operation)
const accountsOf = (world: World): readonly AccountId[] =>
  world.organizations
    .accountsNow()
    .filter(({ id, state }) => state === 'ACTIVE' && id !== management)
    .map(({ id }) => id)

function fortyAccounts(): OrganizationFile {
  const account = (id: string) => ({ id, name: `account-${id}`, email: `${id}@example.com`, tags: {} })
  const members = Array.from({ length: 40 }, (_, index) => account(String(300_000_000_000 + index)))
  const parsed = parseOrganizationFile('forty accounts', {
    managementAccountId: management,
    root: { id: 'r-test', accounts: [account(management), ...members], organizationalUnits: [] },
    groups: [group],
    users: [],
  })
  if (!parsed.ok) throw new Error(parsed.complaint.received)
  return parsed.value
}

/** The group gets the permission set in these accounts, by links that are in force. */
async function grantIn(world: World, accounts: readonly string[]): Promise<void> {
  for (const account of accounts) await world.objects.put(link(account), '')
  await world.until(
    async () => (await Promise.all(accounts.map((id) => stateOf(world, link(id))))).every((one) => one === 'applied'),
    'all links in force',
  )
}

test('an update reaches every account that has the permission set, by one provisioning', async () => {
  const world = open()
  await world.objects.put(key, file())
  await untilState(world, key, 'applied')
  const accounts = accountsOf(world).slice(0, 5)
  await grantIn(world, accounts)
  world.calls.length = 0
  await world.objects.put(key, file({ managedPoliciesArnList: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] }))
  await untilInForce(world)
  expect(world.calls.filter(isWrite)).toEqual(['AttachManagedPolicyToPermissionSet', 'ProvisionPermissionSet'])
  const stale = 'LATEST_PERMISSION_SET_NOT_PROVISIONED'
  const arn = await arnOf(world)
  expect((await world.ssoAdmin.listAccountsForProvisionedPermissionSet(arn, stale)).items).toEqual([])
})

test('tags alone need no provisioning', async () => {
  const world = open()
  await world.objects.put(key, file())
  await untilState(world, key, 'applied')
  await grantIn(world, accountsOf(world).slice(0, 2))
  world.calls.length = 0
  await world.objects.put(key, file({ tags: [{ Key: 'team', Value: 'Web' }] }))
  await untilInForce(world)
  expect(world.calls.filter(isWrite)).toEqual(['TagResource'])
})

test('accounts where provisioning fails are told with their reasons, and only they are tried again', async () => {
  const world = open({ organization: fortyAccounts() })
  await world.objects.put(key, file())
  await untilState(world, key, 'applied')
  const accounts = accountsOf(world)
  expect(accounts).toHaveLength(40)
  await grantIn(world, accounts)
  const [first, second] = [accounts[7], accounts[31]]
  if (!first || !second) throw new Error('too few accounts')
  for (const id of [first, second]) world.ssoAdmin.removeCustomerManagedPolicy(id, 'base')
  await world.objects.put(key, file({ customerManagedPoliciesList: [{ Name: 'base' }] }))
  await untilState(world, key, 'failed')
  const reason = expect.stringContaining('Not supported policy base')
  expect(await world.json(`status/${key}.json`)).toMatchObject({
    accounts: {
      desired: 40,
      applied: 38,
      open: 0,
      failed: [
        { account: first, reason },
        { account: second, reason },
      ],
    },
  })
  for (const id of [first, second]) world.ssoAdmin.restoreCustomerManagedPolicy(id, 'base')
  world.calls.length = 0
  await world.until(
    async () => {
      await world.finish(world.everyMinute(), 500)
      return (await stateOf(world, key)) === 'applied'
    },
    'the retry',
    30,
  )
  expect(world.calls.filter(isWrite)).toEqual(['ProvisionPermissionSet', 'ProvisionPermissionSet'])
  expect(await world.keys('state/open/')).toEqual([])
  expect(await world.keys('attention/')).toEqual([])
}, 60_000)

test('a suspended account does not hold up an update: its status warns of it', async () => {
  const world = open()
  await world.objects.put(key, file())
  await untilState(world, key, 'applied')
  const [first, second] = accountsOf(world)
  if (!first || !second) throw new Error('too few accounts')
  await grantIn(world, [first, second])
  world.organizations.suspendAccount(first)
  await world.finish(world.everyHour())
  await world.objects.put(key, file({ description: 'new' }))
  await untilInForce(world)
  expect(await world.json(`status/${key}.json`)).toMatchObject({ warnings: [expect.stringContaining(first)] })
})

test('a deletion waits for the link that uses it, says so, and goes through when the link is gone', async () => {
  const world = open()
  await world.objects.put(key, file())
  await untilState(world, key, 'applied')
  await grantIn(world, [audit])
  await world.objects.delete(key)
  await untilState(world, key, 'blocked')
  const { reason } = (await world.json(`status/${key}.json`)) ?? {}
  expect(reason).toContain(link(audit))
  expect(reason).toContain(`access in 1 account (${audit})`)
  expect(await world.keys('attention/blocked/')).toEqual([`attention/blocked/${key}`])
  await world.objects.delete(link(audit))
  await world.until(() => world.ssoAdmin.permissionSetArnOf('Life-ps') === undefined, 'the deletion')
  await untilState(world, key, undefined)
  expect(await world.keys('owned_permission_sets/')).toEqual([])
  expect(await world.keys('attention/')).toEqual([])
  expect(await world.json('state/permission-sets.json')).not.toMatchObject({ nameByArn: { x: 'Life-ps' } })
  const events = (await world.keys('history/permission-set%Life-ps/')).map((one) => one.split('%').at(-1))
  expect(events).toEqual(['created.json', 'deleted.json'])
})

test('a deletion that only a waiting link holds up goes through when that link is deleted', async () => {
  const world = open()
  await world.objects.put(key, file())
  await untilState(world, key, 'applied')
  await world.objects.put(link(audit, 'nobody'), '')
  await untilState(world, link(audit, 'nobody'), 'waiting')
  await world.objects.delete(key)
  await untilState(world, key, 'blocked')
  await world.objects.delete(link(audit, 'nobody'))
  await untilState(world, key, undefined)
  expect(world.ssoAdmin.permissionSetArnOf('Life-ps')).toBeUndefined()
})

test('a deletion waits for a revocation that is still running', async () => {
  const world = open()
  await world.objects.put(key, file())
  await untilState(world, key, 'applied')
  await grantIn(world, [audit])
  await world.objects.delete(link(audit))
  await world.objects.delete(key)
  const states = new Set<unknown>()
  await world.until(async () => {
    const isThere = world.ssoAdmin.permissionSetArnOf('Life-ps') !== undefined
    expect(isThere || world.ssoAdmin.assignments().length === 0).toBe(true)
    states.add(await stateOf(world, key))
    return !isThere
  }, 'the deletion')
  await untilState(world, key, undefined)
  expect(states).toContain('blocked')
})

test('a link that was found waiting just before its permission set was made is applied, however slow other calls are', async () => {
  const slow = (ports: Ports) =>
    intercept(ports, async ({ operation, args, proceed }) => {
      if (operation === 'head' && String(args[0]).startsWith('attention/blocked/')) await ports.clock.sleep(3_000)
      return proceed()
    })
  const world = open({ wrap: slow })
  const input = link(audit)
  await world.objects.put(input, '')
  await world.until(() => world.calls.includes('ListPermissionSets'), 'the look for the permission set')
  await world.objects.put(key, file())
  await untilState(world, key, 'applied')
  expect(await stateOf(world, input)).toBe('applying')
  await untilState(world, input, 'applied')
})

test('a link that arrives while a deletion waits keeps the permission set, and works', async () => {
  const world = open()
  await world.objects.put(key, file())
  await untilState(world, key, 'applied')
  const [first, second] = accountsOf(world)
  if (!first || !second) throw new Error('too few accounts')
  await grantIn(world, [first])
  await world.objects.delete(key)
  await untilState(world, key, 'blocked')
  await world.objects.put(link(second), '')
  await world.objects.delete(link(first))
  await untilState(world, link(second), 'applied')
  await untilState(world, link(first), undefined)
  await world.clock.advance(30_000)
  expect(await stateOf(world, key)).toBe('blocked')
  expect((await world.json(`status/${key}.json`))?.reason).toContain(second)
  await world.objects.delete(link(second))
  await untilState(world, key, undefined)
  expect(world.ssoAdmin.permissionSetArnOf('Life-ps')).toBeUndefined()
})

test('a link that arrives between the last look and the deletion keeps the permission set until it is gone', async () => {
  const world: World = open({
    wrap: (ports) =>
      intercept(ports, async ({ operation, proceed }) => {
        if (operation === 'deletePermissionSet' && (await world.objects.head(link(audit))) === undefined) {
          await world.objects.put(link(audit), '')
          await world.clock.sleep(2_000)
        }
        return proceed()
      }),
  })
  await world.objects.put(key, file())
  await untilState(world, key, 'applied')
  await world.objects.delete(key)
  await untilState(world, key, 'blocked')
  await untilState(world, link(audit), 'applied')
  expect((await world.json(`status/${key}.json`))?.reason).toContain(link(audit))
  expect(world.ssoAdmin.assignments()).toHaveLength(1)
})

test('uploading the file again cancels its deletion', async () => {
  const world = open()
  await world.objects.put(key, file())
  await untilState(world, key, 'applied')
  await grantIn(world, [audit])
  await world.objects.delete(key)
  await untilState(world, key, 'blocked')
  const arn = await arnOf(world)
  await world.objects.put(key, file({ description: 'kept' }))
  await untilInForce(world)
  await world.objects.delete(link(audit))
  await untilState(world, link(audit), undefined)
  await world.clock.advance(30_000)
  expect(world.ssoAdmin.permissionSetArnOf('Life-ps')).toBe(arn)
  expect(await stateOf(world, key)).toBe('applied')
})

test('a deletion that someone else holds up is told, and goes through when they let go', async () => {
  const world = open()
  await world.objects.put(key, file())
  await untilState(world, key, 'applied')
  const arn = await arnOf(world)
  const principalId = world.identityStore.idOf('GROUP', group)
  if (!principalId) throw new Error('no such group')
  const foreign = { accountId: audit, permissionSetArn: arn, principalId, principalType: 'GROUP' as const }
  world.ssoAdmin.addAssignment(foreign)
  await world.objects.delete(key)
  await untilState(world, key, 'blocked')
  expect((await world.json(`status/${key}.json`))?.reason).toMatch(
    /that ssofile does not manage, in 210000000003 .*ApplicationProfile/,
  )
  world.ssoAdmin.removeAssignment(foreign)
  await world.until(
    async () => {
      await world.finish(world.everyMinute(), 500)
      return (await stateOf(world, key)) === undefined
    },
    'the deletion',
    30,
  )
  expect(world.ssoAdmin.permissionSetArnOf('Life-ps')).toBeUndefined()
  expect(await world.keys('state/open/')).toEqual([])
})

test('a permission set that ssofile did not create is left alone, and the remedy names import', async () => {
  const world = open()
  const name = permissionSetName.parse('Life-ps')
  const arn = world.ssoAdmin.addPermissionSet({ name, sessionDuration: 'PT8H', tags: [] }, '0123456789abcdef')
  await world.objects.put(key, file())
  await untilState(world, key, 'rejected')
  expect((await world.json(`status/${key}.json`))?.remedy).toContain('ssofile import --permission-sets Life-ps')
  expect(world.calls.filter(isWrite)).toEqual(['CreatePermissionSet'])
  expect(await world.ssoAdmin.describePermissionSet(arn)).toMatchObject({ sessionDuration: 'PT8H' })
  expect(await world.keys('owned_permission_sets/')).toEqual([])
  await world.objects.delete(key)
  await untilState(world, key, undefined)
  expect(await world.ssoAdmin.describePermissionSet(arn)).toBeDefined()
})

test('one that existed before is never taken for ours, though the answer of the creation was lost', async () => {
  let lost = 0
  const world = open({
    wrap: (ports) =>
      intercept(ports, async ({ operation, proceed }) => {
        if (operation !== 'createPermissionSet' || ++lost > 2) return proceed()
        await proceed().catch(() => undefined)
        throw noAnswer('CreatePermissionSet')
      }),
  })
  const name = permissionSetName.parse('Life-ps')
  world.ssoAdmin.addPermissionSet({ name, sessionDuration: 'PT8H', tags: [] }, '0123456789abcdef')
  await world.clock.advance(60_000)
  await world.objects.put(key, file())
  await untilState(world, key, 'rejected')
  expect(await world.keys('owned_permission_sets/')).toEqual([])
})

test('one of ours whose creation went unanswered is found again', async () => {
  let lost = 0
  const world = open({
    wrap: (ports) =>
      intercept(ports, async ({ operation, proceed }) => {
        const answer = await proceed()
        if (operation === 'createPermissionSet' && lost++ === 0) throw noAnswer('CreatePermissionSet')
        return answer
      }),
  })
  await world.objects.put(key, file({ description: 'mine' }))
  await untilState(world, key, 'applied')
  expect(await arnOf(world)).toBe(world.ssoAdmin.permissionSetArnOf('Life-ps'))
})

test('a permission set that the management account has is recognised once, and told to its file and its links', async () => {
  const world = open({ caller: 'delegated-administrator' })
  await world.objects.put(key, file())
  await untilState(world, key, 'applied')
  const arn = await arnOf(world)
  const principalId = world.identityStore.idOf('GROUP', group)
  if (!principalId) throw new Error('no such group')
  const there = { accountId: management, permissionSetArn: arn, principalId, principalType: 'GROUP' as const }
  world.ssoAdmin.addAssignment(there)
  const all = 'links_data/root%all%Life-ps%team-security%GROUP%ssofile'
  await world.objects.put(all, '')
  await untilState(world, all, 'waiting')
  expect((await world.json(`status/${all}.json`))?.reason).toContain('management account 111111111111')
  const tried = world.calls.filter((call) => call === 'CreateAccountAssignment').length
  // Fifteen in progress, and six that were prepared when the first of them was refused.
  expect(tried).toBeLessThanOrEqual(21)
  await world.finish(world.everyHour())
  await world.clock.advance(60_000)
  expect(world.calls.filter((call) => call === 'CreateAccountAssignment')).toHaveLength(tried)
  await world.objects.put(key, file({ description: 'changed' }))
  await untilState(world, key, 'failed')
  expect((await world.json(`status/${key}.json`))?.reason).toContain('management account 111111111111')
  expect(await world.namedKeys('assignments/')).toEqual([])
  world.ssoAdmin.removeAssignment(there)
  await world.clock.advance(61 * 60_000)
  await world.finish(world.everyHour())
  await untilState(world, all, 'applied')
  await untilState(world, key, 'applied')
}, 60_000)

const drift = (world: World) =>
  world.queues.send('work', [
    {
      body: JSON.stringify({ v: 1, kind: 'permission-set', permissionSet: 'Life-ps', cause: 'drift' }),
      groupId: 'drift',
      deduplicationId: world.ports.randomness.id(),
    },
  ])
const check = async (world: World) => {
  await drift(world)
  await world.finish(world.everyMinute(), 500)
  await world.clock.advance(10_000)
}

async function driftedWorld(onDrift: Configuration['onDrift']) {
  const world = open({ configuration: { onDrift } })
  await world.objects.put(key, file({ description: 'ours' }))
  await untilState(world, key, 'applied')
  const arn = await arnOf(world)
  await world.clock.advance(10_000)
  await world.ssoAdmin.attachManagedPolicy(arn, 'arn:aws:iam::aws:policy/AdministratorAccess')
  return { world, arn }
}

test('what someone else changed is restored by a drift check', async () => {
  const { world, arn } = await driftedWorld('restore')
  await check(world)
  expect((await world.ssoAdmin.listManagedPolicies(arn)).items).toEqual([])
  expect(await stateOf(world, key)).toBe('applied')
  const events = (await world.keys('history/permission-set%Life-ps/')).map((one) => one.split('%').at(-1))
  expect(events).toEqual(['created.json', 'restored.json'])
})

test('what someone else changed is only reported where the configuration says so, until the file is asked to count as new', async () => {
  const { world, arn } = await driftedWorld('report')
  await check(world)
  expect((await world.ssoAdmin.listManagedPolicies(arn)).items).toHaveLength(1)
  expect(await world.json(`status/${key}.json`)).toMatchObject({
    state: 'failed',
    reason: expect.stringContaining('detach arn:aws:iam::aws:policy/AdministratorAccess'),
  })
  await world.finish(world.everyHour())
  await world.clock.advance(60_000)
  await world.objects.put(key, file({ description: 'ours' }))
  await world.clock.advance(60_000)
  expect(await stateOf(world, key)).toBe('failed')
  await world.objects.put(key, file({ description: 'ours' }), undefined, {
    'ssofile-rebind': world.clock.now().toISOString(),
  })
  await untilState(world, key, 'applied')
  expect((await world.ssoAdmin.listManagedPolicies(arn)).items).toEqual([])
})

test('a file that is asked to count as new in the very second in which a change was reported restores the permission set', async () => {
  const { world, arn } = await driftedWorld('report')
  await drift(world)
  world.everyMinute()
  await untilState(world, key, 'failed')
  const { updatedAt = '' } = (await world.json(`status/${key}.json`)) ?? {}
  await world.objects.put(key, file({ description: 'ours' }), undefined, {
    'ssofile-rebind': world.clock.now().toISOString(),
  })
  expect((await world.objects.head(key))?.lastModified.toISOString()).toBe(`${String(updatedAt).slice(0, 19)}.000Z`)
  await untilState(world, key, 'applied')
  expect((await world.ssoAdmin.listManagedPolicies(arn)).items).toEqual([])
})

test('a reported change that someone took back is no longer reported after the next drift check', async () => {
  const { world, arn } = await driftedWorld('report')
  await check(world)
  await world.ssoAdmin.detachManagedPolicy(arn, 'arn:aws:iam::aws:policy/AdministratorAccess')
  await check(world)
  expect(await stateOf(world, key)).toBe('applied')
})

test('a drift check that finds nothing writes nothing', async () => {
  const world = open()
  await world.objects.put(key, file({ description: 'ours' }))
  await untilState(world, key, 'applied')
  const before = (await world.objects.head(ownedKey))?.etag
  world.calls.length = 0
  await check(world)
  expect(world.calls).toContain('DescribePermissionSet')
  expect(world.calls.filter(isWrite)).toEqual([])
  expect((await world.objects.head(ownedKey))?.etag).toBe(before)
})

test('one that someone deleted is made again, its links are applied to the new one, and the ledger follows', async () => {
  const world = open()
  await world.objects.put(key, file())
  await untilState(world, key, 'applied')
  await grantIn(world, [audit])
  const before = await arnOf(world)
  const [assignment] = world.ssoAdmin.assignments()
  if (!assignment) throw new Error('nothing was granted')
  world.ssoAdmin.removeAssignment(assignment)
  await world.clock.advance(10_000)
  await world.ssoAdmin.deletePermissionSet(before)
  await check(world)
  await world.until(
    async () => {
      await world.finish(world.everyMinute(), 500)
      return world.ssoAdmin.assignments().length > 0
    },
    'the new assignment',
    20,
  )
  const after = await arnOf(world)
  expect(after).not.toBe(before)
  expect(world.ssoAdmin.assignments()).toMatchObject([{ accountId: audit, permissionSetArn: after }])
  await world.clock.advance(120_000)
  expect(await world.json(`assignments/account%${audit}%Life-ps%${group}%GROUP%ssofile`)).toMatchObject({
    state: 'granted',
    permissionSetArn: after,
  })
  expect(await stateOf(world, link(audit))).toBe('applied')
})

test('what Identity Center keeps answering stands in the status meanwhile, and goes with its cause', async () => {
  let isBusy = true
  const world = open({
    wrap: (ports) =>
      intercept(ports, async ({ operation, proceed }) => {
        if (operation !== 'attachManagedPolicy' || !isBusy) return proceed()
        throw new ServiceError('sso-admin', 'ConflictException', 'There is a conflicting operation in process.')
      }),
  })
  await world.objects.put(key, file({ managedPoliciesArnList: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] }))
  const readStatus = () => world.json(`status/${key}.json`)
  await world.until(async () => (await readStatus())?.reason !== undefined, 'a reason')
  expect(await readStatus()).toMatchObject({
    state: 'applying',
    reason: expect.stringContaining('There is a conflicting operation in process.'),
  })
  isBusy = false
  await world.until(async () => {
    await world.finish(world.everyMinute(), 500)
    return (await readStatus())?.state === 'applied'
  }, 'the retry')
  expect(await readStatus()).not.toHaveProperty('reason')
})

test('of two uploads within a second the last one is in force, and its etag in the status', async () => {
  for (const gapMs of [0, 150, 400, 800]) {
    const world = open()
    await world.objects.put(key, file({ description: 'first' }))
    await world.clock.advance(gapMs)
    await world.objects.put(key, file({ description: 'second', sessionDurationInMinutes: 90 }))
    const etag = (await world.objects.head(key))?.etag
    await untilInForce(world)
    await world.clock.advance(60_000)
    const found = await world.ssoAdmin.describePermissionSet(await arnOf(world))
    expect(found).toMatchObject({ description: 'second', sessionDuration: 'PT1H30M' })
    expect(await world.json(ownedKey)).toMatchObject({ applied: { etag } })
  }
})

test('many permission sets uploaded at once, twice each, under throttling: nothing is lost', async () => {
  let calls = 0
  const world: World = open({
    wrap: (ports) =>
      intercept(ports, async ({ port, operation, proceed }) => {
        // Somebody else uses up the rate now and then: every seventh call of the product is one too many.
        if (port === 'ssoAdmin' && ++calls % 7 === 0 && operation !== 'instance')
          for (let other = 0; other < 20; other++) await world.ssoAdmin.describeInstance().catch(() => undefined)
        return proceed()
      }),
  })
  const names = Array.from({ length: isShallow ? 30 : 100 }, (_, index) => `Many-${index}`)
  for (const description of ['first', 'second']) {
    for (const name of names) {
      const body = { permissionSetName: name, description, managedPoliciesArnList: ['arn:aws:iam::aws:policy/Some'] }
      await world.objects.put(`permission_sets/${name}.json`, JSON.stringify(body))
    }
  }
  await world.until(
    async () => {
      await world.finish(world.everyMinute(), 500)
      const states = await Promise.all(names.map((name) => stateOf(world, `permission_sets/${name}.json`)))
      return states.every((state) => state === 'applied')
    },
    'all of them',
    60,
  )
  // Till nobody calls any more: what is asked here would be throttled too.
  await world.clock.advance(120_000)
  for (const name of names) {
    const arn = world.ssoAdmin.permissionSetArnOf(name)
    if (!arn) throw new Error(`${name} is missing`)
    await world.clock.advance(1_000)
    expect((await world.ssoAdmin.describePermissionSet(arn))?.description).toBe('second')
    expect((await world.ssoAdmin.listManagedPolicies(arn)).items).toHaveLength(1)
  }
  expect(await world.keys('attention/')).toEqual([])
}, 120_000)

test.each([10, 3_499])(
  'beside %i others an upload takes at most 25 calls',
  async (others) => {
    const world = open({ organization: { ...acme(), permissionSets: [], assignments: [] } })
    for (let index = 0; index < others; index++) {
      const name = permissionSetName.parse(`Other-${index}`)
      world.ssoAdmin.addPermissionSet({ name, sessionDuration: 'PT1H', tags: [] }, index.toString(16).padStart(16, '0'))
    }
    const full = { description: 'one', permissionsBoundary: { ManagedPolicyArn: 'arn:aws:iam::aws:policy/Some' } }
    for (const body of [file(), file(full), file({ description: 'two' })]) {
      world.calls.length = 0
      await world.objects.put(key, body)
      const etag = (await world.objects.head(key))?.etag
      await world.until(async () => {
        const status = await world.json(`status/${key}.json`)
        return status?.state === 'applied' && status.etag === etag
      }, 'the upload')
      expect(world.calls.length).toBeLessThanOrEqual(25)
    }
  },
  60_000,
)

/** Every call is once the last of its dispatcher; whoever comes next goes on. */
async function surviveEveryDeath(
  begin: (world: World) => Promise<void>,
  isDone: (world: World) => Promise<boolean>,
): Promise<number> {
  for (let atCall = 0; ; atCall += stride) {
    const world = open({}, { dispatcher: false })
    await world.objects.put(key, file({ managedPoliciesArnList: ['arn:aws:iam::aws:policy/Some'] }))
    await world.objects.put(link(audit), '')
    await world.look()
    await world.finish(world.slice(), 1_000)
    await world.look()
    await world.finish(world.slice(), 1_000)
    await begin(world)
    await world.look()
    const when = atCall % 2 === 0 ? 'before' : 'after'
    const dying = dyingPorts(world.ports, { at: (_, number) => number === Math.floor(atCall / 2), when })
    void world.slice({}, dying.ports)
    await world.clock.advance(200_000)
    for (let round = 0; round < 5 && !(await isDone(world)); round++) {
      await world.look()
      await world.finish(world.slice(), 1_000)
      await world.clock.advance(60_000)
      // A death between a status and its index is healed by the reconcile.
      await world.finish(world.everyHour())
    }
    expect({ atCall, isDone: await isDone(world) }).toEqual({ atCall, isDone: true })
    if (!dying.isDead()) return atCall
  }
}

test('a dispatcher that dies at any call while it updates and provisions leaves what the next ends rightly', async () => {
  const tried = await surviveEveryDeath(
    async (world) => {
      const managedPoliciesArnList = ['Some', 'Other'].map((name) => `arn:aws:iam::aws:policy/${name}`)
      await world.objects.put(
        key,
        file({ description: 'new', tags: [{ Key: 'a', Value: 'b' }], managedPoliciesArnList }),
      )
    },
    async (world) => {
      const arn = await arnOf(world)
      const stale = 'LATEST_PERMISSION_SET_NOT_PROVISIONED'
      await world.clock.advance(2_000)
      return (
        (await stateOf(world, key)) === 'applied' &&
        (await world.ssoAdmin.describePermissionSet(arn))?.description === 'new' &&
        (await world.ssoAdmin.listManagedPolicies(arn)).items.length === 2 &&
        (await world.ssoAdmin.listAccountsForProvisionedPermissionSet(arn, stale)).items.length === 0 &&
        (await world.keys('history/permission-set%Life-ps/')).filter((one) => one.endsWith('changed.json')).length === 1
      )
    },
  )
  expect(tried).toBeGreaterThan(30)
}, 120_000)

test('a dispatcher that dies at any call while it revokes and deletes leaves what the next ends rightly', async () => {
  const tried = await surviveEveryDeath(
    async (world) => {
      await world.objects.delete(link(audit))
      await world.objects.delete(key)
    },
    async (world) =>
      world.ssoAdmin.permissionSetArnOf('Life-ps') === undefined &&
      (await world.keys('owned_permission_sets/')).length === 0 &&
      (await stateOf(world, key)) === undefined &&
      (await world.keys('attention/')).length === 0 &&
      (await world.keys('history/permission-set%Life-ps/')).filter((one) => one.endsWith('deleted.json')).length === 1,
  )
  expect(tried).toBeGreaterThan(30)
}, 120_000)

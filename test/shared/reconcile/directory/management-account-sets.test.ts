import { describe, expect, test } from '@jest/globals'
import type { Configuration } from '../../../../shared/domain/deployment/configuration.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { permissionSetArn } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import {
  findUncontrolled,
  ManagementAccountSets,
} from '../../../../shared/reconcile/directory/management-account-sets.ts'
import { Settling } from '../../../settling.ts'

const name = permissionSetName.parse('Billing-ps')
const management = accountId.parse('111111111111')
const recordKey = 'state/management-account.json'
const denied = new ServiceError('sso-admin', 'AccessDeniedException', 'not you')
const hour = 60 * 60_000

/** A permission set that the management account has, unless it is taken away. */
function open() {
  let isAway = false
  const bench = new Settling({
    interceptor: async ({ operation, args, proceed }) => {
      const isRead = operation === 'listPermissionSetsProvisionedToAccount' || args[0] === recordKey
      if (isAway && isRead) throw new ServiceError('s3', 'SlowDown', 'no answer')
      return proceed()
    },
  })
  const { world } = bench
  const target = { ...bench.target(), accountId: management }
  world.ssoAdmin.addAssignment(target)
  const sets = (configuration: Partial<Configuration> = {}) =>
    new ManagementAccountSets({
      ...world.ports,
      configuration: { ...world.configuration, ...configuration },
      managementAccountId: async () => world.organizations.managementAccountIdNow,
    })
  const setAway = (value: boolean) => {
    isAway = value
  }
  const listings = () => bench.calls('ListPermissionSetsProvisionedToAccount')
  return { world, target, arn: target.permissionSetArn, sets, setAway, listings }
}

const lack = {
  reason: `permission set 'Billing-ps' is also assigned in the management account ${management}, so a delegated administrator can neither change it nor grant or revoke it anywhere`,
  remedy:
    'remove its assignments in the management account, or use another permission set there; ssofile checks again every hour',
}

describe('a permission set that the management account has', () => {
  test('lacks nothing as long as nobody was refused: nothing is listed', async () => {
    const { sets, arn, listings, world } = open()
    expect(await sets().lackOf(name, arn)).toBeUndefined()
    expect(listings()).toBe(0)
    expect(await world.json(recordKey)).toBeUndefined()
  })

  test('explains a refusal of access, from then on without a call, in later processes too', async () => {
    const { sets, arn, listings, world } = open()
    const ours = sets()
    expect(await ours.explain(denied, name, arn)).toEqual(lack)
    expect(await ours.explain(denied, name, arn)).toEqual(lack)
    expect(await ours.lackOf(name, arn)).toEqual(lack)
    expect(await sets().lackOf(name, arn)).toEqual(lack)
    expect(listings()).toBe(1)
    expect(await world.json(recordKey)).toEqual({ v: 1, seenAt: '2026-03-03T10:00:00.000Z', arns: [arn] })
  })

  test('explains no other refusal, and none of a permission set that only others have', async () => {
    const { sets, arn, listings, world, target } = open()
    for (const error of [new ServiceError('sso-admin', 'ValidationException', 'no'), new Error('a defect')])
      expect(await sets().explain(error, name, arn)).toBeUndefined()
    expect(listings()).toBe(0)
    world.ssoAdmin.removeAssignment(target)
    expect(await sets().explain(denied, name, arn)).toBeUndefined()
    expect(listings()).toBe(1)
  })

  test('is listed again after an hour, and not before', async () => {
    const { sets, arn, listings, world, target } = open()
    const ours = sets()
    await ours.explain(denied, name, arn)
    world.ssoAdmin.removeAssignment(target)
    await world.clock.advance(hour)
    expect(await ours.lackOf(name, arn)).toEqual(lack)
    expect(listings()).toBe(1)
    await world.clock.advance(1)
    expect(await ours.lackOf(name, arn)).toBeUndefined()
    expect(listings()).toBe(2)
  })

  test('is believed no more once a change of it was accepted, and only then', async () => {
    const { sets, arn, world } = open()
    const ours = sets()
    await ours.explain(denied, name, arn)
    const other = await world.ssoAdmin.createPermissionSet({
      name: permissionSetName.parse('Other-ps'),
      sessionDuration: 'PT1H',
      tags: [],
    })
    await ours.disprove(other)
    expect(await sets().lackOf(name, arn)).toEqual(lack)
    await sets().disprove(arn)
    expect(await world.json(recordKey)).toBeUndefined()
    await ours.disprove(arn)
    expect(await ours.lackOf(name, arn)).toBeUndefined()
  })

  test.each<[string, Partial<Configuration>]>([
    ['the deployment is in the management account', { ownAccount: management }],
    ['the configuration says that ssofile runs there', { includeManagementAccount: true }],
  ])('lacks nothing where %s, whatever was refused before or now', async (_, configuration) => {
    const { sets, arn, listings } = open()
    await sets().explain(denied, name, arn)
    expect(await sets(configuration).lackOf(name, arn)).toBeUndefined()
    expect(await sets(configuration).explain(denied, name, arn)).toBeUndefined()
    expect(listings()).toBe(1)
  })

  test('is looked for again where it could not be read or listed', async () => {
    const { sets, arn, setAway } = open()
    const ours = sets()
    setAway(true)
    await expect(ours.lackOf(name, arn)).rejects.toThrow('no answer')
    setAway(false)
    expect(await ours.lackOf(name, arn)).toBeUndefined()
    setAway(true)
    await expect(ours.explain(denied, name, arn)).rejects.toThrow('no answer')
    setAway(false)
    expect(await ours.explain(denied, name, arn)).toEqual(lack)
  })

  test('is looked for again where what is recorded cannot be understood', async () => {
    const { sets, arn, world } = open()
    await world.objects.put(recordKey, '{}')
    const ours = sets()
    expect(await ours.lackOf(name, arn)).toBeUndefined()
    expect(await ours.explain(denied, name, arn)).toEqual(lack)
  })
})

describe('what ssofile cannot control is known beforehand', () => {
  const asked = (change: Partial<Parameters<typeof findUncontrolled>[0]> = {}) => {
    const { world, arn, listings } = open()
    const asking = { ...world.ports, configuration: world.configuration, managementAccountId: management }
    const find = findUncontrolled({ ...asking, callerAccountId: async () => '222222222222', ...change })
    return { find, arn, listings }
  }

  test('by one listing: a permission set that the management account has, and no other', async () => {
    const { find, arn, listings } = asked()
    const lackOf = await find
    expect(lackOf(name, arn)).toEqual(lack)
    expect(lackOf(name, permissionSetArn.parse(`${arn.slice(0, -1)}${arn.endsWith('0') ? 1 : 0}`))).toBeUndefined()
    expect(listings()).toBe(1)
  })

  test('by the place of the deployment, whoever runs the command', async () => {
    const configuration = { includeManagementAccount: false, ownAccount: accountId.parse('222222222222') }
    const { find, arn } = asked({ configuration, callerAccountId: async () => management })
    expect((await find)(name, arn)).toEqual(lack)
  })

  test('by the configuration alone where nobody knows whose the credentials are', async () => {
    const { find, arn } = asked({ callerAccountId: undefined })
    expect((await find)(name, arn)).toEqual(lack)
  })

  test.each([
    ['the configuration says that ssofile runs there', { configuration: { includeManagementAccount: true } }],
    ['the credentials are those of the management account', { callerAccountId: async () => management }],
    [
      'the deployment is in the management account',
      { configuration: { includeManagementAccount: false, ownAccount: management } },
    ],
  ])('to be nothing where %s', async (_, change) => {
    const { find, arn } = asked(change)
    expect((await find)(name, arn)).toBeUndefined()
  })
})

import { describe, expect, test } from '@jest/globals'
import { permissionSetName } from '../../shared/domain/permission-sets/permission-set-name.ts'
import { ServiceError } from '../../shared/ports/service-error.ts'
import { type InterceptedCall, intercept } from '../intercept.ts'
import { acme, World } from '../world.ts'

const group = 'links_data/account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile'
const user = 'links_data/account%233000000002%Billing-ps%maria.alvarez@acme.example%USER%ssofile'

/** The whole product, whose calls of one kind AWS refuses until the refusal is taken away. */
function refusing(refused: (call: InterceptedCall) => boolean, code: string) {
  const refusal = { isOn: true }
  const world = new World({
    organization: {
      ...acme(),
      assignments: [],
      permissionSets: [{ permissionSetName: permissionSetName.parse('Billing-ps') }],
    },
    wrap: (ports) =>
      intercept(ports, async (call) => {
        if (!refusal.isOn || !refused(call)) return call.proceed()
        const services = { ssoAdmin: 'sso-admin', organizations: 'organizations' } as const
        const service =
          call.port === 'ssoAdmin' || call.port === 'organizations' ? services[call.port] : 'identitystore'
        throw new ServiceError(service, code, `not today: ${call.operation}`, { httpStatus: 400 })
      }),
  }).start()
  const status = (key: string) => world.json(`status/${key}.json`)
  /** As the schedules of a deployment do. */
  const minutes = async (count: number) => {
    for (let minute = 0; minute < count; minute++) {
      await world.clock.advance(60_000)
      await world.finish(world.everyMinuteOfLinks())
      await world.finish(world.everyMinute())
    }
  }
  return { world, refusal, status, minutes }
}

const byName = (type: string) => (call: InterceptedCall) =>
  call.operation === 'findPrincipalId' && call.args[0] === type
const reads: readonly (readonly [string, string, (call: InterceptedCall) => boolean])[] = [
  ['GetGroupId', group, byName('GROUP')],
  ['GetUserId', user, byName('USER')],
  ['DescribeGroup', group, (call) => call.operation === 'findPrincipalName'],
  [
    'ListAccountAssignments',
    group,
    (call) =>
      call.operation.startsWith('listAccountAssignments') ||
      call.operation === 'listAccountsForProvisionedPermissionSet',
  ],
]

describe.each(reads)('a link whose %s AWS refuses', (_, link, refused) => {
  test.each(['AccessDeniedException', 'ValidationException', 'UnknownOperationException'])(
    'says %s in its status, wants attention after a minute, and is applied when the read works again',
    async (code) => {
      const { world, refusal, status, minutes } = refusing(refused, code)
      await world.objects.put(link, '')
      await world.until(async () => (await status(link))?.reason !== undefined, 'a reason in the status', 2)
      expect(await status(link)).toMatchObject({ state: 'applying', reason: expect.stringContaining(code) })
      await minutes(3)
      expect(await world.keys('attention/')).toContain(`attention/failed/${link}`)
      // Others look at the link too: what it says stays.
      await world.finish(world.everyFiveMinutes())
      await world.finish(world.everyHour())
      await minutes(2)
      expect(await status(link)).toMatchObject({
        state: 'failed',
        reason: expect.stringContaining(code),
        remedy: expect.stringContaining('ssofile doctor'),
        accounts: { desired: 1, applied: 0 },
      })
      refusal.isOn = false
      await minutes(3)
      await world.until(async () => (await status(link))?.state === 'applied', 'applied', 10)
      const told = await status(link)
      expect([told?.reason, told?.putOff]).toEqual([undefined, undefined])
      expect(await world.keys('attention/')).toEqual([])
    },
  )
})

test('a revocation that waits for a read that AWS refuses says so, and goes on when the read works again', async () => {
  const { world, refusal, status, minutes } = refusing((call) => call.operation === 'findPrincipalName', 'AccessDenied')
  refusal.isOn = false
  await world.objects.put(group, '')
  await world.until(async () => (await status(group))?.state === 'applied', 'applied')
  refusal.isOn = true
  await world.objects.delete(group)
  await world.until(async () => (await status(group))?.reason !== undefined, 'a reason in the status', 2)
  expect(await status(group)).toMatchObject({ state: 'revoking', reason: expect.stringContaining('AccessDenied') })
  await minutes(3)
  expect(await world.keys('attention/')).toContain(`attention/failed/${group}`)
  refusal.isOn = false
  await minutes(3)
  await world.until(async () => (await status(group)) === undefined, 'the status removed')
  expect(await world.keys('attention/')).toEqual([])
})

test('a link whose account nobody may read says so before it has any other status, and is applied when it can be read', async () => {
  const { world, refusal, status, minutes } = refusing((call) => call.operation === 'listAccounts', 'AccessDenied')
  await world.objects.put(group, '')
  await world.until(async () => (await status(group))?.reason !== undefined, 'a reason in the status', 2)
  expect(await status(group)).toMatchObject({ state: 'applying', reason: expect.stringContaining('listAccounts') })
  await minutes(3)
  expect(await status(group)).toMatchObject({ state: 'failed', remedy: expect.stringContaining('ssofile doctor') })
  expect(await world.keys('attention/')).toEqual([`attention/failed/${group}`])
  refusal.isOn = false
  await minutes(3)
  await world.until(async () => (await status(group))?.state === 'applied', 'applied')
  expect(await world.keys('attention/')).toEqual([])
})

import { expect, test } from '@jest/globals'
import { ServiceError } from '../../shared/ports/service-error.ts'
import { intercept } from '../intercept.ts'
import { refusedPolicies, takenPolicies } from '../shared/domain/iam-policies/policy-cases.ts'
import { acme, World } from '../world.ts'

test('a permission set file that cannot be looked at is tried again in a group of its own and holds up no other', async () => {
  const bad = 'permission_sets/Bad-ps.json'
  const refusal = new ServiceError('s3', 'InternalError', 'We encountered an internal error.')
  const world = new World({
    wrap: (ports) =>
      intercept(ports, ({ operation, args, proceed }) => {
        if (operation === 'get' && args[0] === bad) throw refusal
        return proceed()
      }),
  }).start({ dispatcher: false })
  const others = Array.from({ length: 40 }, (_, index) => `permission_sets/Other${index}-ps.json`)
  for (const key of [bad, ...others]) await world.objects.as('maria').put(key, '{')
  await world.look()
  expect((await world.keys('status/')).length).toBe(others.length)
  await world.clock.advance(40 * 60_000)
  expect(world.queues.queue('permission-sets-dead').messages()).toHaveLength(1)
})

test('a file with a policy that AWS refuses is rejected with the remedy, and every other one is applied', async () => {
  const world = new World({ organization: { ...acme(), assignments: [] } }).start()
  const put = (name: string, inlinePolicyDocument: object) =>
    world.objects
      .as('maria')
      .put(`permission_sets/${name}.json`, JSON.stringify({ permissionSetName: name, inlinePolicyDocument }))
  for (const [index, { policy }] of refusedPolicies.entries()) await put(`Refused${index}-ps`, policy)
  for (const [index, [, policy]] of takenPolicies.entries()) await put(`Taken${index}-ps`, policy)
  await world.look()
  const statusOf = (name: string) => world.json(`status/permission_sets/${name}.json.json`)
  for (const [index, { received, remedy }] of refusedPolicies.entries()) {
    const status = await statusOf(`Refused${index}-ps`)
    expect(status).toMatchObject({ state: 'rejected', reason: expect.stringContaining(received) })
    expect(status?.remedy).toContain(remedy)
    expect(world.ssoAdmin.permissionSetArnOf(`Refused${index}-ps`)).toBeUndefined()
  }
  for (const index of takenPolicies.keys())
    await world.until(async () => (await statusOf(`Taken${index}-ps`))?.state === 'applied', `Taken${index}-ps`)
})

test('a file whose work no queue takes says so in its status, and is applied when the queue takes it', async () => {
  const key = 'permission_sets/Named-ps.json'
  const refusal = { isOn: true }
  const world = new World({
    organization: { ...acme(), assignments: [] },
    wrap: (ports) =>
      intercept(ports, async ({ port, operation, args, proceed }) => {
        if (refusal.isOn && port === 'queues' && operation === 'send' && String(args[0]).startsWith('work'))
          throw new ServiceError('sqs', 'KMS.DisabledException', 'the key of the queue is disabled', {
            httpStatus: 400,
          })
        return proceed()
      }),
  }).start()
  await world.objects.as('maria').put(key, JSON.stringify({ permissionSetName: 'Named-ps' }))
  const status = () => world.json(`status/${key}.json`)
  await world.until(async () => (await status())?.reason !== undefined, 'a reason in the status', 2)
  expect(await status()).toMatchObject({ state: 'applying', reason: expect.stringContaining('KMS.Disabled') })
  refusal.isOn = false
  for (let minute = 0; minute < 3; minute++) {
    await world.clock.advance(60_000)
    await world.finish(world.everyMinuteOfLinks())
    await world.finish(world.everyMinute())
  }
  await world.until(async () => (await status())?.state === 'applied', 'applied')
  expect((await status())?.reason).toBeUndefined()
})

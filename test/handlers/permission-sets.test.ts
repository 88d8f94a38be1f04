import { expect, test } from '@jest/globals'
import { ServiceError } from '../../shared/ports/service-error.ts'
import { intercept } from '../intercept.ts'
import { World } from '../world.ts'

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

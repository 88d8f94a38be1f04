import { expect, test } from '@jest/globals'
import { router } from '../../handlers/router.ts'
import { World } from '../world.ts'

const recordOf = (key: string) => ({
  eventName: 'ObjectCreated:Put',
  eventTime: '2026-03-03T10:00:00Z',
  s3: { bucket: { name: 'ssofile' }, object: { key } },
})

test('a record whose key cannot be read does not hold up the others of its notification, nor other notifications', async () => {
  const world = new World()
  const bodies = [[recordOf('links_data/%E0%A4%A'), recordOf('links_data/a')], [recordOf('links_data/b+c')]]
  const Records = bodies.map((records, index) => ({
    messageId: `m${index}`,
    body: JSON.stringify({ Records: records }),
  }))
  const answer = await router(world.ports, world.configuration)({ Records } as never)
  expect(answer.batchItemFailures).toEqual([{ itemIdentifier: 'm0' }])
  const keys = world.queues
    .queue('links')
    .messages()
    .map(({ body }) => JSON.parse(body).key)
  expect(keys.sort()).toEqual(['links_data/a', 'links_data/b c'])
})

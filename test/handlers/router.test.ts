import { expect, test } from '@jest/globals'
import { router } from '../../handlers/router.ts'
import { World } from '../world.ts'
import { Asking } from './asking.ts'

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

test('only what S3 says was done with the role of the API is marked as done by it', async () => {
  const world = new World()
  const names = ['AWS:AROAAPI', 'AWS:AROAAPI:ssofile-api', 'AWS:AROAAPIS:x', 'AWS:AROAOTHER:AWS:AROAAPI', 'AROAAPI:x']
  const records = names.map((principalId, index) => ({
    ...recordOf(`links_data/${index}`),
    userIdentity: { principalId },
  }))
  const event = { Records: [{ messageId: 'm', body: JSON.stringify({ Records: records }) }] } as never
  const marked = () =>
    world.queues
      .queue('links')
      .messages()
      .map(({ body }) => JSON.parse(body))
      .filter(({ isByApi }) => isByApi)
      .map(({ by }) => by.principalId)
  await router(world.ports, world.configuration)(event)
  expect(marked()).toEqual([])
  await router(world.ports, world.configuration, { apiPrincipals: ['AWS:AROAAPI'] })({
    Records: [{ messageId: 'n', body: JSON.stringify({ Records: records }) }],
  } as never)
  expect(marked().sort()).toEqual(['AWS:AROAAPI', 'AWS:AROAAPI:ssofile-api'])
})

test('one person cannot fill the queue: the rest of very many own files is left to the sweep, and others go on', async () => {
  const world = new World()
  const send = router(world.ports, world.configuration)
  const upload = (keys: readonly string[]) =>
    send({ Records: [{ messageId: keys[0], body: JSON.stringify({ Records: keys.map(recordOf) }) }] } as never)
  const [mia, ann] = ['11111111-1111-1111-1111-111111111111', '22222222-2222-2222-2222-222222222222']
  await upload(Array.from({ length: 3_000 }, (_, nth) => `approvals/${mia}/${nth.toString(16).padStart(32, '0')}`))
  const sent = () => world.queues.queue('requests').messages().length
  expect(sent()).toBe(2_000)
  await upload([`approvals/${ann}/${'0'.repeat(32)}`])
  expect(sent()).toBe(2_001)
  await upload(Array.from({ length: 3_000 }, (_, nth) => `links_data/${nth}`))
  expect(world.queues.queue('links').messages()).toHaveLength(3_000)
  await world.clock.advance(10_000)
  await upload(Array.from({ length: 20 }, (_, nth) => `approvals/${mia}/${nth}`))
  expect(sent()).toBe(2_011)
})

test('the deletion of a request overtakes all files of its author, and a second message keeps their order', async () => {
  const world = new World()
  const send = router(world.ports, world.configuration)
  const place = 'requests/11111111-1111-1111-1111-111111111111'
  const uploads = Array.from({ length: 2_500 }, (_, nth) => recordOf(`${place}/${nth}`))
  const deletion = { ...recordOf(`${place}/running`), eventName: 'ObjectRemoved:DeleteMarkerCreated' }
  const Records = [
    ...uploads.map((record) => ({ ...record, userIdentity: { principalId: 'AWS:AROAREQUESTER:mia' } })),
    { ...deletion, userIdentity: { principalId: 'AWS:AROAOPERATOR:olga' } },
  ]
  await send({ Records: [{ messageId: 'm', body: JSON.stringify({ Records }) }] } as never)
  const { uploaded = [], deleted = [] } = Object.groupBy(world.queues.queue('requests').messages(), ({ body }) =>
    JSON.parse(body).key === `${place}/running` ? 'deleted' : 'uploaded',
  )
  const [group, ...others] = new Set(uploaded.map(({ groupId }) => groupId))
  expect([uploaded.length, others]).toEqual([2_000, []])
  // One message overtakes all of them, one keeps their order.
  expect(deleted.map(({ groupId }) => groupId === group)).toEqual([false, true])
})

test('one person cannot fill the queue with deletions of own files that never were', async () => {
  const world = new World()
  const mia = '11111111-1111-1111-1111-111111111111'
  const send = router(world.ports, world.configuration)
  const remove = (principalId: string, keys: readonly string[]) => {
    const records = keys.map((key) => ({
      ...recordOf(key),
      eventName: 'ObjectRemoved:DeleteMarkerCreated',
      userIdentity: { principalId },
    }))
    return send({
      Records: [{ messageId: `${principalId} ${keys[0]}`, body: JSON.stringify({ Records: records }) }],
    } as never)
  }
  const keys = Array.from({ length: 1_000 }, (_, nth) => `requests/${mia}/${nth}`)
  const sent = () => world.queues.queue('requests').messages()
  await remove('AWS:AROAREQUESTER:mia', keys)
  // Each twice: one overtakes, one keeps the order.
  expect(sent()).toHaveLength(2 * 50)
  // All of them use three groups: the person's own, and two that overtake.
  expect(new Set(sent().map(({ groupId }) => groupId)).size).toBe(3)
  await remove('AWS:AROAOPERATOR:olga', keys.slice(0, 1))
  expect(sent()).toHaveLength(2 * 51)
  await world.clock.advance(10_000)
  await remove('AWS:AROAREQUESTER:mia', keys.toReversed())
  expect(sent()).toHaveLength(2 * 61)
})

test('the sweep finds the end of a request whose deletion the router left out', async () => {
  const asking = await Asking.begin({ approvals: 1 })
  const { world } = asking
  world.objects.model.setVersioning('Enabled')
  await asking.ask()
  await asking.decide('tom')
  await world.until(() => asking.has(), 'the access')
  for (let nth = 0; nth < 60; nth++) await world.objects.delete(`${asking.key()} ${nth}`)
  await world.objects.delete(asking.key())
  await world.clock.advance(10_000)
  expect(asking.has()).toBe(true)
  await world.clock.advance(5 * 60_000)
  void world.everyFiveMinutes()
  await world.until(() => !asking.has(), 'the end of the access')
})

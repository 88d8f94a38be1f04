import { expect, test } from '@jest/globals'
import { Signal } from '../../../shared/reconcile/signal.ts'
import { WorkSource } from '../../../shared/reconcile/work-source.ts'
import { World } from '../../world.ts'

const hint = (account: string, principal = 'Support') =>
  JSON.stringify({
    v: 1,
    kind: 'assignment',
    account,
    permissionSet: 'ReadOnly-ps',
    principal,
    type: 'GROUP',
    cause: 'test',
  })
const accountOf = (index: number) => String(200_000_000_000 + index)

function open() {
  const world = new World()
  const source = new WorkSource(world.ports, new Signal())
  const send = (body: string, groupId: string) =>
    world.queues.send('work', [{ body, groupId, deduplicationId: world.ports.randomness.id() }])
  return { world, source, send }
}

test('a hint in hand stays invisible to others for as long as it is worked on', async () => {
  const { world, source, send } = open()
  await send(hint(accountOf(1)), accountOf(1))
  source.start()
  await world.clock.advance(900_000)
  const [item] = source.take(() => true)
  expect(await world.queues.receive('work', { most: 10, waitSeconds: 0 })).toEqual([])
  await item?.done()
  expect(world.queues.queue('work').counts()).toEqual({ visible: 0, inFlight: 0 })
  await world.finish(source.stop())
  await source.close()
})

test('a hint that is given back has not been received yet', async () => {
  const { world, source, send } = open()
  await send(hint(accountOf(1)), accountOf(1))
  source.start()
  await world.clock.advance(2_000)
  expect(await world.finish(source.stop())).toBe(1)
  await source.close()
  const [message] = await world.queues.receive('work', { most: 1, waitSeconds: 0 })
  expect(message?.receiveCount).toBe(1)
})

test('a message that is no hint ends in the dead-letter queue', async () => {
  const { world, source, send } = open()
  await send('{"v":2}', 'poison')
  await send(hint(accountOf(1)), accountOf(1))
  source.start()
  await world.clock.advance(30 * 60_000)
  expect(
    world.queues
      .queue('work-dead')
      .messages()
      .map(({ body }) => body),
  ).toEqual(['{"v":2}'])
  expect(source.take(() => true)).toHaveLength(1)
  await world.finish(source.stop())
  await source.close()
})

test('hints about the same assignment are taken together, those about others of a busy account are left', async () => {
  const { world, source, send } = open()
  for (const principal of ['Support', 'Audit', 'Support']) await send(hint(accountOf(1), principal), accountOf(1))
  source.start()
  await world.clock.advance(2_000)
  expect(source.take(() => true)).toHaveLength(2)
  expect(source.take(({ group }) => group !== accountOf(1))).toEqual([])
  await world.finish(source.stop())
  await source.close()
})

test('a thousand retries of one account do not hold up the retry of another', async () => {
  const { world, source } = open()
  const twin = (account: string, index: number) =>
    `state/open/2026-03-03T09:00:00.${String(index % 1000).padStart(3, '0')}Z%account%${account}%ReadOnly-ps%group-${index}%GROUP%ssofile`
  for (let index = 0; index < 1_500; index++) await world.objects.put(twin(accountOf(1), index), '')
  await world.objects.put(twin(accountOf(2), 999), '')
  source.start()
  await world.clock.advance(1_000)
  expect(source.take(({ group }) => group === accountOf(2))).toHaveLength(1)
  await world.finish(source.stop())
  await source.close()
})

test('retries and new hints take turns', async () => {
  const { world, source, send } = open()
  for (let index = 0; index < 4; index++) {
    await send(hint(accountOf(index)), accountOf(index))
    await world.objects.put(
      `state/open/2026-03-03T09:00:00.000Z%account%${accountOf(10 + index)}%ReadOnly-ps%Support%GROUP%ssofile`,
      '',
    )
  }
  source.start()
  await world.clock.advance(2_000)
  const lanes = Array.from({ length: 4 }, () => source.take(() => true)[0]?.lane)
  expect(lanes).toEqual(['open', 'work', 'open', 'work'])
  await world.finish(source.stop())
  await source.close()
})

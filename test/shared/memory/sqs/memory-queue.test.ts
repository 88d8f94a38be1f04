import { beforeEach, expect, test } from '@jest/globals'
import { MemoryQueues } from '../../../../shared/memory/sqs/memory-queues.ts'
import { testInDepth } from '../../../depth.ts'
import { VirtualClock } from '../../../virtual-clock.ts'
import { DurableTables } from '../durable-tables.ts'

let clock: VirtualClock
beforeEach(() => {
  clock = new VirtualClock(new Date('2026-03-03T10:15:30.123Z'))
})

testInDepth(
  'a standard queue has at most 120,000 messages in flight, and tells a short poll so',
  async () => {
    const queues = new MemoryQueues({ clock })
    const uploads = queues.queue('uploads')
    for (let sent = 0; sent < 120_001; sent++) uploads.send({ body: 'b' })
    const received = Array.from({ length: 12_000 }, () => uploads.receive({ most: 10 }).length)
    expect(new Set(received)).toEqual(new Set([10]))
    expect(uploads.counts()).toEqual({ visible: 1, inFlight: 120_000 })
    await expect(queues.receive('uploads', { most: 1, waitSeconds: 0 })).rejects.toMatchObject({ code: 'OverLimit' })

    const polling = queues.receive('uploads', { most: 1, waitSeconds: 20 })
    await clock.advance(20_000)
    expect(await polling).toEqual([])
  },
  30_000,
)

testInDepth(
  'a FIFO queue looks at its first 120,000 messages, so a group that comes after them waits until some are gone',
  async () => {
    const links = new MemoryQueues({ clock }).queue('links')
    for (let sent = 0; sent < 120_001; sent++) links.send({ body: 'b', groupId: 'many', deduplicationId: `${sent}` })
    links.send({ body: 'one', groupId: 'another', deduplicationId: 'another' })
    const first = links.receive({ most: 10 })
    // The group is locked, and the other one is not seen.
    expect([first.length, links.isAvailable, links.receive({ most: 10 })]).toEqual([10, false, []])
    for (const { receiptHandle } of first.slice(0, 2)) links.delete(receiptHandle)
    expect(links.isAvailable).toBe(true)
    expect(links.receive({ most: 10 }).map(({ body }) => body)).toEqual(['one'])
  },
  30_000,
)

test('a standard queue honours the latest receipt handle even after its time', async () => {
  const queues = new MemoryQueues({ clock })
  await queues.send('uploads', [{ body: 'b' }])
  const [received] = await queues.receive('uploads', { most: 1, waitSeconds: 0 })
  await clock.advance(60_000)
  await queues.delete('uploads', received?.receiptHandle ?? '')
  expect(queues.queue('uploads').messages()).toEqual([])
})

test('a standard queue takes neither group nor deduplication id', async () => {
  const queues = new MemoryQueues({ clock })
  for (const message of [
    { body: 'b', groupId: 'g' },
    { body: 'b', deduplicationId: 'd' },
  ]) {
    await expect(queues.send('uploads', [message])).rejects.toMatchObject({ code: 'InvalidParameterValue' })
  }
})

test.each([
  { groupId: 'g'.repeat(128), accepted: true },
  { groupId: 'g'.repeat(129), accepted: false },
  { groupId: '', accepted: false },
  { groupId: 'two words', accepted: false },
])('the group $groupId is accepted: $accepted', async ({ groupId, accepted }) => {
  const queues = new MemoryQueues({ clock })
  const sending = queues.send('links', [{ body: 'b', groupId, deduplicationId: 'd' }])
  if (accepted) await sending
  else await expect(sending).rejects.toMatchObject({ code: 'InvalidParameterValue' })
})

test('groups take turns: one that was just served waits behind those that were not', async () => {
  const queues = new MemoryQueues({ clock })
  for (const [index, groupId] of ['g', 'g', 'h', 'i'].entries()) {
    await queues.send('work', [{ body: `${groupId}${index}`, groupId, deduplicationId: String(index) }])
  }
  const served: string[] = []
  for (let turn = 0; turn < 4; turn++) {
    const [received] = await queues.receive('work', { most: 1, waitSeconds: 0 })
    served.push(received?.body ?? '')
    await queues.delete('work', received?.receiptHandle ?? '')
  }
  expect(served).toEqual(['g0', 'h2', 'i3', 'g1'])
})

test('queues over the same tables go on where the last ones ended', async () => {
  const openTable = new DurableTables().open
  const before = new MemoryQueues({ clock, openTable })
  for (const id of ['1', '2', '3']) await before.send('links', [{ body: id, groupId: 'g', deduplicationId: id }])
  const [received] = await before.receive('links', { most: 1, waitSeconds: 0 })

  const after = new MemoryQueues({ clock, openTable })
  await after.send('links', [{ body: 'repeated', groupId: 'g', deduplicationId: '2' }])
  expect(await after.receive('links', { most: 10, waitSeconds: 0 })).toEqual([])
  await after.delete('links', received?.receiptHandle ?? '')
  const rest = await after.receive('links', { most: 10, waitSeconds: 0 })
  expect(rest.map(({ body }) => body)).toEqual(['2', '3'])
})

test('a message is dropped when it is older than the retention, in flight or not, and not a moment before', async () => {
  const queues = new MemoryQueues({ clock })
  const events = queues.queue('events')
  await queues.send('events', [{ body: 'in flight' }])
  await queues.receive('events', { most: 1, waitSeconds: 0 })
  await queues.send('events', [{ body: 'visible' }])
  await clock.advance(60_000)
  await queues.send('events', [{ body: 'later' }])
  const fourDays = 4 * 24 * 60 * 60 * 1000
  await clock.advance(fourDays - 60_000)
  expect(events.counts()).toEqual({ visible: 3, inFlight: 0 })
  await queues.receive('events', { most: 1, waitSeconds: 0 })
  await clock.advance(1)
  expect(events.counts()).toEqual({ visible: 1, inFlight: 0 })
  expect(events.messages().map(({ body }) => body)).toEqual(['later'])
})

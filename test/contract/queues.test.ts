import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { queueNameOnTheWire } from '../../shared/aws/queue-name-on-the-wire.ts'
import { SqsQueues } from '../../shared/aws/sqs-queues.ts'
import { MemoryQueues } from '../../shared/memory/sqs/memory-queues.ts'
import { sentBy } from '../../shared/memory/sqs/model-senders.ts'
import type { OutgoingMessage, QueueName, Queues, ReceivedMessage } from '../../shared/ports/queues.ts'
import { VirtualClock } from '../virtual-clock.ts'
import { startLocalServer } from './local-server.ts'
import { until } from './until.ts'

type Opened = { readonly queues: Queues; readonly clock: VirtualClock; close(): Promise<void> }

const start = new Date('2026-03-03T10:15:30.987Z')
const settings = {
  links: { visibilityTimeoutSeconds: 60, maxReceiveCount: 2 },
  uploads: { visibilityTimeoutSeconds: 60, maxReceiveCount: 2 },
}

async function openMemory(): Promise<Opened> {
  const clock = new VirtualClock(start)
  return { queues: sentBy(new MemoryQueues({ clock, settings }), 'router'), clock, close: async () => {} }
}

async function openSqs(): Promise<Opened> {
  const clock = new VirtualClock(start)
  const server = await startLocalServer({ clock, settings })
  const urlOf = (queue: QueueName) => `${server.endpoint}/000000000000/${queueNameOnTheWire(queue)}`
  return { queues: new SqsQueues(server.sqs(), urlOf), clock, close: () => server.stop() }
}

let sent = 0
/** A message that is unique in this file. */
function message(groupId: string, body: string): OutgoingMessage {
  sent += 1
  return { body, groupId, deduplicationId: `message-${sent}` }
}

function bodiesOf(messages: readonly ReceivedMessage[]): readonly string[] {
  return messages.map(({ body }) => body)
}

describe.each([
  { adapter: 'memory', open: openMemory },
  { adapter: 'SQS on the local system', open: openSqs },
])('queues on $adapter', ({ open }) => {
  let opened: Opened
  let queues: Queues
  let clock: VirtualClock
  const receive = (queue: QueueName, most = 10) => queues.receive(queue, { most, waitSeconds: 0 })
  const receiveOne = async (queue: QueueName): Promise<ReceivedMessage> => {
    const [received] = await receive(queue, 1)
    if (received === undefined) throw new Error(`${queue} gave no message`)
    return received
  }

  beforeEach(async () => {
    opened = await open()
    queues = opened.queues
    clock = opened.clock
  })
  afterEach(() => opened.close())

  test('a body with characters that SQS refuses says the same to its receiver, and holds up no other message', async () => {
    const value = { key: 'links_data/a\uffffb\ufffe' }
    await queues.send('links', [message('g', JSON.stringify(value)), message('h', '{}')])
    expect(bodiesOf(await receive('links')).map((body) => JSON.parse(body))).toEqual([value, {}])
  })

  test('a message is received with its body, its group, its sender and when it was sent', async () => {
    await queues.send('links', [message('g', '{"ü": "日本 🦊"}')])
    expect(await receive('links')).toEqual([
      {
        messageId: expect.any(String),
        receiptHandle: expect.any(String),
        body: '{"ü": "日本 🦊"}',
        groupId: 'g',
        receiveCount: 1,
        senderId: expect.any(String),
        sentAt: start,
      },
    ])
  })

  test('a message of a standard queue has no group', async () => {
    await queues.send('uploads', [{ body: 'b' }])
    const [received] = await receive('uploads')
    expect(received?.groupId).toBeUndefined()
  })

  test('one receive gives several messages of one group, in their order', async () => {
    await queues.send('links', [message('g', '1'), message('g', '2'), message('g', '3')])
    expect(bodiesOf(await receive('links'))).toEqual(['1', '2', '3'])
  })

  test('twenty-five messages are all sent, in order', async () => {
    const numbers = Array.from({ length: 25 }, (_, index) => String(index))
    await queues.send(
      'links',
      numbers.map((body) => message('g', body)),
    )
    const received: string[] = []
    for (let batch = await receive('links'); batch.length > 0; batch = await receive('links')) {
      received.push(...bodiesOf(batch))
      for (const { receiptHandle } of batch) await queues.delete('links', receiptHandle)
    }
    expect(received).toEqual(numbers)
  })

  test('messages of many groups are all sent, those of one group in order', async () => {
    const sent = Array.from({ length: 95 }, (_, index) => message(`g${index % 13}`, `${index % 13} ${index}`))
    await queues.send('links', sent)
    const received: string[] = []
    for (let batch = await receive('links'); batch.length > 0; batch = await receive('links')) {
      received.push(...bodiesOf(batch))
      for (const { receiptHandle } of batch) await queues.delete('links', receiptHandle)
    }
    const byGroup = (bodies: readonly string[]) => Map.groupBy(bodies, (body) => body.split(' ')[0])
    expect(new Map([...byGroup(received)].sort())).toEqual(new Map([...byGroup(sent.map(({ body }) => body))].sort()))
  })

  test('a group rests while one of its messages is in flight, and others do not wait for it', async () => {
    await queues.send('links', [message('g', '1'), message('g', '2'), message('h', '3')])
    const first = await receiveOne('links')
    expect(bodiesOf(await receive('links'))).toEqual(['3'])
    await queues.delete('links', first.receiptHandle)
    expect(bodiesOf(await receive('links'))).toEqual(['2'])
  })

  test('what is not deleted comes again when its visibility timeout ends, before what was sent after it', async () => {
    await queues.send('links', [message('g', '1'), message('g', '2')])
    await receiveOne('links')
    await clock.advance(59_999)
    expect(await receive('links')).toEqual([])
    await clock.advance(1)
    const again = await receive('links')
    expect(again.map(({ body, receiveCount }) => ({ body, receiveCount }))).toEqual([
      { body: '1', receiveCount: 2 },
      { body: '2', receiveCount: 1 },
    ])
  })

  test.each(['links', 'uploads'] as const)(
    '%s: received twice in vain, a message goes to the dead letters',
    async (queue) => {
      await queues.send(queue, [queue === 'links' ? message('g', 'poison') : { body: 'poison' }])
      for (const receiveCount of [1, 2]) {
        expect(await receive(queue)).toMatchObject([{ body: 'poison', receiveCount }])
        await clock.advance(60_000)
      }
      expect(await receive(queue)).toEqual([])
      expect(bodiesOf(await receive(`${queue}-dead`))).toEqual(['poison'])
    },
  )

  test('a poisoned message does not hold up its group for ever', async () => {
    await queues.send('links', [message('g', 'poison'), message('g', 'next')])
    for (const _ of [1, 2]) {
      await receiveOne('links')
      await clock.advance(60_000)
    }
    expect(bodiesOf(await receive('links'))).toEqual(['next'])
  })

  test('a deduplication id is accepted once in five minutes, even after its message was deleted', async () => {
    const hint = { groupId: 'g', deduplicationId: 'event-1' }
    await queues.send('links', [{ ...hint, body: 'first' }])
    await queues.delete('links', (await receiveOne('links')).receiptHandle)
    await clock.advance(299_999)
    await queues.send('links', [{ ...hint, body: 'repeated' }])
    expect(await receive('links')).toEqual([])
    await clock.advance(1)
    await queues.send('links', [{ ...hint, body: 'new' }])
    expect(bodiesOf(await receive('links'))).toEqual(['new'])
  })

  test('a FIFO queue refuses a message without a deduplication id', async () => {
    await expect(queues.send('links', [{ groupId: 'g', body: 'same' }])).rejects.toMatchObject({
      service: 'sqs',
      code: 'InvalidParameterValue',
    })
  })

  test('a FIFO queue refuses a message without a group', async () => {
    await expect(queues.send('links', [{ body: 'b', deduplicationId: 'd' }])).rejects.toMatchObject({
      service: 'sqs',
      code: 'MissingParameter',
    })
  })

  test('when some messages of a batch are refused, the error says how many, and the others are sent', async () => {
    const batch = [message('g', '1'), { body: '2', deduplicationId: 'without-group' }, message('g', '3')]
    await expect(queues.send('links', batch)).rejects.toThrow('1 of 3 messages were not accepted by links')
    expect(bodiesOf(await receive('links'))).toEqual(['1', '3'])
  })

  test('a message may have 1 MiB and no more, and two of them do not have to fit into one batch', async () => {
    const largest = 'x'.repeat(1_048_576)
    await queues.send('links', [message('g', largest), message('h', largest)])
    expect(await receive('links')).toHaveLength(2)
    await expect(queues.send('links', [message('i', `${largest}x`)])).rejects.toMatchObject({ service: 'sqs' })
  })

  test('an outdated receipt handle deletes nothing', async () => {
    await queues.send('links', [message('g', '1')])
    const outdated = await receiveOne('links')
    await clock.advance(60_000)
    await queues.delete('links', outdated.receiptHandle)
    const current = await receiveOne('links')
    await queues.delete('links', outdated.receiptHandle)
    await queues.changeVisibility('links', [current.receiptHandle], 0)
    await clock.advance(0)
    expect(await receive('links-dead')).toEqual([])
  })

  test('a message that is given back is there at once, and its next receive counts', async () => {
    await queues.send('links', [message('g', '1')])
    await queues.changeVisibility('links', [(await receiveOne('links')).receiptHandle], 0)
    expect(await receive('links')).toMatchObject([{ body: '1', receiveCount: 2 }])
  })

  test('visibility can be extended, but not beyond twelve hours from the receive', async () => {
    await queues.send('links', [message('g', '1')])
    const { receiptHandle } = await receiveOne('links')
    await clock.advance(50_000)
    await queues.changeVisibility('links', [receiptHandle], 600)
    await clock.advance(599_000)
    expect(await receive('links')).toEqual([])
    await expect(queues.changeVisibility('links', [receiptHandle], 43_200)).rejects.toMatchObject({
      service: 'sqs',
      code: 'InvalidParameterValue',
    })
  })

  test('the visibility of a message that is not in flight cannot be changed', async () => {
    await queues.send('links', [message('g', '1')])
    const { receiptHandle } = await receiveOne('links')
    await queues.delete('links', receiptHandle)
    await expect(queues.changeVisibility('links', [receiptHandle], 10)).rejects.toMatchObject({
      service: 'sqs',
      code: 'MessageNotInflight',
    })
  })

  test('of several messages the visibility is changed of all but those that are not in flight', async () => {
    await queues.send('links', [message('g', '1'), message('h', '2'), message('i', '3')])
    const handles = (await receive('links')).map(({ receiptHandle }) => receiptHandle)
    await queues.delete('links', handles[1] ?? '')
    await expect(queues.changeVisibility('links', handles, 0)).rejects.toMatchObject({ code: 'MessageNotInflight' })
    expect(bodiesOf(await receive('links')).toSorted()).toEqual(['1', '3'])
  })

  test('a long poll is answered as soon as a message is sent', async () => {
    const polling = queues.receive('links', { most: 10, waitSeconds: 20 })
    await until(() => clock.nextDueAt() !== undefined)
    await queues.send('links', [message('g', '1')])
    expect(bodiesOf(await polling)).toEqual(['1'])
    expect(clock.now()).toEqual(start)
  })

  test('a long poll is answered as soon as a message becomes visible again', async () => {
    await queues.send('links', [message('g', '1')])
    const { receiptHandle } = await receiveOne('links')
    await queues.changeVisibility('links', [receiptHandle], 5)
    const polling = queues.receive('links', { most: 10, waitSeconds: 20 })
    await until(() => clock.nextDueAt() !== undefined)
    await clock.advance(5000)
    expect(bodiesOf(await polling)).toEqual(['1'])
  })

  test('a long poll in vain ends after its time, empty', async () => {
    const polling = queues.receive('links', { most: 10, waitSeconds: 20 })
    await until(() => clock.nextDueAt() !== undefined)
    expect(clock.nextDueAt()).toEqual(new Date(start.getTime() + 20_000))
    await clock.advance(20_000)
    expect(await polling).toEqual([])
  })

  test('an aborted long poll ends at once and takes nothing with it', async () => {
    const abort = new AbortController()
    const polling = queues.receive('links', { most: 10, waitSeconds: 20, signal: abort.signal })
    await until(() => clock.nextDueAt() !== undefined)
    abort.abort()
    expect(await polling).toEqual([])
    await until(() => clock.nextDueAt() === undefined)
    await queues.send('links', [message('g', '1')])
    expect(bodiesOf(await receive('links'))).toEqual(['1'])
  })
})

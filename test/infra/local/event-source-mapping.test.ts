import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { type EventSourceMapping, startEventSourceMapping } from '../../../infra/local/event-source-mapping.ts'
import { ThrottledError } from '../../../infra/local/lambda/lambda-function.ts'
import { MemoryQueues } from '../../../shared/memory/sqs/memory-queues.ts'
import { queueSettings } from '../../../shared/ports/deployment-settings.ts'
import { VirtualClock } from '../../virtual-clock.ts'

type Handler = Parameters<typeof startEventSourceMapping>[0]['handler']

const start = new Date('2026-03-03T10:15:30.123Z')
const visibilityMs = queueSettings.links.visibilityTimeoutSeconds * 1_000
let clock: VirtualClock
let queues: MemoryQueues
let errors: unknown[]
let mappings: EventSourceMapping[]

beforeEach(() => {
  clock = new VirtualClock(start)
  queues = new MemoryQueues({ clock })
  errors = []
  mappings = []
})
afterEach(async () => {
  await Promise.all(mappings.map((mapping) => mapping.stop()))
})

function map(handler: Handler, { maximumConcurrency = 2, queue = 'links' as const } = {}): EventSourceMapping {
  const onError = (error: unknown) => errors.push(error)
  const mapping = startEventSourceMapping({
    queues,
    queue,
    handler,
    maximumConcurrency,
    timeoutMs: 30_000,
    clock,
    onError,
  })
  mappings.push(mapping)
  return mapping
}

let sent = 0
async function send(groupId: string, ...bodies: string[]): Promise<void> {
  for (const body of bodies) await queues.send('links', [{ body, groupId, deduplicationId: `m${sent++}` }])
}

function bodiesOf(event: SQSEvent): string[] {
  return event.Records.map(({ body }) => body)
}

function left(): string[] {
  return queues
    .queue('links')
    .messages()
    .map(({ body }) => body)
}

/** A handler whose batches stay open until the test closes them. */
function openBatches() {
  const open: { readonly bodies: string[]; close(): void }[] = []
  const handler = (event: SQSEvent) =>
    new Promise<void>((resolve) => open.push({ bodies: bodiesOf(event), close: resolve }))
  return { open, handler }
}

test('a record has the shape that Lambda gives it', async () => {
  await send('g', 'hello')
  const events: SQSEvent[] = []
  map(async (event) => void events.push(event))
  await clock.advance(0)
  expect(events).toEqual([
    {
      Records: [
        {
          messageId: expect.any(String),
          receiptHandle: expect.any(String),
          body: 'hello',
          attributes: {
            ApproximateReceiveCount: '1',
            SentTimestamp: String(start.getTime()),
            SenderId: '000000000000',
            ApproximateFirstReceiveTimestamp: String(start.getTime()),
            SequenceNumber: '00000000000000000001',
            MessageGroupId: 'g',
            MessageDeduplicationId: expect.any(String),
          },
          messageAttributes: {},
          md5OfBody: '5d41402abc4b2a76b9719d911017c592',
          eventSource: 'aws:sqs',
          eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:ssofile-links.fifo',
          awsRegion: 'us-east-1',
        },
      ],
    },
  ])
})

test.each([
  { answer: undefined },
  { answer: null },
  { answer: {} },
  { answer: { batchItemFailures: [] } },
  { answer: { batchItemFailures: null } },
])('the answer $answer means that all succeeded', async ({ answer }) => {
  await send('g', '1', '2')
  map(async () => answer as SQSBatchResponse | undefined) // what JavaScript can answer, types or not
  await clock.advance(0)
  expect(left()).toEqual([])
  expect(errors).toEqual([])
})

test('what is reported as failed comes again when its visibility timeout ends, not before; the rest is deleted', async () => {
  await send('g', '1', '2', '3')
  const batches: string[][] = []
  map(async (event) => {
    batches.push(bodiesOf(event))
    if (batches.length > 1) return
    return { batchItemFailures: event.Records.slice(1).map(({ messageId }) => ({ itemIdentifier: messageId })) }
  })
  await clock.advance(visibilityMs - 1)
  expect(left()).toEqual(['2', '3'])
  expect(batches).toEqual([['1', '2', '3']])
  await clock.advance(1)
  expect(batches).toEqual([
    ['1', '2', '3'],
    ['2', '3'],
  ])
  expect(left()).toEqual([])
})

test('when the function throws, the whole batch has failed', async () => {
  await send('g', '1', '2')
  map(async () => {
    throw new Error('handler failed')
  })
  await clock.advance(0)
  expect(left()).toEqual(['1', '2'])
  expect(errors).toMatchObject([{ message: 'handler failed' }])
})

test.each([
  { answer: { batchItemFailures: [{ itemIdentifier: '' }] } },
  { answer: { batchItemFailures: [{ itemIdentifier: null }] } },
  { answer: { batchItemFailures: [{ itemIdentifier: 'of another batch' }] } },
  { answer: { batchItemFailures: [{ id: 'a wrong name' }] } },
  { answer: { batchItemFailures: 'all' } },
  { answer: 'done' },
])('the malformed answer $answer fails the whole batch', async ({ answer }) => {
  await send('g', '1', '2')
  map(async () => answer as unknown as SQSBatchResponse) // what JavaScript can answer, types or not
  await clock.advance(0)
  expect(left()).toEqual(['1', '2'])
  expect(errors).toHaveLength(1)
})

test('a function that takes longer than its timeout has failed', async () => {
  await send('g', '1')
  const { open, handler } = openBatches()
  map(handler)
  await clock.advance(30_000)
  expect(errors).toMatchObject([{ message: 'the function for links timed out after 30000 ms' }])
  for (const { close } of open) close()
  await clock.advance(0)
  expect(left()).toEqual(['1'])
})

test('a busy function is asked again until its messages come back, and they count as received once more', async () => {
  await send('g', '1')
  let asked = 0
  map(async () => {
    asked += 1
    throw new ThrottledError('busy')
  })
  await clock.advance(visibilityMs - 1)
  expect([asked > 10, errors, queues.queue('links').messages()[0]?.receiveCount]).toEqual([true, [], 1])
  const before = asked
  await clock.advance(1)
  expect([asked, queues.queue('links').messages()[0]?.receiveCount]).toEqual([before + 1, 2])
})

test('a function that is busy for a moment gets the batch afterwards', async () => {
  await send('g', '1')
  let asked = 0
  map(async () => {
    asked += 1
    if (asked < 3) throw new ThrottledError('busy')
  })
  await clock.advance(5_000)
  expect([asked, errors, left()]).toEqual([3, [], []])
})

test('one batch of a group at a time, other groups beside it, ten messages a batch', async () => {
  await send('g', ...Array.from({ length: 11 }, (_, index) => `g${index}`))
  const { open, handler } = openBatches()
  map(handler, { maximumConcurrency: 5 })
  await clock.advance(0)
  expect(open.map(({ bodies }) => bodies.length)).toEqual([10])
  await send('h', 'h0')
  await clock.advance(0)
  expect(open.map(({ bodies }) => bodies[0])).toEqual(['g0', 'h0'])
  open[0]?.close()
  await clock.advance(0)
  expect(open.map(({ bodies }) => bodies[0])).toEqual(['g0', 'h0', 'g10'])
  for (const { close } of open) close()
})

test('no more batches at the same time than the maximum concurrency', async () => {
  const { open, handler } = openBatches()
  map(handler, { maximumConcurrency: 2 })
  for (const group of ['a', 'b', 'c']) {
    await send(group, group)
    await clock.advance(0)
  }
  expect(open.map(({ bodies }) => bodies)).toEqual([['a'], ['b']])
  open[1]?.close()
  await clock.advance(0)
  expect(open.map(({ bodies }) => bodies)).toEqual([['a'], ['b'], ['c']])
  for (const { close } of open) close()
})

test('stopping ends the poll and waits for the batch that is being handled', async () => {
  const { open, handler } = openBatches()
  const mapping = map(handler)
  await send('g', '1')
  await clock.advance(0)
  let stopped = false
  const stopping = mapping.stop().then(() => {
    stopped = true
  })
  await send('h', '2')
  await setImmediate()
  expect(stopped).toBe(false)
  for (const { close } of open) close()
  await stopping
  expect(left()).toEqual(['2'])
})

test('a function timeout longer than the visibility timeout is refused, as Lambda does', () => {
  expect(() =>
    startEventSourceMapping({
      queues,
      queue: 'links',
      handler: async () => {},
      maximumConcurrency: 2,
      timeoutMs: visibilityMs + 1,
      clock,
      onError: () => {},
    }),
  ).toThrow(
    `the function for links has a timeout of ${visibilityMs + 1} ms; expected at most the queue's visibility timeout, ${visibilityMs} ms`,
  )
})

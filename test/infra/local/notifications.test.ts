import { expect, test } from '@jest/globals'
import { startNotifications } from '../../../infra/local/notifications.ts'
import { MemoryObjectStore } from '../../../shared/memory/s3/memory-object-store.ts'
import { MemoryQueues } from '../../../shared/memory/sqs/memory-queues.ts'
import type { Queues } from '../../../shared/ports/queues.ts'
import { ServiceError } from '../../../shared/ports/service-error.ts'
import { DurableTables } from '../../shared/memory/durable-tables.ts'
import { VirtualClock } from '../../virtual-clock.ts'

const start = new Date('2026-03-03T10:15:30.123Z')

function world() {
  const clock = new VirtualClock(start)
  const objects = new MemoryObjectStore({ bucket: 'ssofile', clock })
  const queues = new MemoryQueues({ clock })
  const sent = () =>
    queues
      .queue('uploads')
      .messages()
      .map(({ body }) => JSON.parse(body))
  return { clock, objects, queues, sent }
}

test('S3 first sends its test event, which has no records', async () => {
  const { clock, objects, queues, sent } = world()
  const notifications = startNotifications({ objects, queues, clock, onError: () => {} })
  expect(sent()).toEqual([
    {
      Service: 'Amazon S3',
      Event: 's3:TestEvent',
      Time: '2026-03-03T10:15:30.123Z',
      Bucket: 'ssofile',
      RequestId: expect.any(String),
      HostId: expect.any(String),
    },
  ])
  await notifications.stop()
})

test('requests and approvals are told as links are, and what ssofile writes is not', async () => {
  const { clock, objects, queues, sent } = world()
  const notifications = startNotifications({ objects, queues, clock, onError: () => {} })
  const written = ['requests/u-1/x', 'approvals/u-2/y', 'permission_sets/z.json', 'eligibility/a.json', 'status/x']
  for (const key of written) await objects.put(key, '')
  expect(sent().flatMap(({ Records = [] }) => Records[0]?.s3.object.key ?? [])).toEqual(written.slice(0, 3))
  await notifications.stop()
})

test('an upload and a deletion under retire/ start the function that retires and undoes', async () => {
  const { clock, objects, queues } = world()
  const started: string[] = []
  const key = 'retire/Data/account%200000000001%ci%password%ssofile'
  const startRetire = () => void started.push('retire')
  const notifications = startNotifications({ objects, queues, clock, onError: () => {}, startRetire })
  await objects.put('links_data/x', '')
  await objects.delete('links_data/x')
  expect(started).toEqual([])
  await objects.put(key, '')
  expect(started).toEqual(['retire'])
  await objects.delete(key)
  expect(started).toEqual(['retire', 'retire'])
  await notifications.stop()
})

test('an upload and a deletion of an input are told, with who did it and the key encoded as S3 does', async () => {
  const { clock, objects, queues, sent } = world()
  const notifications = startNotifications({ objects, queues, clock, onError: () => {} })
  const key = "links_data/team a/root%all%X%O'Brien+ü%USER%ssofile"
  await objects.as('alice', '192.0.2.1').put(key, '')
  await objects.as('bob').delete(key)
  const [, created, removed] = sent()
  const encoded = 'links_data/team+a/root%25all%25X%25O%27Brien%2B%C3%BC%25USER%25ssofile'
  expect(created).toEqual({
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        awsRegion: 'us-east-1',
        eventTime: '2026-03-03T10:15:30.123Z',
        eventName: 'ObjectCreated:Put',
        userIdentity: { principalId: 'AWS:alice' },
        requestParameters: { sourceIPAddress: '192.0.2.1' },
        responseElements: { 'x-amz-request-id': expect.any(String), 'x-amz-id-2': expect.any(String) },
        s3: {
          s3SchemaVersion: '1.0',
          configurationId: 'inputs',
          bucket: { name: 'ssofile', ownerIdentity: { principalId: 'local' }, arn: 'arn:aws:s3:::ssofile' },
          object: {
            key: encoded,
            size: 0,
            eTag: 'd41d8cd98f00b204e9800998ecf8427e',
            sequencer: '000000000000000001',
          },
        },
      },
    ],
  })
  expect(removed).toMatchObject({
    Records: [{ eventName: 'ObjectRemoved:Delete', userIdentity: { principalId: 'AWS:bob' } }],
  })
  expect(removed.Records[0].s3.object).toEqual({ key: encoded, sequencer: '000000000000000002' })
  await notifications.stop()
})

test('only inputs are told of', async () => {
  const { clock, objects, queues, sent } = world()
  const notifications = startNotifications({ objects, queues, clock, onError: () => {} })
  for (const key of ['assignments/x', 'links_data', 'links_datax/x', 'permission_sets/P.json'])
    await objects.put(key, '')
  expect(sent().slice(1)).toMatchObject([{ Records: [{ s3: { object: { key: 'permission_sets/P.json' } } }] }])
  await notifications.stop()
})

test('a notification that the queue did not accept is sent again', async () => {
  const { clock, objects, queues, sent } = world()
  const errors: unknown[] = []
  let failures = 2
  const flaky: Queues = {
    send: async (queue, messages) => {
      if (failures-- > 0) throw new ServiceError('sqs', 'NoAnswer', 'the queue is away')
      return queues.send(queue, messages)
    },
    receive: (queue, options) => queues.receive(queue, options),
    delete: (queue, receiptHandle) => queues.delete(queue, receiptHandle),
    changeVisibility: (...asked) => queues.changeVisibility(...asked),
  }
  const notifications = startNotifications({ objects, queues: flaky, clock, onError: (error) => errors.push(error) })
  await objects.put('links_data/x', '')
  expect(sent()).toEqual([])
  await clock.advance(1000)
  expect(sent()).toMatchObject([{ Event: 's3:TestEvent' }, { Records: [{ eventName: 'ObjectCreated:Put' }] }])
  expect(errors).toHaveLength(2)
  await notifications.stop()
})

test('a change whose notification was not sent before the process ended is notified by the next, without a second test event', async () => {
  const tables = new DurableTables()
  const { clock, objects, queues, sent } = world()
  const refusing: Queues = {
    send: async () => {
      throw new ServiceError('sqs', 'ServiceUnavailable', 'not now')
    },
    receive: (...asked) => queues.receive(...asked),
    delete: (...asked) => queues.delete(...asked),
    changeVisibility: (...asked) => queues.changeVisibility(...asked),
  }
  const before = startNotifications({ objects, queues: refusing, clock, onError: () => {}, openTable: tables.open })
  await objects.put('links_data/a', '')
  await before.stop()
  const after = startNotifications({ objects, queues, clock, onError: () => {}, openTable: tables.open })
  await after.stop()
  const again = startNotifications({ objects, queues, clock, onError: () => {}, openTable: tables.open })
  await again.stop()
  expect(sent().map(({ Event, Records }) => Event ?? Records[0].s3.object.key)).toEqual([
    's3:TestEvent',
    'links_data/a',
  ])
})

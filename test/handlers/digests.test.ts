import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { digests } from '../../handlers/digests.ts'
import { AwsChannels } from '../../shared/aws/aws-channels.ts'
import { configuration } from '../../shared/domain/deployment/configuration.ts'
import { SeededRandomness } from '../../shared/memory/seeded-randomness.ts'
import { modelSenderId, modelSenderOf } from '../../shared/memory/sqs/model-senders.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { CollectedLog } from '../collected-log.ts'
import { VirtualClock } from '../virtual-clock.ts'

const arnOf = (name: string) => `arn:aws:secretsmanager:eu-west-1:111122223333:secret:${name}`
const webhooks = ['good', 'hangs', 'fails', 'busy', 'moved', 'plain']
const settings = configuration.parse({
  notifications: {
    receivers: [
      ...webhooks.map((name) => ({ name, webhook: { secretArn: arnOf(name), format: 'slack' } })),
      { name: 'mailed', mail: ['a@example.com'] },
    ],
  },
})

const seen: string[] = []
let server: Server
let url = ''
beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume().on('end', () => {
      seen.push(request.url ?? '')
      if (request.url === '/hangs') return
      if (request.url === '/fails') response.statusCode = 500
      if (request.url === '/busy') response.writeHead(429, { 'retry-after': '77' })
      if (request.url === '/moved') response.writeHead(302, { location: '/good' })
      response.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

/** The handler over real webhooks, whose URLs stand in secrets, and a topic that remembers. */
function open({ sender = modelSenderId('notifications') } = {}) {
  const clock = new VirtualClock(new Date('2026-03-03T10:00:00Z'))
  const log = new CollectedLog()
  const mails: unknown[] = []
  const putOff = new Map<string, number>()
  const urlOf = (arn = '') => (arn.endsWith('plain') ? 'http://intranet.example/x' : `${url}/${arn.split(':').at(-1)}`)
  const channels = new AwsChannels({
    clock,
    topicArn: 'arn:aws:sns:eu-west-1:111122223333:ssofile-notifications',
    sns: { send: async ({ input }: { input: unknown }) => mails.push(input) } as never,
    secrets: {
      send: async ({ input }: { input: { SecretId?: string } }) => ({ SecretString: urlOf(input.SecretId) }),
    } as never,
  })
  const queues = {
    changeVisibility: async (_: string, [receiptHandle = '']: readonly string[], seconds: number) =>
      void putOff.set(receiptHandle, seconds),
  }
  const ports = {
    clock,
    log,
    channels,
    queues,
    randomness: new SeededRandomness(1),
    senderOf: modelSenderOf,
  } as unknown as Ports
  const Records = settings.notifications.receivers.map(({ name }) => ({
    messageId: name,
    receiptHandle: name,
    attributes: { ApproximateReceiveCount: '1', SenderId: sender },
    body: JSON.stringify({
      v: 1,
      id: name,
      receiver: name,
      way: name === 'mailed' ? 'mail' : 'webhook',
      counts: { rejected: 1 },
      lines: [{ id: '1', at: '2026-03-03T10:00:00.000Z', event: 'rejected', subject: 'links_data/x' }],
    }),
  }))
  return { clock, log, mails, putOff, run: () => digests(ports, settings)({ Records } as never) }
}

test('a webhook that hangs, fails, moves away or is none comes again by itself, and holds up no other', async () => {
  const { clock, mails, putOff, log, run } = open()
  const running = run()
  // Real connections: their answers are waited for, and only then the time of the one that hangs is over.
  while (putOff.size < 4 || mails.length === 0) await new Promise((resolve) => setImmediate(resolve))
  expect(putOff.has('hangs')).toBe(false)
  await clock.advance(10_000)
  const { batchItemFailures } = await running
  expect(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toEqual([
    'hangs',
    'fails',
    'busy',
    'moved',
    'plain',
  ])
  expect(seen.filter((path) => path === '/good')).toHaveLength(1)
  expect(mails).toEqual([
    expect.objectContaining({
      Subject: 'ssofile (mailed): 1 rejected',
      MessageAttributes: { receiver: { DataType: 'String', StringValue: 'mailed' } },
    }),
  ])
  expect(putOff.get('busy')).toBe(77)
  for (const seconds of putOff.values()) expect(seconds).toBeGreaterThanOrEqual(10)
  expect(JSON.stringify(log.lines)).not.toContain(url)
})

test.each([
  'AROAOPERATOR:olga',
  'AIDAEXAMPLE',
  // Who assumes a role names the session.
  `AROAOPERATOR:${modelSenderId('notifications')}`,
])('a digest that %s wrote does not go out as ssofile speaks, and comes into the dead-letter queue', async (sender) => {
  const { mails, log, run } = open({ sender })
  const before = seen.length
  const { batchItemFailures } = await run()
  expect(batchItemFailures).toHaveLength(settings.notifications.receivers.length)
  expect([mails, seen.length]).toEqual([[], before])
  expect(log.lines.map(({ fields }) => String(fields.error)).join()).toContain('received a digest from somebody else')
})

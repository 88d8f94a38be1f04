import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { startEventSourceMapping } from '../../../../infra/local/event-source-mapping.ts'
import { EnvironmentCalls } from '../../../../infra/local/lambda/environment-calls.ts'
import { ExecutionEnvironment } from '../../../../infra/local/lambda/execution-environment.ts'
import { LambdaFunction } from '../../../../infra/local/lambda/lambda-function.ts'
import { buildLocalServer } from '../../../../infra/local/s3-and-sqs.ts'
import { openAwsPorts } from '../../../../shared/aws/aws-ports.ts'
import { queueNameOnTheWire } from '../../../../shared/aws/queue-name-on-the-wire.ts'
import { SystemClock } from '../../../../shared/aws/system-clock.ts'
import { MemoryObjectStore } from '../../../../shared/memory/s3/memory-object-store.ts'
import { MemoryQueues } from '../../../../shared/memory/sqs/memory-queues.ts'
import { type FunctionName, functionSettings } from '../../../../shared/ports/deployment-settings.ts'
import type { Ports } from '../../../../shared/ports/ports.ts'
import { CollectedLog } from '../../../collected-log.ts'
import { until } from '../../../contract/until.ts'

const clock = new SystemClock()
let url: string
let objects: MemoryObjectStore
let queues: MemoryQueues
let calls: EnvironmentCalls
let arrived: string[]
let stop: () => Promise<void>

beforeEach(async () => {
  objects = new MemoryObjectStore({ bucket: 'ssofile', clock })
  queues = new MemoryQueues({ clock })
  const app = buildLocalServer({ objects, queues })
  calls = new EnvironmentCalls()
  calls.addTo(app)
  arrived = []
  app.addHook('onRequest', async (request) => void arrived.push(request.url))
  url = await app.listen({ host: '127.0.0.1', port: 0 })
  stop = () => app.close()
})
afterEach(() => stop())

function portsOf({ sessionToken }: Pick<ExecutionEnvironment, 'sessionToken'>): Ports {
  return openAwsPorts({
    bucket: 'ssofile',
    queues: (queue) => `${url}/000000000000/${queueNameOnTheWire(queue)}`,
    log: new CollectedLog(),
    endpoint: { url, accessKeyId: 'ssofile', sessionToken },
  })
}

function start(name: FunctionName) {
  const environment = new ExecutionEnvironment(name, '1')
  calls.note(environment)
  return { environment, ports: portsOf(environment) }
}

test('what a dead environment sends has no effect', async () => {
  const { environment, ports } = start('links')
  environment.thaw('')
  await ports.objects.put('status/links_data/x', 'while it runs')
  environment.kill()
  calls.note(environment)
  await expect(ports.objects.put('status/links_data/x', 'too late')).rejects.toMatchObject({ code: 'NoAnswer' })
  await expect(ports.queues.send('work', [{ body: 'b', groupId: 'g', deduplicationId: 'd' }])).rejects.toThrow()
  expect(new TextDecoder().decode((await objects.get('status/links_data/x'))?.body)).toBe('while it runs')
  expect(queues.queue('work').messages()).toEqual([])
})

test('a session token of a person, as temporary credentials have one, changes nothing', async () => {
  const ports = portsOf({ sessionToken: 'IQoJb3JpZ2luX2VjE' })
  expect(await ports.objects.put('status/links_data/x', 'x')).toMatchObject({ outcome: 'written' })
})

test('a call that waits when its environment dies breaks off, and takes no message with it', async () => {
  const { environment, ports } = start('dispatcher')
  environment.thaw('')
  const waiting = ports.queues.receive('work', { most: 1, waitSeconds: 20 }).catch((error: unknown) => error)
  await ports.objects.get('control/owner.json') // on its way after the first
  environment.kill()
  calls.note(environment)
  expect(await waiting).toMatchObject({ code: 'NoAnswer' })
  await queues.send('work', [{ body: 'b', groupId: 'g', deduplicationId: 'd' }])
  expect(queues.queue('work').counts()).toEqual({ visible: 1, inFlight: 0 })
})

test('a call of a frozen environment waits until the next event', async () => {
  const { environment, ports } = start('links')
  const putting = ports.objects.put('status/links_data/x', 'x')
  await until(() => arrived.some((path) => path.startsWith('/ssofile/status/links_data/x')))
  await fetch(url) // any later request, which is answered
  expect(await objects.head('status/links_data/x')).toBeUndefined()
  environment.thaw('')
  await putting
  expect(await objects.head('status/links_data/x')).toBeDefined()
})

describe('the role of a function', () => {
  test.each([
    ['reads what is granted', (ports: Ports) => ports.objects.get('links_data/x'), undefined],
    [
      'lists the bucket, so that a missing object is not 403',
      (ports: Ports) => ports.objects.head('status/links_data/none'),
      undefined,
    ],
    ['does not read the ledger', (ports: Ports) => ports.objects.get('assignments/x'), 'AccessDenied'],
    ['does not write an input', (ports: Ports) => ports.objects.put('links_data/x', ''), 'AccessDenied'],
    [
      'does not work on the lanes',
      (ports: Ports) => ports.queues.receive('work', { most: 1, waitSeconds: 0 }),
      'AccessDenied',
    ],
    ['does not call Identity Center', (ports: Ports) => ports.ssoAdmin.instance(), 'AccessDeniedException'],
  ] as const)('of links %s', async (_title, call, code) => {
    const { environment, ports } = start('links')
    environment.thaw('')
    await objects.put('assignments/x', '{}')
    const refused = await call(ports).then(
      () => undefined,
      (error: { code: string }) => error.code,
    )
    expect(refused).toBe(code)
  })
})

describe('a chain through its own queue', () => {
  const rounds = 20

  /** A function that sends itself one message after another, as links does while it reads the tags of many accounts. */
  async function runChain(settings: (typeof functionSettings)['links']): Promise<LambdaFunction> {
    let round = 0
    const links = new LambdaFunction({
      name: 'links',
      settings,
      clock,
      onEnvironment: (environment) => calls.note(environment),
      open: (environment) => {
        const ports = portsOf(environment)
        return async () => {
          round += 1
          if (round < rounds)
            await ports.queues.send('links', [{ body: 'b', groupId: 'g', deduplicationId: `${round}` }])
        }
      },
    })
    const mapping = startEventSourceMapping({
      ...{ queues, queue: 'links', clock, maximumConcurrency: 2, timeoutMs: 60_000, timesOutByItself: true },
      handler: (event) => links.invoke(event),
      onError: (error) => {
        throw error
      },
    })
    await queues.send('links', [{ body: 'b', groupId: 'g', deduplicationId: 'first' }])
    await until(() => round === rounds || links.metrics.recursiveInvocationsDropped > 0)
    await mapping.stop()
    links.stop()
    return links
  }

  test('goes on where the table allows it', async () => {
    const { metrics } = await runChain(functionSettings.links)
    expect(metrics).toMatchObject({ invocations: rounds, recursiveInvocationsDropped: 0 })
  })

  test('is stopped after 16 rounds where the table does not allow it, and its message stays', async () => {
    const { metrics } = await runChain({ ...functionSettings.links, allowsRecursion: false })
    expect(metrics).toMatchObject({ invocations: 16, recursiveInvocationsDropped: 1 })
    expect(queues.queue('links').counts()).toEqual({ visible: 0, inFlight: 1 })
  })
})

import { S3 } from '@aws-sdk/client-s3'
import { SQS } from '@aws-sdk/client-sqs'
import { buildLocalServer } from '../../infra/local/s3-and-sqs.ts'
import { SystemClock } from '../../shared/aws/system-clock.ts'
import { SystemRandomness } from '../../shared/aws/system-randomness.ts'
import { MemoryObjectStore } from '../../shared/memory/s3/memory-object-store.ts'
import { MemoryQueues, type MemoryQueuesOptions } from '../../shared/memory/sqs/memory-queues.ts'
import type { Clock } from '../../shared/ports/clock.ts'
import { until } from './until.ts'

export type LocalServer = {
  readonly endpoint: string
  readonly objects: MemoryObjectStore
  readonly queues: MemoryQueues
  /** A client that signs with this access key id. In the local system the id is the caller. */
  s3(accessKeyId?: string): S3
  sqs(accessKeyId?: string): SQS
  /** Resolves when the head of the next request for this path has arrived. Its body may not have. */
  arrived(path: string): Promise<void>
  stop(): Promise<void>
}
type Options = {
  readonly clock?: Clock
  readonly versioned?: boolean
  readonly settings?: MemoryQueuesOptions['settings']
}

/** S3 and SQS of the local system on a free port of this machine, with an empty bucket `ssofile` and empty queues. */
export async function startLocalServer({
  clock = new SystemClock(),
  versioned,
  settings,
}: Options = {}): Promise<LocalServer> {
  const randomness = new SystemRandomness()
  const objects = new MemoryObjectStore({ bucket: 'ssofile', clock, randomness, versioned })
  const queues = new MemoryQueues({ clock, randomness, ...(settings === undefined ? {} : { settings }) })
  const app = buildLocalServer({ objects, queues })
  const heads = new Set<string>()
  app.addHook('onRequest', async ({ url }) => void heads.add(url))
  const endpoint = await app.listen({ host: '127.0.0.1', port: 0 })
  const clients: { destroy(): void }[] = []
  const configurationFor = (accessKeyId: string) => ({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey: 'any' },
    maxAttempts: 1,
  })
  const keep = <C extends { destroy(): void }>(client: C): C => {
    clients.push(client)
    return client
  }
  return {
    endpoint,
    objects,
    queues,
    s3: (accessKeyId = 'ssofile') => keep(new S3({ ...configurationFor(accessKeyId), forcePathStyle: true })),
    sqs: (accessKeyId = 'ssofile') => keep(new SQS(configurationFor(accessKeyId))),
    arrived: (path) => until(() => heads.has(path)),
    async stop() {
      for (const client of clients) client.destroy()
      await app.close()
    },
  }
}

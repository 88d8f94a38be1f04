import { readFile } from 'node:fs/promises'
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { ReadableLog } from '../../handlers/cli/readable-log.ts'
import { dispatcher } from '../../handlers/dispatcher.ts'
import { links } from '../../handlers/links.ts'
import { permissionSets } from '../../handlers/permission-sets.ts'
import { router } from '../../handlers/router.ts'
import { everyHour, everyMinute } from '../../handlers/schedules.ts'
import { openAwsPorts } from '../../shared/aws/aws-ports.ts'
import { queueNameOnTheWire } from '../../shared/aws/queue-name-on-the-wire.ts'
import { SystemClock } from '../../shared/aws/system-clock.ts'
import { SystemRandomness } from '../../shared/aws/system-randomness.ts'
import { renderComplaint } from '../../shared/domain/complaint.ts'
import type { Configuration } from '../../shared/domain/configuration.ts'
import { fillFromOrganizationFile } from '../../shared/memory/fill-from-organization-file.ts'
import { MemoryIdentityStore } from '../../shared/memory/identity-store/memory-identity-store.ts'
import { type OrganizationFile, parseOrganizationFile } from '../../shared/memory/organization-file.ts'
import { MemoryOrganizations } from '../../shared/memory/organizations/memory-organizations.ts'
import { MemoryObjectStore } from '../../shared/memory/s3/memory-object-store.ts'
import { MemoryQueues } from '../../shared/memory/sqs/memory-queues.ts'
import { queueSettings } from '../../shared/memory/sqs/queue-settings.ts'
import { MemorySsoAdmin } from '../../shared/memory/sso-admin/memory-sso-admin.ts'
import type { Log } from '../../shared/ports/log.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { type QueueName, type WorkedQueue, workedQueues } from '../../shared/ports/queues.ts'
import { claimBucket } from '../../shared/reconcile/owner.ts'
import { startEventSourceMapping } from './event-source-mapping.ts'
import { renderGreeting } from './greeting.ts'
import { addJsonServices } from './json-services/json-services.ts'
import { localAccountId } from './local-account.ts'
import { startNotifications } from './notifications.ts'
import { buildLocalServer } from './s3-and-sqs.ts'
import { startSchedule } from './schedule.ts'

export type LocalOptions = {
  /** 0: a free one. */
  readonly port: number
  readonly configuration: Configuration
  /** Default: the acme fixture. */
  readonly organizationFile: string | undefined
  readonly latencyMs: number
  readonly latencyP99Ms: number
  /** Where log lines go; default: standard error. */
  readonly log?: Log
}

export type LocalSystem = {
  readonly url: string
  /** What a person is told once it is ready. */
  readonly greeting: string
  stop(): Promise<void>
}

const acme = new URL('../../fixtures/acme/organization.json', import.meta.url)
const bucket = 'ssofile'
const minuteMs = 60_000

/** Starts the local system: the models behind AWS's wire protocols, and the product's handlers over AWS's own clients. */
export async function startLocal(options: LocalOptions): Promise<LocalSystem> {
  const clock = new SystemClock()
  const log = options.log ?? new ReadableLog((line) => process.stderr.write(line), clock)
  const models = await openModels(options, clock)
  const app = buildLocalServer(models)
  addJsonServices(app, models)
  let isReady = false
  app.get('/_ssofile/health', async (_request, reply) => reply.code(isReady ? 200 : 503).send({ ready: isReady }))
  const url = await app.listen({ host: '127.0.0.1', port: options.port })
  const queueUrl = (queue: QueueName) => `${url}/${localAccountId}/${queueNameOnTheWire(queue)}`
  const ports = openAwsPorts({ bucket, queues: queueUrl, log, endpoint: { url, accessKeyId: 'ssofile' } })
  const queueUrls = Object.fromEntries(workedQueues.map((queue) => [queue, queueUrl(queue)])) as Record<
    WorkedQueue,
    string
  >
  await claimBucket(ports, { name: 'local', queueUrls, configuration: options.configuration })
  const running = startProduct(ports, models, options.configuration)
  await running.reconcile()
  isReady = true
  return {
    url,
    greeting: renderGreeting(url),
    async stop() {
      await running.stop()
      await app.close()
    },
  }
}

type Models = Awaited<ReturnType<typeof openModels>>

async function openModels({ organizationFile, latencyMs, latencyP99Ms }: LocalOptions, clock: SystemClock) {
  const randomness = new SystemRandomness()
  const organizations = new MemoryOrganizations({ clock, randomness })
  const identityStore = new MemoryIdentityStore({ clock, randomness })
  const ssoAdmin = new MemorySsoAdmin({ clock, randomness, organizations, identityStore, latencyMs, latencyP99Ms })
  fillFromOrganizationFile(await readOrganizationFile(organizationFile), { organizations, identityStore, ssoAdmin })
  return {
    organizations,
    identityStore,
    ssoAdmin,
    objects: new MemoryObjectStore({ bucket, clock, randomness }),
    queues: new MemoryQueues({ clock, randomness }),
  }
}

async function readOrganizationFile(file: string | undefined): Promise<OrganizationFile> {
  const parsed = parseOrganizationFile(
    file ?? 'fixtures/acme/organization.json',
    JSON.parse(await readFile(file ?? acme, 'utf8')),
  )
  if (!parsed.ok) throw new Error(renderComplaint(parsed.complaint))
  return parsed.value
}

/** What a deployment is made of: notifications, event source mappings and schedules around the handlers. */
function startProduct(ports: Ports, { objects, queues }: Models, configuration: Configuration) {
  const { clock, log } = ports
  const onError = (error: unknown) => log.error('a handler failed; its messages come again', { error })
  const map = (
    queue: WorkedQueue,
    handler: (event: SQSEvent) => Promise<SQSBatchResponse>,
    maximumConcurrency: number,
  ) => {
    const timeoutMs = queueSettings[queue].visibilityTimeoutSeconds * 1000
    return startEventSourceMapping({ queues, queue, handler, maximumConcurrency, timeoutMs, clock, onError })
  }
  const reconcile = everyHour(ports, configuration)
  const parts = [
    startNotifications({ objects, queues, clock, onError }),
    map('uploads', router(ports, configuration), 10),
    map('links', links(ports, configuration), 10),
    map('permission-sets', permissionSets(ports, configuration), 5),
    map(
      'dispatch',
      dispatcher(ports, configuration, { sliceMs: 10 * minuteMs, lingerMs: 5_000, holder: 'local system' }),
      1,
    ),
    startSchedule({ everyMs: minuteMs, run: everyMinute(ports), clock, onError }),
    startSchedule({ everyMs: 60 * minuteMs, run: reconcile, clock, onError }),
  ]
  return { reconcile, stop: async () => void (await Promise.all(parts.map((part) => part.stop()))) }
}

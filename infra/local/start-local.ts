import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { ReadableLog } from '../../handlers/cli/readable-log.ts'
import { dispatcher } from '../../handlers/dispatcher.ts'
import { events } from '../../handlers/events.ts'
import { links } from '../../handlers/links.ts'
import { permissionSets } from '../../handlers/permission-sets.ts'
import { router } from '../../handlers/router.ts'
import { everyFiveMinutes, everyHour, everyMinute, everyMinuteOfLinks, everyNight } from '../../handlers/schedules.ts'
import { openAwsPorts } from '../../shared/aws/aws-ports.ts'
import { queueNameOnTheWire } from '../../shared/aws/queue-name-on-the-wire.ts'
import type { Configuration } from '../../shared/domain/configuration.ts'
import { CollectedMetrics } from '../../shared/memory/collected-metrics.ts'
import type { Clock } from '../../shared/ports/clock.ts'
import {
  dispatcherSlice,
  type FunctionName,
  functionSettings,
  queueSettings,
} from '../../shared/ports/deployment-settings.ts'
import type { Log } from '../../shared/ports/log.ts'
import type { Metrics } from '../../shared/ports/metrics.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { type QueueName, type WorkedQueue, workedQueues } from '../../shared/ports/queues.ts'
import { patientPorts } from '../../shared/reconcile/calls/patient-ports.ts'
import { claimBucket } from '../../shared/reconcile/records/owner.ts'
import { addSupport } from './add-support.ts'
import { inMemory, openDataDirectory } from './data-directory/data-directory.ts'
import { startEventSourceMapping } from './event-source-mapping.ts'
import { addFaults } from './faults/add-faults.ts'
import type { FaultFile } from './faults/fault-file.ts'
import { renderGreeting } from './greeting.ts'
import { addJsonServices } from './json-services/json-services.ts'
import { listRoles } from './list-roles.ts'
import { localAccountId } from './local-account.ts'
import { type LocalModels, openLocalModels } from './local-models.ts'
import { addMissingPolicies } from './missing-policies.ts'
import { startNotifications } from './notifications.ts'
import { buildLocalServer } from './s3-and-sqs.ts'
import { openScaledClock } from './scaled-clock.ts'
import { startSchedule } from './schedule.ts'
import { takeOver } from './take-over.ts'

export type LocalOptions = {
  /** 0: a free one. */
  readonly port: number
  readonly configuration: Configuration
  /** Default: the acme fixture. A data directory that has an organization already keeps that. */
  readonly organizationFile: string | undefined
  readonly latencyMs: number
  readonly latencyP99Ms: number
  /** How far listings of Identity Center lag behind its writes; default 0. */
  readonly readLagMs?: number | undefined
  /** Where everything outlives the process; default: in memory. */
  readonly dataDirectory?: string | undefined
  /** How many times faster the time of product and models runs; default 1. Leases and S3's own clock keep real time. */
  readonly timeScale?: number
  /** What the calls to the services suffer; default: nothing. */
  readonly faults?: FaultFile | undefined
  /** Where log lines go; default: standard error. */
  readonly log?: Log
}

export type LocalSystem = {
  readonly url: string
  /** What a person is told once it is ready. */
  readonly greeting: string
  stop(): Promise<void>
}

const bucket = 'ssofile'
const minuteMs = 60_000
/** Who holds the dispatcher lease here; by it a restart knows a lease of its own dead process. */
const holder = 'local system'

/**
 * Starts the local system: the models behind AWS's wire protocols, and the product's handlers over AWS's own clients.
 * Throws DataDirectoryError where the data directory cannot be used.
 */
export async function startLocal(options: LocalOptions): Promise<LocalSystem> {
  const stops: Stop[] = []
  const stop = async () => {
    for (let last = stops.pop(); last !== undefined; last = stops.pop()) await last()
  }
  try {
    const url = await startParts(options, stops)
    return { url, greeting: renderGreeting(url), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

type Stop = () => Promise<void>

/** Each part that starts adds its stop function to `stops`; stop the last one first. Answers the URL. */
async function startParts(options: LocalOptions, stops: Stop[]): Promise<string> {
  const { configuration, organizationFile, dataDirectory, timeScale = 1 } = options
  const data = dataDirectory === undefined ? inMemory : await openDataDirectory(dataDirectory)
  stops.push(async () => data.close())
  const { openTable } = data
  const clock = openScaledClock(openTable, timeScale)
  const log = options.log ?? new ReadableLog((line) => process.stderr.write(line), clock)
  const onError = (error: unknown) => log.error('a delivery or a handler failed; it is repeated', { error })
  const models = await openLocalModels({ ...options, bucket, openTable, clock, onError })
  const app = buildLocalServer(models)
  stops.push(async () => void (await app.close()), models.stop)
  if (models.isRestart) {
    if (organizationFile !== undefined)
      log.warn('the data directory has an organization; the file is not read', { organizationFile })
    await takeOver(models, holder)
  }
  const notifications = startNotifications({ ...models, openTable, clock, onError })
  stops.push(() => notifications.stop())
  addJsonServices(app, models, { clock, onCall: (call) => models.events.apiCalled(call) })
  // No call is answered before its effect is kept.
  app.addHook('onSend', async () => data.flush())
  let isReady = false
  if (options.faults !== undefined) addFaults(app, options.faults, { clock, log, isReady: () => isReady })
  app.get('/_ssofile/health', async (_request, reply) => reply.code(isReady ? 200 : 503).send({ ready: isReady }))
  addSupport(app, models.organizations)
  const metrics = new CollectedMetrics()
  app.get('/_ssofile/metrics', async () => metrics.toJSON())
  app.get('/_ssofile/roles', async () => listRoles(models.ssoAdmin))
  addMissingPolicies(app, models.ssoAdmin)
  const url = await app.listen({ host: '127.0.0.1', port: options.port })
  const portsOf = openPorts({ url, clock, log, metrics })
  await claim(portsOf('owner'), url, configuration)
  const running = startProduct(portsOf, models, configuration)
  stops.push(running.stop)
  await running.reconcile()
  isReady = true
  return url
}

/** The product's ports over AWS's own clients. Each function has clients of its own, by which its calls can be told apart. */
function openPorts({
  url,
  clock,
  log,
  metrics,
}: {
  readonly url: string
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
}): PortsOf {
  return (name) => {
    const endpoint = { url, accessKeyId: 'ssofile', userAgentAppId: name }
    const queues = (queue: QueueName) => queueUrl(url, queue)
    // The very clock of the models; the lease keeps the machine's.
    return { ...patientPorts(openAwsPorts({ bucket, queues, log, metrics, endpoint })), clock }
  }
}
type PortsOf = (name: FunctionName) => Ports

function queueUrl(url: string, queue: QueueName): string {
  return `${url}/${localAccountId}/${queueNameOnTheWire(queue)}`
}

async function claim(ports: Ports, url: string, configuration: Configuration): Promise<void> {
  const urls = workedQueues.map((queue) => [queue, queueUrl(url, queue)] as const)
  const queueUrls = Object.fromEntries(urls) as Record<WorkedQueue, string>
  await claimBucket(ports, { name: 'local', queueUrls, configuration })
}

/** What a deployment is made of: notifications, event source mappings and schedules around the handlers. */
function startProduct(portsOf: PortsOf, { queues }: LocalModels, configuration: Configuration) {
  // One function for wakes and schedule.
  const dispatching = portsOf('dispatcher')
  const { clock, log } = dispatching
  const onError = (error: unknown) => log.error('a handler failed; its messages come again', { error })
  const map = (name: FunctionName, handler: (event: SQSEvent) => Promise<SQSBatchResponse>) => {
    const { queue: source, reservedConcurrency } = functionSettings[name]
    if (source === undefined) throw new Error(`the function ${name} has no queue`)
    const { name: queue, maximumConcurrency: most = reservedConcurrency ?? 1 } = source
    // Twenty links at a time: more would only take this one process from the dispatcher.
    const maximumConcurrency = name === 'links' ? Math.min(2, most) : most
    const timeoutMs = queueSettings[queue].visibilityTimeoutSeconds * 1000
    return startEventSourceMapping({ queues, queue, handler, maximumConcurrency, timeoutMs, clock, onError })
  }
  const schedule = (name: FunctionName, run: () => Promise<void>) => {
    const { schedule: every } = functionSettings[name]
    if (every === undefined) throw new Error(`the function ${name} has no schedule`)
    const everyMs = (every === 'night' ? 24 * 60 : every.everyMinutes) * minuteMs
    return startSchedule({ everyMs, run, clock, onError })
  }
  const reconcile = everyHour(portsOf('hourly'), configuration)
  const slice = { ...dispatcherSlice, holder }
  const parts = [
    map('router', router(portsOf('router'), configuration)),
    map('links', links(portsOf('links'), configuration)),
    map('permission-sets', permissionSets(portsOf('permission-sets'), configuration)),
    map('events', events(portsOf('events'), configuration)),
    map('dispatcher', dispatcher(dispatching, configuration, slice)),
    schedule('dispatcher', everyMinute(dispatching, configuration, slice)),
    schedule('minute-links', everyMinuteOfLinks(portsOf('minute-links'), configuration)),
    schedule('sweep', everyFiveMinutes(portsOf('sweep'), configuration)),
    schedule('hourly', reconcile),
    schedule('nightly', everyNight(portsOf('nightly'), configuration)),
  ]
  return { reconcile, stop: async () => void (await Promise.all(parts.map((part) => part.stop()))) }
}

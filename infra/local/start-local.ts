import type { FastifyInstance } from 'fastify'
import { ReadableLog } from '../../handlers/cli/terminal/readable-log.ts'
import { AwsAccountTags } from '../../shared/aws/aws-account-tags.ts'
import { openAwsAuditor } from '../../shared/aws/aws-auditor.ts'
import { openBreakGlassAuditor } from '../../shared/aws/aws-break-glass-auditor.ts'
import { openAwsChannels } from '../../shared/aws/aws-channels.ts'
import { openAwsPorts } from '../../shared/aws/aws-ports.ts'
import { openAwsRetirer } from '../../shared/aws/aws-retirer.ts'
import { openAwsSecret } from '../../shared/aws/aws-secret.ts'
import { openEventBridgeBus } from '../../shared/aws/event-bridge-bus.ts'
import { queueNameOnTheWire } from '../../shared/aws/queue-name-on-the-wire.ts'
import { SystemRandomness } from '../../shared/aws/system-randomness.ts'
import { principalsOf } from '../../shared/domain/account-facts/emergency-principals.ts'
import type { Configuration } from '../../shared/domain/deployment/configuration.ts'
import { CollectedMetrics } from '../../shared/memory/collected-metrics.ts'
import { modelRoleIds, modelSenderOf } from '../../shared/memory/sqs/model-senders.ts'
import type { CheckedBreakGlass } from '../../shared/ports/break-glass.ts'
import type { Clock } from '../../shared/ports/clock.ts'
import { type FunctionName, tagReaderOf } from '../../shared/ports/deployment-settings.ts'
import type { Log } from '../../shared/ports/log.ts'
import type { Metrics } from '../../shared/ports/metrics.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { type QueueName, type WorkedQueue, workedQueues } from '../../shared/ports/queues.ts'
import { patientPorts } from '../../shared/reconcile/calls/patient-ports.ts'
import { claimBucket, LostOwnerError } from '../../shared/reconcile/records/owner.ts'
import { addAccessAnalyzer } from './access-analyzer-service.ts'
import { addAccountAccess } from './account-access-service.ts'
import { addAccessPage } from './add-access-page.ts'
import { addClock } from './add-clock.ts'
import { addRequestsPage } from './add-requests-page.ts'
import { addRoleUses } from './add-role-uses.ts'
import { addRolesOfPeople } from './add-roles-of-people.ts'
import { addSupport } from './add-support.ts'
import { addBreakGlass } from './break-glass/add-break-glass.ts'
import { openBreakGlass } from './break-glass/open-break-glass.ts'
import { type DataDirectory, inMemory, openDataDirectory } from './data-directory/data-directory.ts'
import { addFaults } from './faults/add-faults.ts'
import type { FaultFile } from './faults/fault-file.ts'
import { renderGreeting } from './greeting.ts'
import { addJsonServices, type CallRecorder } from './json-services/json-services.ts'
import { EnvironmentCalls } from './lambda/environment-calls.ts'
import type { ExecutionEnvironment } from './lambda/execution-environment.ts'
import { type LocalFunctions, startFunctions } from './lambda/start-functions.ts'
import { listRoles } from './list-roles.ts'
import { localDeployment as deploymentName, localAccountId, localRegion, localRoleArn } from './local-account.ts'
import { type LocalClocks, openLocalClocks } from './local-clocks.ts'
import { type LocalModels, type LocalModelsOptions, openLocalModels } from './local-models.ts'
import { startNotifications } from './notifications.ts'
import { addOutcomes, localBus, localTopicArn, openOutcomeServices } from './outcomes.ts'
import { addQueryServices } from './query-services/add-query-services.ts'
import { buildLocalServer } from './s3-and-sqs.ts'
import { type ScheduleOptions, startSchedule } from './schedule.ts'
import { serveApi } from './serve-api.ts'
import { startHostedPage } from './serve-hosted-page.ts'
import { serveInvoke } from './serve-invoke.ts'
import { addPersonSessions } from './sessions/add-person-sessions.ts'
import { takeOver } from './take-over.ts'

type ModelOptions = Omit<
  LocalModelsOptions,
  'bucket' | 'openTable' | 'clock' | 'machineClock' | 'roles' | 'versioned' | 'onError' | 'onEvent'
>

export type LocalOptions = ModelOptions & {
  /** Whether the bucket is versioned. Default: yes. */
  readonly versioned?: boolean | undefined
  /** 0: a free port. */
  readonly port: number
  readonly configuration: Configuration
  /** Everything in this directory outlives the process; default: in memory. */
  readonly dataDirectory?: string | undefined
  /** How many times faster the time of product and models runs; default 1. Leases and S3's own clock keep real time. */
  readonly timeScale?: number
  /** The faults of calls to the services; default: none. */
  readonly faults?: FaultFile | undefined
  /** The folder of the functions' bundles, which then run as deployed; default: functions run in this process. */
  readonly bundles?: string | undefined
  /** The log; default: standard error. */
  readonly log?: Log
}

export type LocalSystem = {
  readonly url: string
  readonly page: string
  /** The text for the user once it is ready. */
  readonly greeting: string
  stop(): Promise<void>
}

const bucket = 'ssofile'
/** The holder of the dispatcher lease here: after a restart it identifies a lease of the dead process. */
const holder = 'local system'
/** The access key ids of API and page, which have roles of their own as in a deployment. */
const ownRoles: { readonly [name in FunctionName]?: string } = { api: 'ssofile-api', page: 'ssofile-page' }
const rolePrincipals = Object.values(ownRoles).map((role) => `AWS:${role}`)

/**
 * Starts the local system: the models behind AWS's wire protocols, and the product's handlers over AWS's own clients.
 * Throws DataDirectoryError if the data directory is not usable.
 */
export async function startLocal(options: LocalOptions): Promise<LocalSystem> {
  const stops: Stop[] = []
  const stop = async () => {
    for (let last = stops.pop(); last !== undefined; last = stops.pop()) await last()
  }
  try {
    const { url, page } = await startParts(options, stops)
    return { url, page, greeting: renderGreeting(url, page), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

type Stop = () => Promise<void>

/** Each part that starts adds its stop function to `stops`; stop the last one first. Answers the addresses. */
async function startParts(options: LocalOptions, stops: Stop[]): Promise<{ url: string; page: string }> {
  const { organizationFile, dataDirectory, timeScale = 1 } = options
  const data = dataDirectory === undefined ? inMemory : await openDataDirectory(dataDirectory)
  stops.push(async () => data.close())
  const { openTable } = data
  const clocks = openLocalClocks(openTable, timeScale)
  const clock = clocks.models
  const log = options.log ?? new ReadableLog((line) => process.stderr.write(line), clock)
  const onError = (error: unknown) =>
    log.error('a delivery or a handler failed; the local system repeats it', { error })
  const machineClock = clocks.machine
  const models = await openModels(options, { openTable, clock, machineClock, onError })
  const configuration = { ownAccount: models.ownAccount, ...options.configuration }
  const app = buildLocalServer(models)
  stops.push(async () => void (await app.close()), models.stop)
  if (models.isRestart) await restart(models, organizationFile, log)
  let functions: LocalFunctions | undefined
  const startRetire = () => functions?.startRetire()
  const notifications = startNotifications({ ...models, startRetire, openTable, clock, onError })
  stops.push(() => notifications.stop())
  const outcomes = openOutcomeServices({ clock, randomness: new SystemRandomness(), openTable, log })
  const breakGlass = openBreakGlass(models, machineClock, openTable)
  addQueryServices(app, { ...models, ...outcomes, accountOf: breakGlass.accountOf })
  const recorder: CallRecorder = { clock, onCall: (call) => models.events.apiCalled(call) }
  addJsonServices(app, { ...models, outcomes }, recorder)
  keepBeforeAnswering(app, data)
  const health = serveHealth(app)
  if (options.faults !== undefined) addFaults(app, options.faults, { clock, log, isReady: () => health.ready })
  const calls = new EnvironmentCalls()
  calls.addTo(app)
  addRolesOfPeople(app)
  addPersonSessions(app, models.sessions, (use) => models.events.used(use))
  addBreakGlass(app, breakGlass, outcomes.secrets)
  addSupport(app, models)
  addClock(app, clocks, { hasBundles: options.bundles !== undefined })
  const metrics = serveMetrics(app, () => functions)
  addWhatRolesAre(app, models, recorder)
  addOutcomes(app, outcomes)
  const gateway = serveApi(app, { clock, onError })
  serveInvoke(app, gateway)
  const page = addAccessPage(app, configuration)
  const requestsPage = addRequestsPage(app, models)
  stops.push(requestsPage.stop)
  const url = await app.listen({ host: '127.0.0.1', port: options.port })
  requestsPage.url = url
  // As in the environment of a deployment.
  const { instanceArn } = models.ssoAdmin
  const common = { url, clocks, log, metrics, instanceArn, definitions: () => breakGlass.model.definitions }
  const open = (environment?: ExecutionEnvironment) =>
    openPorts({ ...common, environment, caller: environment?.function ?? 'owner' })
  page.openPorts = () => openPorts(common)
  const hosted = await startHostedPage({ ...models, secrets: outcomes.secrets, clock, onError, port: options.port })
  stops.push(hosted.stop)
  const variablesOf = (name: FunctionName) => functionVariables(name, { url, instanceArn, pageOrigin: hosted.origin })
  await claim(open(), { name: deploymentName, queueUrls: queueUrlsAt(url), configuration })
  functions = startFunctions({
    ports: { clock: clocks.functions, log },
    scheduleClock: clock,
    configuration,
    queues: models.queues,
    timeScale,
    holder,
    apiPrincipals: rolePrincipals,
    pageOptions: (environment) => hosted.optionsOf((arn) => openAwsSecret(arn, endpointOf(environment, url))),
    openPorts: open,
    onEnvironment: (environment) => calls.note(environment),
    bundles: options.bundles === undefined ? undefined : { directory: options.bundles, variablesOf },
  })
  stops.push(functions.stop)
  Object.assign(gateway, { invoke: functions.serve, ask: functions.ask })
  hosted.invoke = functions.servePage
  stops.push(startWatching(models, { clock, onError }))
  await functions.reconcile()
  Object.assign(health, { ready: true, page: hosted.origin })
  return { url, page: hosted.origin }
}

function openModels(
  options: LocalOptions,
  common: Pick<LocalModelsOptions, 'openTable' | 'clock' | 'machineClock' | 'onError'>,
): Promise<LocalModels> {
  const versioned = options.versioned ?? true
  return openLocalModels({ ...options, ...common, versioned, bucket, roles: options.configuration })
}

/** A deployment's schedule runs for the first time when it is made. */
function startWatching({ events }: LocalModels, of: Pick<ScheduleOptions, 'clock' | 'onError'>): Stop {
  events.watched()
  return startSchedule({ ...of, everyMs: 60 * 60_000, run: async () => events.watched() }).stop
}

async function restart(models: LocalModels, organizationFile: string | undefined, log: Log): Promise<void> {
  if (organizationFile !== undefined)
    log.warn('the data directory has an organization; the file is not read', { organizationFile })
  await takeOver(models, holder)
}

/** Every effect is kept before the call is answered. Not an async hook: s3-and-sqs.ts. */
function keepBeforeAnswering(app: FastifyInstance, data: DataDirectory): void {
  app.addHook('onSend', (_request, _reply, _payload, done) => {
    try {
      data.flush()
      done()
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)))
    }
  })
}

/** `page`: the address of the page for everybody. */
function serveHealth(app: FastifyInstance): { ready: boolean; page?: string } {
  const health = { ready: false }
  app.get('/_ssofile/health', async (_request, reply) => reply.code(health.ready ? 200 : 503).send(health))
  return health
}

async function claim(ports: Ports, deployment: Parameters<typeof claimBucket>[1]): Promise<void> {
  try {
    await claimBucket(ports, deployment)
  } catch (error) {
    // It starts all the same, so that the user can restore the ledger: the dispatcher does nothing until then.
    if (!(error instanceof LostOwnerError)) throw error
    ports.log.error(error.message)
  }
}

function serveMetrics(
  app: ReturnType<typeof buildLocalServer>,
  functions: () => LocalFunctions | undefined,
): CollectedMetrics {
  const metrics = new CollectedMetrics()
  app.get('/_ssofile/metrics', async () => metrics.toJSON())
  app.get('/_ssofile/functions', async () => functions()?.metrics() ?? {})
  return metrics
}

function addWhatRolesAre(
  app: FastifyInstance,
  { ssoAdmin, iam, accountAccess }: LocalModels,
  recorder: CallRecorder,
): void {
  addAccountAccess(app, accountAccess, recorder)
  addAccessAnalyzer(app, iam)
  app.get('/_ssofile/roles', async () => listRoles(ssoAdmin))
  addRoleUses(app, { iam, ssoAdmin })
}

type OpenOptions = {
  readonly url: string
  readonly clocks: Pick<LocalClocks, 'functions' | 'machine'>
  readonly log: Log
  readonly metrics: Metrics
  readonly instanceArn: string
  readonly definitions: CheckedBreakGlass['definitions']
  readonly environment?: ExecutionEnvironment | undefined
  /** The calling function, which distinguishes its calls; absent: none. */
  readonly caller?: FunctionName | undefined
}

/** The product's ports over AWS's own clients: for one environment of a function, or for the deployment. */
function openPorts(options: OpenOptions): Ports {
  const { url, clocks, log, metrics, instanceArn, definitions, environment, caller } = options
  const token = environment && { sessionToken: environment.sessionToken }
  const accessKeyId = accessKeyIdOf(environment?.function)
  const endpoint = { url, accessKeyId, userAgentAppId: caller, ...token }
  const aws = openAwsPorts({ bucket, queues: (queue) => queueUrlAt(url, queue), log, metrics, instanceArn, endpoint })
  const accountTags = new AwsAccountTags(tagReaderOf(deploymentName), endpoint)
  const own = (of: Clock) => environment?.clock(of) ?? of
  const auditor = openAwsAuditor(endpoint)
  const retirer = openAwsRetirer(endpoint)
  // The lease uses the machine's clock, as S3 does, and so do the pauses between attempts of a call.
  const machine = own(clocks.machine)
  return {
    ...patientPorts({ ...aws, accountTags, auditor, retirer, clock: machine, leaseClock: machine }),
    clock: own(clocks.functions),
    senderOf: modelSenderOf,
    breakGlass: { auditor: openBreakGlassAuditor(endpoint), definitions },
    emergency: () => principalsOf(definitions()),
    eventBus: openEventBridgeBus(localBus, endpoint),
    channels: openAwsChannels(localTopicArn, endpoint),
  }
}

/** The environment variables of a function, by the deployment and by Lambda, with all services at this endpoint. */
function functionVariables(
  name: FunctionName,
  { url, instanceArn, pageOrigin }: Pick<OpenOptions, 'url' | 'instanceArn'> & { readonly pageOrigin: string },
): Readonly<Record<string, string>> {
  return {
    SSOFILE_DEPLOYMENT: deploymentName,
    SSOFILE_BUCKET: bucket,
    SSOFILE_INSTANCE_ARN: instanceArn,
    SSOFILE_QUEUE_URLS: JSON.stringify(queueUrlsAt(url)),
    SSOFILE_SENDERS: JSON.stringify(modelRoleIds),
    SSOFILE_BUS: localBus,
    SSOFILE_TOPIC_ARN: localTopicArn,
    ...(name === 'router'
      ? { SSOFILE_API_PRINCIPAL: `AWS:${ownRoles.api}`, SSOFILE_PAGE_PRINCIPAL: `AWS:${ownRoles.page}` }
      : {}),
    ...(name === 'page' || name === 'notifications' ? { SSOFILE_PAGE_ORIGIN: pageOrigin } : {}),
    ...(name === 'events' ? { SSOFILE_DISPATCHER_ROLE: localRoleArn('dispatcher') } : {}),
    AWS_REGION: localRegion,
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: accessKeyIdOf(name),
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SDK_UA_APP_ID: name,
  }
}

/** API and page have roles of their own: the router recognizes their uploads by them. */
function accessKeyIdOf(name: FunctionName | undefined): string {
  return (name && ownRoles[name]) ?? 'ssofile'
}

function endpointOf({ function: name, sessionToken }: ExecutionEnvironment, url: string) {
  return { url, accessKeyId: accessKeyIdOf(name), userAgentAppId: name, sessionToken }
}

function queueUrlAt(url: string, queue: QueueName): string {
  return `${url}/${localAccountId}/${queueNameOnTheWire(queue)}`
}

function queueUrlsAt(url: string): Record<WorkedQueue, string> {
  return Object.fromEntries(workedQueues.map((queue) => [queue, queueUrlAt(url, queue)])) as Record<WorkedQueue, string>
}

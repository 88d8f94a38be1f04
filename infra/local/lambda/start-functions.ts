import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { extname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { SQSEvent } from 'aws-lambda'
import * as z from 'zod'
import { answerDoctor } from '../../../handlers/answer-doctor.ts'
import { api } from '../../../handlers/api/api.ts'
import type { ApiEvent } from '../../../handlers/api/api-request.ts'
import { readActionCatalog } from '../../../handlers/cli/plan/read-action-catalog.ts'
import { digests } from '../../../handlers/digests.ts'
import { dispatcher } from '../../../handlers/dispatcher.ts'
import { events } from '../../../handlers/events.ts'
import type { QueueHandler } from '../../../handlers/handler.ts'
import { links } from '../../../handlers/links.ts'
import { type PageOptions, page } from '../../../handlers/page/page.ts'
import type { PageEvent } from '../../../handlers/page/page-event.ts'
import { permissionSets } from '../../../handlers/permission-sets.ts'
import { type LookQuestion, type RedriveQuestion, redrive } from '../../../handlers/redrive.ts'
import { requests } from '../../../handlers/requests.ts'
import { router } from '../../../handlers/router.ts'
import {
  allJobs,
  jobsOfCredentials,
  jobsOfNotifications,
  jobsOfSweep,
  schedule,
  throughTheMinute,
} from '../../../handlers/schedules.ts'
import { usage } from '../../../handlers/usage.ts'
import type { Configuration } from '../../../shared/domain/deployment/configuration.ts'
import type { RoundTripQuestion } from '../../../shared/domain/messages/round-trip-event.ts'
import type { MemoryQueues } from '../../../shared/memory/sqs/memory-queues.ts'
import type { DoctorQuestion } from '../../../shared/modules/doctor/try-permissions.ts'
import type { Clock } from '../../../shared/ports/clock.ts'
import {
  dispatcherSlice,
  type FunctionName,
  functionNames,
  functionSettings,
} from '../../../shared/ports/deployment-settings.ts'
import type { ScheduledFunction } from '../../../shared/ports/metrics.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { startEventSourceMapping } from '../event-source-mapping.ts'
import { localRoleArn } from '../local-account.ts'
import { startSchedule } from '../schedule.ts'
import { AsynchronousInvocations } from './asynchronous-invocations.ts'
import type { ExecutionEnvironment } from './execution-environment.ts'
import { type FunctionMetrics, type Handler, LambdaFunction } from './lambda-function.ts'
import type { Invocation } from './serve-invocations.ts'

export type FunctionsOptions = {
  readonly ports: Pick<Ports, 'clock' | 'log'>
  /** A wait by it ends when the instant comes, also if the clock is moved there. */
  readonly scheduleClock: Clock
  readonly configuration: Configuration
  readonly queues: MemoryQueues
  /** How many times faster `ports.clock` runs than this machine. */
  readonly timeScale: number
  readonly holder: string
  /** S3's names of the functions `api` and `page`. */
  readonly apiPrincipals: readonly string[]
  readonly pageOptions: (environment: ExecutionEnvironment) => PageOptions
  /** The ports of one environment, whose calls carry its session token. */
  readonly openPorts: (environment: ExecutionEnvironment) => Ports
  readonly onEnvironment: (environment: ExecutionEnvironment) => void
  /** Runs functions as deployed. Absent: they run in this process. */
  readonly bundles?: Bundles | undefined
}

type Bundles = {
  readonly directory: string
  readonly variablesOf: (name: FunctionName) => Readonly<Record<string, string>>
}

export type LocalFunctions = {
  /** A reconcile, which a deployment runs before anything else. */
  reconcile(): Promise<void>
  /** Acts like S3 when a file under `retire/` is deleted. */
  startRetire(): void
  /** The API's answer to a request. Throws as `LambdaFunction.invoke` does. */
  serve(request: ApiEvent): Promise<unknown>
  servePage(request: PageEvent): Promise<unknown>
  /** A function's answer to a command. Throws as `LambdaFunction.invoke` does. */
  ask(of: FunctionName, question: Question): Promise<unknown>
  metrics(): Readonly<Partial<Record<FunctionName, FunctionMetrics>>>
  stop(): Promise<void>
}

/** A batch of a queue, or the question of a command. */
type Invoked = SQSEvent | Question
type Question = DoctorQuestion | LookQuestion | RedriveQuestion | RoundTripQuestion
type Build<E> = (ports: Ports, configuration: Configuration, environment: ExecutionEnvironment) => Handler<E>
const minuteMs = 60_000
/** The machine does not run faster under a time scale, so each function gets at least this much real time. */
const leastRealMs = 30_000
/** The dispatcher may wait a minute for a dead lease, which uses real time, before it begins. */
const leastRealMsOfDispatcher = 300_000

/** The functions of a deployment, by the table of settings, with their queues and schedules. */
export function startFunctions(options: FunctionsOptions): LocalFunctions {
  const { ports, queues, holder } = options
  const { clock, log } = ports
  const onError = (error: unknown) => log.error('a function failed; SQS delivers its messages again', { error })
  const serving = openFunction<ApiEvent>('api', ofApi, options)
  const pages = openFunction<PageEvent>('page', ofPage(options), options)
  const functions = openFunctions(options, {
    router: ofQueue((own, configuration) => router(own, configuration, { apiPrincipals: options.apiPrincipals })),
    links: ofQueue(links),
    'permission-sets': ofQueue(permissionSets),
    requests: ofQueue(requests),
    events: ofQueue((own, configuration) => events(own, configuration, { dispatcherRole: localRoleArn('dispatcher') })),
    dispatcher: (own, configuration) => {
      const work = dispatcher(own, configuration, { ...dispatcherSlice, holder })
      return answerDoctor<Invoked, unknown>(own, () => work())
    },
    'minute-links': throughTheMinute,
    sweep: (own, configuration) => schedule('sweep', jobsOfSweep, own, configuration),
    hourly: ofSchedule('hourly'),
    nightly: ofSchedule('nightly'),
    report: ofSchedule('report'),
    credentials: (own, configuration) =>
      schedule('credentials', jobsOfCredentials, own, configuration, { readActions: readActionCatalog }),
    retire: ofSchedule('retire'),
    notifications: (own, configuration, environment) =>
      schedule('notifications', jobsOfNotifications, own, configuration, {
        page: options.pageOptions(environment).origin,
      }),
    digests: ofQueue(digests),
    usage: ofQueue(usage),
    redrive,
  })
  const asynchronous = new AsynchronousInvocations({ clock, onError, isOneAtATime: options.timeScale > 1 })
  const sources = functions.flatMap((invoked) => [
    ...startMapping(invoked, { queues, clock, onError }),
    ...startOwnSchedule(invoked, { asynchronous, clock: options.scheduleClock, onError }),
  ])
  return {
    async reconcile() {
      await functions.find(({ name }) => name === 'hourly')?.invoke()
    },
    startRetire() {
      for (const invoked of functions) if (invoked.name === 'retire') asynchronous.send(invoked)
    },
    serve: (request) => serving.invoke(request),
    servePage: (request) => pages.invoke(request),
    ask: async (of, question) => functions.find(({ name }) => name === of)?.invoke(question),
    metrics: () => Object.fromEntries([...functions, serving, pages].map(({ name, metrics }) => [name, metrics])),
    async stop() {
      await Promise.all(sources.map((source) => source.stop()))
      await asynchronous.stop()
      for (const invoked of [...functions, serving, pages]) invoked.stop()
    },
  }
}

function openFunctions(
  options: FunctionsOptions,
  builds: Readonly<Record<Exclude<FunctionName, 'owner' | 'api' | 'page'>, Build<Invoked>>>,
): readonly LambdaFunction<Invoked>[] {
  // The deployment runs `owner`.
  return functionNames
    .filter((name) => name !== 'owner' && name !== 'api' && name !== 'page')
    .map((name) => openFunction(name, builds[name], options))
}

function openFunction<E extends object>(
  name: FunctionName,
  build: Build<E>,
  { ports, configuration, timeScale, openPorts, onEnvironment, bundles }: FunctionsOptions,
): LambdaFunction<E> {
  const leastMs = name === 'dispatcher' ? leastRealMsOfDispatcher : leastRealMs
  return new LambdaFunction({
    name,
    settings: functionSettings[name],
    clock: ports.clock,
    leastTimeoutMs: timeScale === 1 ? 0 : leastMs * timeScale,
    open: (environment) => {
      if (bundles === undefined) return build(openPorts(environment), configuration, environment)
      const { directory, variablesOf } = bundles
      return openBundledFunction({ directory, name, environment, variables: variablesOf(name) })
    },
    onEnvironment,
  })
}

/** The API is not invoked without a request. */
function ofApi(ports: Ports, configuration: Configuration): Handler<ApiEvent> {
  const serve = api(ports, configuration)
  return async (request) => request && serve(request)
}

function ofPage({ pageOptions }: FunctionsOptions): Build<PageEvent> {
  return (ports, configuration, environment) => {
    const serve = page(ports, configuration, pageOptions(environment))
    return async (request) => request && serve(request)
  }
}

/** A function of a queue has no other source of events. */
function ofQueue(handler: QueueHandler): Build<Invoked> {
  return (ports, configuration) => {
    const handle = handler(ports, configuration)
    return async (event) => event && 'Records' in event && handle(event)
  }
}

function ofSchedule(name: ScheduledFunction): Build<Invoked> {
  return (ports, configuration) => schedule(name, allJobs[name], ports, configuration)
}

type Failing = { readonly clock: Ports['clock']; readonly onError: (error: unknown) => void }

function startMapping(
  invoked: LambdaFunction<Invoked>,
  { queues, ...common }: Failing & { readonly queues: MemoryQueues },
) {
  const { queues: sources = [], timeoutSeconds } = invoked.settings
  return sources.map(({ name: queue, batchSize, batchingWindowSeconds, maximumConcurrency: most = pollersAtFirst }) => {
    // Ten would each read the organization, and take this one process from the dispatcher.
    const maximumConcurrency = invoked.name === 'links' ? Math.min(2, most) : most
    const handler: Parameters<typeof startEventSourceMapping>[0]['handler'] = (event) => invoked.invoke(event)
    const timeoutMs = timeoutSeconds * 1000
    const batching = { batchSize, batchingWindowSeconds }
    const own = { queues, queue, handler, ...batching, maximumConcurrency, timeoutMs, timesOutByItself: true }
    return startEventSourceMapping({ ...own, ...common })
  })
}
/** Lambda Developer Guide, "Configuring scaling behavior for SQS event source mappings". */
const pollersAtFirst = 5

function startOwnSchedule(
  invoked: LambdaFunction<Invoked>,
  { asynchronous, ...common }: Failing & { readonly asynchronous: AsynchronousInvocations },
) {
  const { schedule: every } = invoked.settings
  if (every === undefined) return []
  const everyMs = (typeof every === 'string' ? 24 * 60 : every.everyMinutes) * minuteMs
  return [startSchedule({ everyMs, run: async () => asynchronous.send(invoked), ...common })]
}

type BundledFunctionOptions = {
  /** Contains `NAME/index.mjs` of each function, and the files beside it. */
  readonly directory: string
  readonly name: FunctionName
  readonly environment: ExecutionEnvironment
  /** The process's environment, except the session token. */
  readonly variables: Readonly<Record<string, string>>
}

/** A source, or a file of the package beside this one. */
const server = new URL(`./serve-invocations${extname(import.meta.url)}`, import.meta.url).href
const invoked = z.object({ peakKb: z.number(), answer: z.unknown().optional(), error: z.string().optional() })
/** The event of an EventBridge rule. */
const scheduled = { 'detail-type': 'Scheduled Event' }

/**
 * A function as deployed: its bundle in a Node process of its own, which dies with its environment, or when it uses more memory than the
 * table allows.
 */
export function openBundledFunction<E extends object>(options: BundledFunctionOptions): Handler<E> {
  const { directory, name, environment, variables } = options
  const { memoryMb, timeoutSeconds } = functionSettings[name]
  const bundle = pathToFileURL(join(directory, name, 'index.mjs')).href
  const script = `import { serveInvocations } from '${server}'
    import { handler } from '${bundle}'
    serveInvocations(handler)`
  const limits = [`--max-old-space-size=${memoryMb}`]
  const child = spawn(process.execPath, [...limits, '--input-type=module', '--eval', script], {
    env: { ...variables, AWS_SESSION_TOKEN: environment.sessionToken },
    // Its log lines go to the local system's log.
    stdio: ['ignore', 2, 2, 'ipc'],
  })
  environment.track({ destroy: () => child.kill('SIGKILL') })
  const ended = once(child, 'exit').then(([code, signal]) => {
    environment.kill()
    throw new Error(`the process of the function ${name} ended with ${code ?? signal}`)
  })
  ended.catch(() => {})
  return async (event) => {
    const told = once(child, 'message')
    child.send({ event: event ?? scheduled, name, memoryMb, timeoutSeconds } satisfies Invocation)
    const [message] = await Promise.race([told, ended])
    const { answer, error, peakKb } = invoked.parse(message)
    if (peakKb > memoryMb * 1024) {
      environment.kill()
      throw new Error(`the function ${name} took ${Math.ceil(peakKb / 1024)} MB of memory, and has ${memoryMb}`)
    }
    if (error !== undefined) throw new Error(error)
    return answer
  }
}

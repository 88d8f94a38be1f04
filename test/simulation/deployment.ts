import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { digests } from '../../handlers/digests.ts'
import { dispatcher } from '../../handlers/dispatcher.ts'
import { events } from '../../handlers/events.ts'
import { links } from '../../handlers/links.ts'
import { permissionSets } from '../../handlers/permission-sets.ts'
import { requests } from '../../handlers/requests.ts'
import { router } from '../../handlers/router.ts'
import { allJobs, schedule } from '../../handlers/schedules.ts'
import type { RoleName } from '../../infra/function-permissions.ts'
import { startEventSourceMapping } from '../../infra/local/event-source-mapping.ts'
import type { Configuration } from '../../shared/domain/deployment/configuration.ts'
import { queuesOfPeople } from '../../shared/domain/inputs/kind.ts'
import type { AccountId } from '../../shared/domain/organization/account-id.ts'
import { CollectedMetrics } from '../../shared/memory/collected-metrics.ts'
import type { SeededRandomness } from '../../shared/memory/seeded-randomness.ts'
import { modelSenderOf, sentBy } from '../../shared/memory/sqs/model-senders.ts'
import type { FunctionName } from '../../shared/ports/deployment-settings.ts'
import type { ScheduledFunction } from '../../shared/ports/metrics.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import type { WorkedQueue } from '../../shared/ports/queues.ts'
import { CollectedLog } from '../collected-log.ts'
import type { Call } from './chaos.ts'
import { promises } from './oracle/violation.ts'
import type { Sabotage } from './sabotages.ts'
import { SimulatedProcess } from './simulated-process.ts'
import type { SimulatedWorld } from './simulated-world.ts'
import { StepWatch } from './step-watch.ts'
import type { Tape } from './tape.ts'

const sweepEveryMs = 5 * 60_000
const betweenLooksMs = 60_000

const slice = { sliceMs: 480_000, lingerMs: 2_000, holder: 'simulation' }

type Opened = (ports: Ports, settings: Configuration) => (event: SQSEvent) => Promise<SQSBatchResponse>

/** The metrics of all runs in this process. */
export const recordedMetrics = new CollectedMetrics()

type Options = {
  readonly randomness: SeededRandomness
  readonly sabotage: Sabotage | undefined
  /** Records the calls of processes. */
  readonly tape: Tape | undefined
}

/** All of ssofile in a world: its functions, each invocation of which is a process, and their schedules. */
export class Deployment {
  /** The latest dispatcher. */
  dispatcher: SimulatedProcess | undefined
  /** When the last sweep began. */
  sweptMs = 0
  steps = 0
  readonly #world: SimulatedWorld
  readonly #options: Options
  /** The configuration that the product gets. */
  readonly #told: Configuration
  readonly #log = new CollectedLog()
  readonly #alive = new Set<SimulatedProcess>()
  readonly #stepWatch: StepWatch
  #processes = 0
  #hasBegun = false
  #lookedMs = Number.NEGATIVE_INFINITY
  #hasNews = false
  #retiring: Promise<unknown> = Promise.resolve()
  #isRetireAsked = false

  constructor(world: SimulatedWorld, options: Options) {
    this.#world = world
    this.#options = options
    this.#told = options.sabotage?.configuration?.(world.configuration) ?? world.configuration
    this.#stepWatch = new StepWatch((message) => world.checker.fail(promises.record, message))
  }

  get hasBegun(): boolean {
    return this.#hasBegun
  }

  get isAtWork(): boolean {
    return this.#alive.size > 0
  }

  begin(): void {
    this.#hasBegun = true
    const { queues, clock } = this.#world
    const onError = (error: unknown) => this.#trace(`failed: ${String(error)}`)
    const map = (queue: WorkedQueue, name: FunctionName, open: Opened, timeoutMs = 60_000) => {
      const handler = (event: SQSEvent) => this.#invoke(name, (ports) => open(ports, this.#told)(event))
      const maximumConcurrency = name === 'dispatcher' ? 1 : 5
      startEventSourceMapping({ queues, queue, handler, maximumConcurrency, batchSize: 10, timeoutMs, clock, onError })
    }
    map('uploads', 'router', router)
    map('links', 'links', links)
    map('permission-sets', 'permission-sets', permissionSets)
    for (const queue of queuesOfPeople) map(queue, 'requests', requests)
    map('events', 'events', events)
    map('digests', 'digests', digests)
    map('dispatch', 'dispatcher', (ports, settings) => dispatcher(ports, settings, slice), 900_000)
  }

  /** The state of this deployment in a world at rest. Another deployment can begin with it. */
  get left(): (other: SimulatedWorld) => void {
    const { dispatcher, sweptMs } = this
    const [processes, lookedMs, hasNews] = [this.#processes, this.#lookedMs, this.#hasNews]
    const drawn = this.#options.randomness.state
    const trace = [...this.#world.trace]
    return ({ deployment, queues, trace: itsTrace }) => {
      for (const name of queues.names) queues.queue(name).purge()
      Object.assign(deployment, { sweptMs, dispatcher })
      deployment.#processes = processes
      deployment.#lookedMs = lookedMs
      deployment.#hasNews = hasNews
      deployment.#options.randomness.state = drawn
      itsTrace.splice(0, itsTrace.length, ...trace)
      deployment.begin()
    }
  }

  /** A call is about to take effect. */
  observe(process: SimulatedProcess, call: Call, args: readonly unknown[]): void {
    const { checker } = this.#world
    this.steps++
    checker.checkRecords()
    checker.noteCall(process, call, args)
    if (call.service === 's3' && /^(put|delete)/.test(call.operation) && call.key !== undefined)
      this.#stepWatch.noteWrite(process.ports.clock, call.key)
  }

  /** Somebody else has changed an entry, so the step watch must not compare with an earlier evaluation. */
  noteSpoiled(key: string): void {
    this.#stepWatch.noteWrite(this.#world.clock, key)
  }

  /** Each schedule is its own invocation. The trace shows a failure, and the schedule runs again at its next time. */
  async everyMinute(): Promise<void> {
    if (this.minutesToSweep <= 0) void this.everyFiveMinutes()
    void this.everyMinuteOfLinks()
    void this.everyMinuteOfNotifications()
    await this.#attempt('dispatcher', (ports) => dispatcher(ports, this.#told, slice)())
  }

  readonly everyMinuteOfLinks = () => this.#schedule('minute-links')
  readonly everyHour = () => this.#schedule('hourly')
  readonly everyNight = () => this.#schedule('nightly')
  readonly everyMorning = () => this.#schedule('report')

  /** Something is written that may have to be told. A schedule begins at any second, so a look may come at once. */
  noteNews(key: string): void {
    if (!/^(changes|status|attention)\/|^state\/drift\.json$/.test(key)) return
    this.#hasNews = true
    if (this.#hasBegun) void this.everyMinuteOfNotifications()
  }

  /** Leaves out looks that would find nothing. */
  async everyMinuteOfNotifications(): Promise<void> {
    const nowMs = this.#world.clock.monotonicMs()
    if (nowMs - this.#lookedMs < betweenLooksMs || !(this.#hasNews || this.#world.checker.told.isTelling)) return
    this.#lookedMs = nowMs
    this.#hasNews = false
    const noteSuccess = this.#world.checker.told.noteLook()
    if (await this.#schedule('notifications')) noteSuccess()
    else this.#hasNews = true
  }

  /** The number of minutes until a schedule begins a sweep. */
  get minutesToSweep(): number {
    return Math.ceil((this.sweptMs + sweepEveryMs - this.#world.clock.monotonicMs()) / 60_000)
  }

  async everyFiveMinutes(): Promise<void> {
    this.sweptMs = this.#world.clock.monotonicMs()
    if (this.#world.keys('hygiene.json').length > 0) void this.retire()
    await this.#schedule('sweep')
  }

  /** Lambda runs one instance at a time, and S3's next events wait for it. */
  async retire(): Promise<void> {
    if (this.#isRetireAsked) return
    this.#isRetireAsked = true
    await this.#retiring
    this.#isRetireAsked = false
    this.#retiring = this.#schedule('retire')
    await this.#retiring
  }

  /** A command of an operator, in the operator's role. Returns whether it succeeded. */
  operate(work: (ports: Ports) => Promise<void>): Promise<boolean> {
    return this.#attempt('operator', work)
  }

  #schedule(name: ScheduledFunction): Promise<boolean> {
    return this.#attempt(name, (ports) => schedule(name, allJobs[name], ports, this.#told)())
  }

  /** Returns whether it succeeded. */
  async #attempt(name: RoleName, work: (ports: Ports) => Promise<unknown>): Promise<boolean> {
    try {
      await this.#invoke(name, work)
      return true
    } catch (error) {
      this.#world.trace.push(`${name}: ${String(error)}`)
      return false
    }
  }

  /** Each invocation is a new process. If it is killed, its whole batch fails, as with a function that dies. */
  async #invoke<T>(name: RoleName, work: (ports: Ports) => Promise<T>): Promise<T> {
    const process = this.#newProcess(name)
    if (!this.#hasBegun) throw new Error(`${process.name} is on the tape`)
    this.#alive.add(process)
    const died = process.killed.then((): never => {
      throw new Error(`${process.name} was killed`)
    })
    // A process that exceeds its time limit goes on until it ends or dies.
    const ports = this.#options.sabotage?.ports?.(process.ports) ?? process.ports
    const ended = work(ports).finally(() => this.#alive.delete(process))
    void process.killed.then(() => this.#alive.delete(process))
    return Promise.race([ended, died])
  }

  #newProcess(name: RoleName): SimulatedProcess {
    const {
      objects,
      unreadable,
      queues,
      organizations,
      identityStore,
      ssoAdmin,
      iam,
      clock,
      chaos,
      checker,
      receivers,
      settings,
    } = this.#world
    const { randomness, tape } = this.#options
    const services = {
      objects,
      queues: name === 'operator' || name === 'planner' ? queues : sentBy(queues, name),
      senderOf: modelSenderOf,
      organizations,
      ...(settings.bulkTagsLagMs !== undefined && { accountTags: organizations.accountTags }),
      identityStore,
      ssoAdmin,
      eventBus: receivers,
      channels: receivers,
      retirer: { enter: async (account: AccountId) => iam.retireIn(account) },
    }
    const inner: Ports = { ...services, clock, leaseClock: clock, randomness, log: this.#log, metrics: recordedMetrics }
    const skewMs = Math.round((2 * randomness.fraction() - 1) * this.#world.settings.skewMs)
    const process = new SimulatedProcess({
      function: name,
      number: ++this.#processes,
      inner,
      clock,
      chaos,
      unreadable,
      skewMs,
      depart: (process, call) => checker.limits.noteDeparture(process, call),
      observe: (self, call, args) => {
        tape?.note({ atMs: clock.monotonicMs(), process: self, call, args })
        this.observe(self, call, args)
      },
      trace: (line) => this.#trace(line),
    })
    if (name === 'dispatcher') this.dispatcher = process
    this.#stepWatch.watch(process.ports.clock)
    return process
  }

  #trace(line: string): void {
    this.#world.trace.push(`${this.#world.clock.monotonicMs()} ${line}`)
  }
}

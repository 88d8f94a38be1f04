import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { dispatcher } from '../../handlers/dispatcher.ts'
import { events } from '../../handlers/events.ts'
import { links } from '../../handlers/links.ts'
import { permissionSets } from '../../handlers/permission-sets.ts'
import { requests } from '../../handlers/requests.ts'
import { router } from '../../handlers/router.ts'
import {
  everyFiveMinutes,
  everyHour,
  everyMinute,
  everyMinuteOfLinks,
  everyMorning,
  everyNight,
} from '../../handlers/schedules.ts'
import type { RoleName } from '../../infra/function-permissions.ts'
import { startEventSourceMapping } from '../../infra/local/event-source-mapping.ts'
import { type Configuration, configuration } from '../../shared/domain/deployment/configuration.ts'
import { inputPrefixes } from '../../shared/domain/messages/input-prefixes.ts'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import { CollectedLog } from '../../shared/memory/collected-log.ts'
import { CollectedMetrics } from '../../shared/memory/collected-metrics.ts'
import { fillFromOrganizationFile } from '../../shared/memory/fill-from-organization-file.ts'
import { MemoryIdentityStore } from '../../shared/memory/identity-store/memory-identity-store.ts'
import { parseOrganizationFile } from '../../shared/memory/organization-file.ts'
import { MemoryOrganizations } from '../../shared/memory/organizations/memory-organizations.ts'
import { MemoryObjectStore } from '../../shared/memory/s3/memory-object-store.ts'
import { renderS3Notification } from '../../shared/memory/s3/s3-notification.ts'
import { SeededRandomness } from '../../shared/memory/seeded-randomness.ts'
import { MemoryQueues } from '../../shared/memory/sqs/memory-queues.ts'
import { MemorySsoAdmin } from '../../shared/memory/sso-admin/memory-sso-admin.ts'
import { VirtualClock } from '../../shared/memory/virtual-clock.ts'
import type { FunctionName } from '../../shared/ports/deployment-settings.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { type WorkedQueue, workedQueues } from '../../shared/ports/queues.ts'
import { isServiceError } from '../../shared/ports/service-error.ts'
import type { AssignmentTarget } from '../../shared/ports/sso-admin.ts'
import { hasNewRelease, type ShownList } from './brake-actions.ts'
import { type Call, Chaos, harmless, lateKinds } from './chaos.ts'
import { hostileFolder, hostileGroups } from './hostile-actions.ts'
import { HostileWatch } from './hostile-watch.ts'
import { LedgerLosses } from './ledger-losses.ts'
import { Oracle } from './oracle/oracle.ts'
import { promises } from './oracle/violation.ts'
import { renderCall, renderOrganizationEvent } from './render-events.ts'
import { peopleOfRequests } from './request-actions.ts'
import type { FaultWatch } from './run.ts'
import type { Sabotage } from './sabotages.ts'
import { SimulatedProcess } from './simulated-process.ts'
import {
  accounts,
  directoryNames,
  managementAccount,
  permissionSets as permissionSetNames,
  policyOfFirst,
  splitPrincipal,
  units,
} from './small-world.ts'
import { StepWatch } from './step-watch.ts'
import { type Part, playPart, type Tape } from './tape.ts'
import { lastInstantMs } from './time-actions.ts'
import { spoiler, UnreadableObjects } from './unreadable-objects.ts'

/** What a profile may change about the world. */
export type WorldSettings = {
  readonly seed: number
  /** Median of an assignment request, default 300 ms, and its 99th percentile. */
  readonly latencyMs?: number
  readonly latencyP99Ms: number
  /** How far listings of assignments lag behind at most, drawn for each write; default: not at all. */
  readonly readLagMs?: number | undefined
  readonly outstanding: number
  /** Each process's clock is off by up to this much. */
  readonly skewMs: number
  /** `refusals`: calls are refused or late, but nothing is lost and nobody dies; `late`: not even refused. */
  readonly mischief: 'any' | 'refusals' | 'late'
  /** How many revocations the brake lets pass, own and indirect; default: as the product's, more than there ever are. */
  readonly brakeCount?: number
  /** Provisionings at a time, default 3. */
  readonly provisionings?: number
}

/** AWS does not document the order. Drawn with the seed; on a short page the requests of a life do not all stand. */
const listingsOfRequests = [
  { requestOrder: 'newest-first' },
  { requestOrder: 'newest-first', requestPageMost: 2 },
  { requestOrder: 'oldest-first', requestPageMost: 2 },
] as const

const organization = {
  managementAccountId: managementAccount,
  root: {
    id: 'r-sim0',
    accounts: [account(managementAccount)],
    organizationalUnits: [
      inUnit(0, [account(accounts[0], { team: 'a' })], [inUnit(1, [account(accounts[1], { team: 'b' })])]),
      inUnit(2, [account(accounts[2], { team: 'a' }), account(accounts[3])]),
    ],
  },
  groups: ['team one', 'team-2', ...hostileGroups, ...peopleOfRequests.groups],
  users: ['mia@example.com', ...peopleOfRequests.users],
  permissionSets: [{ permissionSetName: 'Console-ps' }],
  assignments: [{ account: accounts[3], permissionSet: 'Console-ps', principal: 'team one', type: 'GROUP' }],
}

function account(id: string, tags: Record<string, string> = {}) {
  return { id, name: `account-${id}`, email: `${id}@example.com`, tags }
}

function inUnit(nth: 0 | 1 | 2, accounts: readonly object[], organizationalUnits: readonly object[] = []) {
  return { id: units[nth], name: `Unit ${nth}`, accounts, organizationalUnits }
}

function configure({ outstanding, brakeCount: count, provisionings = 3 }: WorldSettings): Configuration {
  const limits = { outstanding, provisionings }
  const brake = { own: { count }, indirect: { count, most: 2, hours: 2 } }
  return configuration.parse({
    folders: ['folder-a', hostileFolder],
    limits,
    ...(count === undefined ? {} : { brake }),
  })
}

/** What so many listings lack. */
type Unlisted = { readonly account: string; times: number }

/** Few accounts, and several pages of them all the same; now and then a listing lacks one that is there. */
class ShortPages extends MemoryOrganizations {
  readonly unlisted: Unlisted[] = []

  override async listAccounts(nextToken?: string, most = 2): ReturnType<MemoryOrganizations['listAccounts']> {
    const page = await super.listAccounts(nextToken, most)
    const items = page.items.filter(({ id }) => !this.unlisted.some(({ account }) => account === id))
    if (page.nextToken === undefined) {
      for (const one of this.unlisted.splice(0)) if (--one.times > 0) this.unlisted.push(one)
    }
    return { ...page, items }
  }
}

/** So long after the last instant of a link everything should be as it says. */
const settledAfterMs = 150_000

/** Before an instant, besides what clocks may be wrong: for somebody it has come. */
const idleBeforeMs = 60_000

const sweepEveryMs = 5 * 60_000

const slice = { sliceMs: 480_000, lingerMs: 2_000, holder: 'simulation' }

type Opened = (ports: Ports, settings: Configuration) => (event: SQSEvent) => Promise<SQSBatchResponse>
type Schedule = (ports: Ports, settings: Configuration) => () => Promise<unknown>

/** Whether messages that somebody works on, or died with, count as nothing. */
export type Except = { readonly exceptInFlight?: boolean }

/** What all runs of this process have measured. */
export const recordedMetrics = new CollectedMetrics()

/** How a life is judged: `promises`: only their violations count. `sabotage`: a defect of the product. */
export type Judged = {
  readonly promises?: readonly string[] | undefined
  readonly sabotage?: Sabotage | undefined
  /** Records what processes do. */
  readonly tape?: Tape | undefined
  /** What is done without processes, before they begin. */
  readonly part?: Part | undefined
}

/** All of ssofile over the memory adapters, on one thread and virtual time, with misfortune at every call. */
export class SimulatedWorld {
  readonly clock = new VirtualClock(new Date('2026-03-03T10:00:00Z'))
  readonly configuration: Configuration
  readonly settings: WorldSettings
  readonly objects: MemoryObjectStore
  readonly unreadable: UnreadableObjects
  readonly losses: LedgerLosses
  readonly hostile: HostileWatch
  readonly queues: MemoryQueues
  readonly organizations: ShortPages
  readonly identityStore: MemoryIdentityStore
  readonly ssoAdmin: MemorySsoAdmin
  readonly chaos: Chaos
  readonly checker: Oracle
  readonly log = new CollectedLog()
  readonly trace: string[] = []
  /** Commands about S3's notifications that have not struck yet. */
  readonly notifications = { lose: 0, repeat: 0, delayMs: 0, skip: 0 }
  /** Told of each message of S3 or EventBridge. */
  noteDelivery: (() => void) | undefined
  readonly eventFaults = { lost: 0, repeated: 0, delayed: 0 }
  /** The one that began last. */
  dispatcher: SimulatedProcess | undefined
  readonly names: { permissionSet(arn: string): string; principal(id: string): string }
  steps = 0
  /** How long an account takes to close: AWS says hours; where it is a minute, the end is met as well. */
  readonly closureMs: number
  /** How long requests to Identity Center take from now on; 0: as the settings say. */
  requestsTakeMs = 0
  /** How far clocks may be off. */
  readonly skewMs: number
  /** A cache was lost, or the view of the organization is behind. */
  wasDisturbed = false
  /** Somebody took the lease, or a dispatcher died or stood still: a sweep finds what it left. */
  wasInterrupted = false
  /** Others changed what only a drift check finds. */
  wasDrifted = false
  /** An account took no changes for a while. */
  wasSuspended = false
  /** An operator wrote `control/`, which only the schedule looks at. */
  wasOperated = false
  /** An operator restores records just now, and has looked at each access by a listing of its own. */
  isRestoring = false
  /** Nothing but a reconcile finds what it told of. */
  wasEventLost = false
  /** What an operator looked at last. */
  seenBrake: readonly ShownList[] | undefined
  readonly #alive = new Set<SimulatedProcess>()
  #undelivered = 0
  /** When what others are going to do comes about. */
  readonly #planned = new Set<{ readonly atMs: number }>()
  #processes = 0
  /** When the last sweep began. */
  sweptMs = 0
  /** Of the processes, and of their ways to AWS. */
  readonly #randomness: SeededRandomness
  /** Of what is there. */
  readonly #ids: SeededRandomness
  /** Processes have not begun yet. */
  #isTaped = false
  readonly #stepWatch = new StepWatch((message) => this.checker.fail(promises.record, message))

  /** What the product is told. */
  readonly #told: Configuration
  readonly #sabotage: Sabotage | undefined
  readonly #tape: Tape | undefined

  constructor(settings: WorldSettings, { promises: judged, sabotage, tape, part }: Judged = {}) {
    const { clock } = this
    this.settings = settings
    this.#sabotage = sabotage
    this.skewMs = settings.skewMs
    this.closureMs = settings.seed % 2 === 0 ? 60_000 : 6 * 3_600_000
    this.#randomness = new SeededRandomness(settings.seed)
    this.configuration = configure(settings)
    this.#told = sabotage?.configuration?.(this.configuration) ?? this.configuration
    const randomness = new SeededRandomness(settings.seed + 1)
    this.#ids = randomness
    this.objects = new MemoryObjectStore({ bucket: 'ssofile', clock, randomness, versioned: settings.seed % 4 < 2 })
    this.unreadable = new UnreadableObjects(this.objects)
    this.losses = new LedgerLosses(this.objects, this.unreadable)
    this.hostile = new HostileWatch(this.objects, (id) => this.names.principal(id))
    this.queues = new MemoryQueues({ clock, randomness: this.#randomness })
    const tell = (event: object) => void this.#deliver('events', JSON.stringify(event))
    this.organizations = new ShortPages({
      clock,
      randomness,
      closureMs: this.closureMs,
      onChange: (change) => {
        this.checker.noteDesired()
        tell(renderOrganizationEvent(change, randomness.id()))
      },
    })
    this.identityStore = new MemoryIdentityStore({
      clock,
      randomness,
      onChange: (change) => {
        this.checker.noteDirectoryChange(change)
        tell(renderCall('identitystore', change, randomness.id()))
      },
    })
    const requestsTakeMs = () => this.requestsTakeMs
    const { readLagMs: mostLagMs = 0 } = settings
    this.ssoAdmin = new MemorySsoAdmin({
      clock,
      randomness,
      organizations: this.organizations,
      identityStore: this.identityStore,
      readLagMs: mostLagMs === 0 ? 0 : { most: mostLagMs },
      ...listingsOfRequests[settings.seed % listingsOfRequests.length],
      // Looked at again for each request.
      get latencyMs() {
        return requestsTakeMs() || (settings.latencyMs ?? 300)
      },
      get latencyP99Ms() {
        return requestsTakeMs() || settings.latencyP99Ms
      },
    })
    const file = parseOrganizationFile('simulated organization', organization)
    if (!file.ok) throw new Error(JSON.stringify(file.complaint))
    fillFromOrganizationFile(file.value, this)
    this.names = this.#rememberNames()
    this.chaos = new Chaos(this.#randomness)
    this.checker = new Oracle(this, judged)
    this.#notify()
    const { instanceArn } = this.ssoAdmin
    const { identityStoreId } = this.identityStore
    void this.objects.put('control/owner.json', JSON.stringify({ v: 1, instanceArn, identityStoreId }))
    this.#tape = tape
    this.#isTaped = part !== undefined
    if (part) void playPart(part, this)
    else this.#deploy()
  }

  /** Names stay known when what has them is gone. */
  #rememberNames() {
    const { identityStore, ssoAdmin } = this
    const byId = new Map<string, string>()
    const remember = () => {
      for (const full of [...directoryNames, ...hostileGroups.map((name) => `GROUP/${name}`)]) {
        const { type, name } = splitPrincipal(full)
        const id = identityStore.idOf(type, name)
        if (id) byId.set(id, name)
      }
      for (const name of permissionSetNames) {
        const arn = ssoAdmin.permissionSetArnOf(name)
        if (arn) byId.set(arn, name)
      }
    }
    const nameOf = (id: string) => {
      remember()
      return byId.get(id) ?? id
    }
    identityStore.onBeforeChange(remember)
    return { permissionSet: nameOf, principal: nameOf }
  }

  #newProcess(name: RoleName): SimulatedProcess {
    const { objects, unreadable, queues, organizations, identityStore, ssoAdmin, clock, log, chaos } = this
    const randomness = this.#randomness
    const services = { objects, queues, organizations, identityStore, ssoAdmin }
    const inner: Ports = { ...services, clock, leaseClock: clock, randomness, log, metrics: recordedMetrics }
    const skewMs = Math.round((2 * randomness.fraction() - 1) * this.skewMs)
    const process = new SimulatedProcess({
      function: name,
      number: ++this.#processes,
      inner,
      clock,
      chaos,
      unreadable,
      skewMs,
      depart: (process, call) => this.checker.limits.noteDeparture(process, call),
      observe: (self, call, args) => {
        this.#tape?.note({ atMs: clock.monotonicMs(), process: self, call, args })
        this.observe(self, call, args)
      },
      trace: (line) => this.trace.push(`${clock.monotonicMs()} ${line}`),
    })
    if (name === 'dispatcher') this.dispatcher = process
    this.#stepWatch.watch(process.ports.clock)
    return process
  }

  /** A call is about to take effect. */
  observe(process: SimulatedProcess, call: Call, args: readonly unknown[]): void {
    this.steps++
    this.checker.checkRecords()
    this.checker.noteCall(process, call, args)
    if (call.service === 's3' && /^(put|delete)/.test(call.operation) && call.key !== undefined)
      this.#stepWatch.noteWrite(process.ports.clock, call.key)
  }

  /** Has the processes of another world begin where those of this one have left it; `undefined`: something is under way. */
  get rest(): ((other: SimulatedWorld) => void) | undefined {
    if (!this.#isIdle()) return undefined
    const { sweptMs, dispatcher } = this
    const [processes, drawn, trace] = [this.#processes, this.#randomness.state, [...this.trace]]
    return (other) => {
      other.#isTaped = false
      for (const name of other.queues.names) other.queues.queue(name).purge()
      Object.assign(other, { sweptMs, dispatcher })
      other.#processes = processes
      other.#randomness.state = drawn
      other.trace.splice(0, other.trace.length, ...trace)
      other.#deploy()
    }
  }

  /** Each invocation is a new process; a killed one fails its whole batch, as a function that dies does. */
  #invoke<T>(name: RoleName, work: (ports: Ports) => Promise<T>): Promise<T> {
    return this.#run(this.#newProcess(name), work)
  }

  /** A command of an operator, in the role for it. Answers whether it ended well. */
  operate(work: (ports: Ports) => Promise<void>): Promise<boolean> {
    return this.#attempt('operator', work)
  }

  async #run<T>(process: SimulatedProcess, work: (ports: Ports) => Promise<T>): Promise<T> {
    if (this.#isTaped) throw new Error(`${process.name} is on the tape`)
    this.#alive.add(process)
    const died = process.killed.then((): never => {
      throw new Error(`${process.name} was killed`)
    })
    // What outlives its time limit goes on all the same, until it ends or dies.
    const ports = this.#sabotage?.ports?.(process.ports) ?? process.ports
    const ended = work(ports).finally(() => this.#alive.delete(process))
    void process.killed.then(() => this.#alive.delete(process))
    return Promise.race([ended, died])
  }

  #deploy(): void {
    const { queues, clock } = this
    const onError = (error: unknown) => this.trace.push(`${clock.monotonicMs()} failed: ${String(error)}`)
    const map = (queue: WorkedQueue, name: FunctionName, open: Opened, timeoutMs = 60_000) => {
      const handler = (event: SQSEvent) => this.#invoke(name, (ports) => open(ports, this.#told)(event))
      const maximumConcurrency = name === 'dispatcher' ? 1 : 5
      startEventSourceMapping({ queues, queue, handler, maximumConcurrency, batchSize: 10, timeoutMs, clock, onError })
    }
    map('uploads', 'router', router)
    map('links', 'links', links)
    map('permission-sets', 'permission-sets', permissionSets)
    map('requests', 'requests', requests)
    map('events', 'events', events)
    map('dispatch', 'dispatcher', (ports, settings) => dispatcher(ports, settings, slice), 900_000)
  }

  /** S3's notifications and EventBridge's events: at least once, except where a command says that the next is lost, repeated or late. */
  #notify(): void {
    this.objects.onChange((change) => {
      // Somebody else has changed the entry meanwhile: what an evaluation knew of it is no step of its own.
      if (change.caller.accessKeyId === spoiler) this.#stepWatch.noteWrite(this.clock, change.key)
      if (!inputPrefixes.some((prefix) => change.key.startsWith(prefix))) return
      const body = renderS3Notification(change, { bucket: 'ssofile', region: 'us-east-1', configurationId: 'inputs' })
      void this.#deliver('uploads', body)
    })
  }

  /** A pause is in force, and a dispatcher has seen it. */
  get isPauseNoticed(): boolean {
    return ['control/pause.json', 'state/paused.json'].every((key) => this.objects.model.find(key) !== undefined)
  }

  /** What is lost while a dispatcher knows of a pause is found by the reconcile after it. */
  #noteLost(): void {
    this.eventFaults.lost++
    if (!this.isPauseNoticed) this.wasEventLost = true
  }

  async #deliver(queue: 'uploads' | 'events', body: string): Promise<void> {
    this.noteDelivery?.()
    const { notifications, eventFaults } = this
    if (notifications.skip > 0) {
      notifications.skip--
      return this.#arrive(queue, body)
    }
    if (notifications.lose > 0) {
      notifications.lose--
      // A sweep finds what S3 did not report; nothing but a reconcile reads the organization and the directory again.
      if (queue === 'events') this.#noteLost()
      else eventFaults.lost++
      return
    }
    const { delayMs, repeat } = notifications
    Object.assign(notifications, { delayMs: 0, repeat: 0 })
    if (delayMs > 0) eventFaults.delayed++
    eventFaults.repeated += repeat
    return this.#arrive(queue, body, delayMs, repeat)
  }

  async #arrive(queue: 'uploads' | 'events', body: string, delayMs = 0, repeats = 0): Promise<void> {
    this.#undelivered++
    await this.clock.sleep(5 + delayMs)
    this.#undelivered--
    for (let sent = 0; sent <= repeats; sent++) {
      // EventBridge's `$.id`: each event is a group of its own, and content-based deduplication drops true repeats.
      await this.queues.send(queue, [queue === 'uploads' ? { body } : { body, groupId: String(JSON.parse(body).id) }])
    }
  }

  /** Schedules run as invocations of their own; what fails is told in the trace and comes again at its next time. */
  async everyMinute(): Promise<void> {
    if (this.minutesToSweep <= 0) void this.everyFiveMinutes()
    void this.everyMinuteOfLinks()
    await this.#schedule('dispatcher', (ports, settings) => everyMinute(ports, settings, slice))
  }

  readonly everyMinuteOfLinks = () => this.#schedule('minute-links', everyMinuteOfLinks)
  readonly everyHour = () => this.#schedule('hourly', everyHour)
  readonly everyNight = () => this.#schedule('nightly', everyNight)
  readonly everyMorning = () => this.#schedule('report', everyMorning)

  /** How many minutes with their schedules until one of them begins a sweep. */
  get minutesToSweep(): number {
    return Math.ceil((this.sweptMs + sweepEveryMs - this.clock.monotonicMs()) / 60_000)
  }

  async everyFiveMinutes(): Promise<void> {
    this.sweptMs = this.clock.monotonicMs()
    await this.#schedule('sweep', everyFiveMinutes)
  }

  #schedule(name: FunctionName, work: Schedule): Promise<boolean> {
    return this.#attempt(name, (ports) => work(ports, this.#told)())
  }

  /** Answers whether it ended well. */
  async #attempt(name: RoleName, work: (ports: Ports) => Promise<unknown>): Promise<boolean> {
    try {
      await this.#invoke(name, work)
      return true
    } catch (error) {
      this.trace.push(`${name}: ${String(error)}`)
      return false
    }
  }

  /**
   * CloudTrail tells of a change of access by hand, as late and as often as of any other. In every other world it does not: there
   * a drift check has to find it.
   */
  tellByHand(
    event: 'CreateAccountAssignment' | 'DeleteAccountAssignment',
    { accountId: targetId, ...rest }: AssignmentTarget,
  ): void {
    if (this.settings.seed % 2 === 0) return
    const change = { event, at: this.clock.now(), targetId, targetType: 'AWS_ACCOUNT', ...rest }
    const told = renderCall('sso', change, this.#ids.id())
    void this.#deliver('events', JSON.stringify(told))
  }

  /** What could be struck from now on. */
  watch({ noteCall, noteDelivery }: FaultWatch): void {
    this.chaos.watch((call) => noteCall(call, this.ssoAdmin.outstandingRequests().length))
    this.noteDelivery = noteDelivery
  }

  /** Whether something was lost that only a reconcile can find: an event, a process, a message. */
  get needsReconcile(): boolean {
    const isDead = this.queues.names.some(
      (name) => name.endsWith('-dead') && this.queues.queue(name).messages().length > 0,
    )
    const isHarmed = [...this.chaos.struck.keys()].some((kind) => !harmless.has(kind))
    return this.wasDisturbed || this.wasDrifted || this.wasEventLost || isDead || isHarmed
  }

  /**
   * Nothing is left to the next minute, or to the reconcile: a slice that was refused something leaves its rest, and of
   * what an operator writes the schedule alone knows.
   */
  get isUntouched(): boolean {
    const isCalm = [...this.chaos.struck.keys()].every((kind) => lateKinds.has(kind))
    const isLeft = this.#isTaped || this.needsReconcile || this.wasInterrupted || this.wasOperated
    return isCalm && !isLeft && this.keys('state/open/').length === 0
  }

  /** The ledger has entries of accounts that are not in the organization any more. */
  get hasDeparted(): boolean {
    const present = new Set<string>(this.organizations.accountsNow().map(({ id }) => id))
    return this.keys('assignments/').some((key) => !present.has(key.slice('assignments/account%'.length).slice(0, 12)))
  }

  /** Nothing is under way: no process, no event, no message, no open work, no request, no instant of a link, no dispatcher at work, and nobody is going to do anything. */
  isQuiet(): boolean {
    const nowMs = this.clock.now().getTime()
    if (nowMs < (lastInstantMs(this) ?? 0) + settledAfterMs || this.#planned.size > 0) return false
    // What the schedule could not do this minute, it does the next.
    if (this.#isStateLost() || this.#instantsUnder('state/expiry/').some((ms) => ms <= nowMs)) return false
    return this.#isIdle() && this.keys('state/open/').every((key) => this.#isForOthers(key) || this.#isUnreadable(key))
  }

  /** Others do something when so much time has passed: until then the world is not at rest. */
  later(ms: number, work: () => void | Promise<void>): void {
    const plan = { atMs: this.clock.now().getTime() + ms }
    this.#planned.add(plan)
    void this.clock
      .sleep(ms)
      .then(work)
      .catch((error: unknown) => this.noteRefusal(error))
      .finally(() => this.#planned.delete(plan))
  }

  /** AWS refuses people as well: what they meant to change may be gone by then. Throws what is no refusal. */
  noteRefusal(error: unknown): void {
    if (!isServiceError(error)) throw error
    this.trace.push(String(error))
  }

  #isIdle({ exceptInFlight = false }: Except = {}): boolean {
    const isEmpty = (name: WorkedQueue) => {
      const queue = this.queues.queue(name)
      // What follows one in flight waits for it.
      return exceptInFlight ? !queue.isAvailable : queue.messages().length === 0
    }
    return (
      this.#alive.size === 0 &&
      this.#undelivered === 0 &&
      workedQueues.every(isEmpty) &&
      this.ssoAdmin.outstandingRequests().length === 0 &&
      this.keys('control/dispatcher.json').length === 0 &&
      this.keys('state/paused.json').length === 0 &&
      !hasNewRelease(this)
    )
  }

  /**
   * Retries of the deletion of a permission set that others have assigned, and of what waits in one whose file is held: they go
   * on for as long as it is.
   */
  #isForOthers(openKey: string): boolean {
    const input = openKey.slice(openKey.indexOf('%') + 1)
    const name = /^permission_sets\/([\w-]+)\.json$/.exec(input)?.[1]
    if (name === undefined) return false
    if (this.readJson(`status/${input}.json`)?.state === 'held') return true
    return !this.objects.model.find(input) && this.isAssigned(name)
  }

  /** Tried again until somebody has restored what it is about. */
  #isUnreadable(openKey: string): boolean {
    const key = `assignments/${openKey.slice(openKey.indexOf('%') + 1)}`
    return this.unreadable.concerns(key) || (this.unreadable.refused.length > 0 && this.hostile.touches(key))
  }

  isAssigned(permissionSet: string): boolean {
    const arn = this.ssoAdmin.permissionSetArnOf(permissionSet)
    return this.ssoAdmin.assignments().some(({ permissionSetArn }) => permissionSetArn === arn)
  }

  /**
   * How long the schedules of a minute would find nothing to do, `most` at most: nothing is under way, or due. `exceptInFlight`: but
   * for messages of who has died, which come back.
   */
  idleMs(most: number, except: Except = {}): number {
    if (!this.#isIdle(except) || this.notifications.delayMs > 0 || this.#isStateLost()) return 0
    const nowMs = this.clock.now().getTime()
    const planned = [...this.#planned].map(({ atMs }) => atMs)
    const returns = workedQueues.flatMap((name) => this.queues.queue(name).nextReturnAt() ?? [])
    const instants = [
      ...this.#instantsUnder('state/open/'),
      ...this.#instantsUnder('state/expiry/'),
      ...planned,
      ...returns,
    ]
    const nextMs = Math.min(...instants) - nowMs - this.skewMs - idleBeforeMs
    return Math.max(0, Math.min(most, nextMs))
  }

  /** The schedule of a minute makes again what somebody deleted. */
  #isStateLost(): boolean {
    return ['state/expiry/~whole', 'state/reconcile.json'].some((key) => this.objects.model.find(key) === undefined)
  }

  /** When what stands under `prefix` is due, by its names. */
  #instantsUnder(prefix: string): readonly number[] {
    const instants = this.keys(prefix).map((key) => Date.parse(key.slice(prefix.length, key.indexOf('%'))))
    return instants.filter((ms) => !Number.isNaN(ms))
  }

  keys(prefix: string): readonly string[] {
    return this.objects.model.listPage({ prefix, most: 1000 }).objects.map(({ key }) => key)
  }

  accountNow(account: string) {
    return this.organizations.accountsNow().find(({ id }) => id === account)
  }

  /** Of what somebody spoiled, what it was. */
  readJson(key: string): Record<string, unknown> | undefined {
    const body = this.unreadable.bodyOf(key)
    return body && JSON.parse(Buffer.from(body).toString())
  }

  /** Also of an account that is outside the organization: it may come back. */
  breakPolicy(account: string, isThere: boolean): void {
    const id = accountId.parse(account)
    if (isThere) this.ssoAdmin.restoreCustomerManagedPolicy(id, policyOfFirst)
    else this.ssoAdmin.removeCustomerManagedPolicy(id, policyOfFirst)
  }
}

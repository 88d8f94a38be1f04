import { readFileSync } from 'node:fs'
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { dispatcher } from '../handlers/dispatcher.ts'
import { events } from '../handlers/events.ts'
import { links } from '../handlers/links.ts'
import { permissionSets } from '../handlers/permission-sets.ts'
import { requests } from '../handlers/requests.ts'
import { router } from '../handlers/router.ts'
import { allJobs, DueInstants, schedule } from '../handlers/schedules.ts'
import { permissionsOf } from '../infra/function-permissions.ts'
import { startEventSourceMapping } from '../infra/local/event-source-mapping.ts'
import { startNotifications } from '../infra/local/notifications.ts'
import {
  type AssignmentKey,
  nameAssignment,
  parseAssignmentKey,
  parseAssignmentName,
  renderAssignmentKey,
  renderAssignmentName,
} from '../shared/domain/assignments/assignment.ts'
import { type Configuration, configuration } from '../shared/domain/deployment/configuration.ts'
import { queuesOfPeople } from '../shared/domain/inputs/kind.ts'
import { principalName } from '../shared/domain/principals/principal.ts'
import { renderComplaint } from '../shared/domain/statuses/complaint.ts'
import { MemoryAccountAccess } from '../shared/memory/account-access/memory-account-access.ts'
import { CollectedMetrics } from '../shared/memory/collected-metrics.ts'
import { fillFromOrganizationFile } from '../shared/memory/fill-from-organization-file.ts'
import { MemoryIam, type MemoryIamOptions } from '../shared/memory/iam/memory-iam.ts'
import { MemoryIdentityStore } from '../shared/memory/identity-store/memory-identity-store.ts'
import { type OrganizationFile, parseOrganizationFile } from '../shared/memory/organization-file.ts'
import { MemoryOrganizations } from '../shared/memory/organizations/memory-organizations.ts'
import { MemoryObjectStore } from '../shared/memory/s3/memory-object-store.ts'
import { SeededRandomness } from '../shared/memory/seeded-randomness.ts'
import { MemoryQueues } from '../shared/memory/sqs/memory-queues.ts'
import { modelSenderOf } from '../shared/memory/sqs/model-senders.ts'
import { MemorySsoAdmin, type MemorySsoAdminOptions } from '../shared/memory/sso-admin/memory-sso-admin.ts'
import type { SsoAdminCaller } from '../shared/memory/sso-admin/sso-admin-rules.ts'
import { functionNames, functionSettings } from '../shared/ports/deployment-settings.ts'
import type { ScheduledFunction } from '../shared/ports/metrics.ts'
import type { Ports } from '../shared/ports/ports.ts'
import type { WorkedQueue } from '../shared/ports/queues.ts'
import { dispatch, type SliceOptions, type SliceResult } from '../shared/reconcile/dispatcher/slice.ts'
import type { SentInstants } from '../shared/reconcile/records/expiry-index.ts'
import { CollectedLog } from './collected-log.ts'
import { VirtualClock } from './virtual-clock.ts'
import { sentWithin, withinRights } from './within-rights.ts'

export type WorldOptions = {
  readonly organization?: OrganizationFile
  /** Whether tags are read in bulk; default: one by one. */
  readonly hasTagReader?: boolean
  readonly bulkTagsLagMs?: number
  readonly configuration?: Partial<Configuration>
  readonly seed?: number
  /** Who calls SSO Admin; default: the management account. */
  readonly caller?: SsoAdminCaller
  /** How far listings of Identity Center lag behind its writes; default 0. */
  readonly readLagMs?: number
  /** Whether the bucket belongs to the instance; default: yes. Without an owner the dispatcher does nothing. */
  readonly isOwned?: boolean
  /** How long requests take, and who hears of calls and requests. */
  readonly ssoAdmin?: Pick<
    MemorySsoAdminOptions,
    'latencyMs' | 'latencyP99Ms' | 'onCall' | 'onThrottled' | 'onRequest' | 'hasPermissionSets'
  >
  /** Whether users come from Active Directory by the older AD sync; default: no. */
  readonly hasOlderAdSync?: boolean
  /** How long IAM takes to make a credential report, and how late it knows uses. */
  readonly iam?: Pick<MemoryIamOptions, 'reportMs' | 'lateMs'>
  /** Whether the Region has account access manager; default: yes. */
  readonly isAccountAccessOffered?: boolean | undefined
  /** How many processes of Lambda the router and each queue about people have, each with a pace and limits of its own; default: one. */
  readonly processes?: number
  /** The ports of a process of Lambda that begins, and whether it is dead: then another one begins. */
  readonly process?: (ports: Ports) => Process
  /** Told of each batch that a handler has worked on, and how long that took. */
  readonly onBatch?: (queue: WorkedQueue, ms: number) => void
  /** Stands between the product and its ports, to inject faults; see `intercept`. */
  readonly wrap?: (ports: Ports) => Ports
}

const slice: SliceOptions = { sliceMs: 540_000, lingerMs: 5_000, holder: 'test' }

/** The acme organization of the fixtures, read once, and the same for all: thousands of tests begin with it. */
const acmeFile = frozen(readAcme())
export const acme = (): OrganizationFile => acmeFile

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) frozen(inner)
  return Object.freeze(value)
}

function readAcme(): OrganizationFile {
  const file = new URL('../fixtures/organizations/acme.json', import.meta.url)
  const parsed = parseOrganizationFile(file.pathname, JSON.parse(readFileSync(file, 'utf8')))
  if (!parsed.ok) throw new Error(renderComplaint(parsed.complaint))
  return parsed.value
}

/** Each batch goes to the process with the least to do: one of Lambda works on one batch at a time. */
function inProcesses(handlers: readonly ((event: SQSEvent) => Promise<SQSBatchResponse>)[]) {
  const processes = handlers.map((handle) => ({ handle, batches: 0 }))
  return async (event: SQSEvent): Promise<SQSBatchResponse> => {
    const process = processes.toSorted((one, other) => one.batches - other.batches)[0]
    if (process === undefined) return { batchItemFailures: [] }
    process.batches++
    try {
      return await process.handle(event)
    } finally {
      process.batches--
    }
  }
}

type Process = { readonly ports: Ports; isDead(): boolean }
type Handler = (event: SQSEvent) => Promise<SQSBatchResponse>

/** As in Lambda, the first batch begins a process, and the next one after it died begins another. */
function restarted(begin: () => Process, open: (ports: Ports) => Handler): Handler {
  const start = () => {
    const process = begin()
    return { handle: open(process.ports), isDead: () => process.isDead() }
  }
  let running: ReturnType<typeof start> | undefined
  return (event) => {
    if (running === undefined || running.isDead()) running = start()
    return running.handle(event)
  }
}

/** All of ssofile on virtual time, over the memory adapters, wired as a deployment wires it. */
export class World {
  readonly clock = new VirtualClock(new Date('2026-03-03T10:00:00Z'))
  readonly log = new CollectedLog()
  readonly metrics = new CollectedMetrics()
  readonly objects: MemoryObjectStore
  readonly queues: MemoryQueues
  readonly organizations: MemoryOrganizations
  readonly identityStore: MemoryIdentityStore
  readonly ssoAdmin: MemorySsoAdmin
  readonly accountAccess: MemoryAccountAccess
  readonly iam: MemoryIam
  /** The SSO Admin calls so far, by name. */
  readonly calls: string[] = []
  /** The same of account access manager. */
  readonly accountAccessCalls: string[] = []
  readonly errors: unknown[] = []
  readonly ports: Ports
  readonly configuration: Configuration
  readonly #onBatch: WorldOptions['onBatch']
  readonly #processes: number
  readonly #begin: () => Process
  /** The memory of the one process that sends what is due. */
  readonly #sent: SentInstants = new Map()
  readonly #mappings: { stop(): Promise<void> }[] = []

  constructor(options: WorldOptions = {}) {
    const { clock } = this
    const randomness = new SeededRandomness(options.seed ?? 1)
    this.configuration = configuration.parse(options.configuration ?? {})
    this.#onBatch = options.onBatch
    this.#processes = options.processes ?? 1
    this.objects = new MemoryObjectStore({ bucket: 'ssofile', clock })
    this.queues = new MemoryQueues({ clock, randomness })
    this.organizations = new MemoryOrganizations({ clock, randomness, bulkTagsLagMs: options.bulkTagsLagMs ?? 0 })
    this.identityStore = new MemoryIdentityStore({ clock, randomness, hasOlderAdSync: options.hasOlderAdSync })
    this.ssoAdmin = new MemorySsoAdmin({
      clock,
      randomness,
      organizations: this.organizations,
      identityStore: this.identityStore,
      ...options.ssoAdmin,
      onCall: (operation, at) => {
        this.calls.push(operation)
        options.ssoAdmin?.onCall?.(operation, at)
      },
      readLagMs: options.readLagMs,
      ...(options.caller === undefined ? {} : { caller: options.caller }),
    })
    this.accountAccess = new MemoryAccountAccess({
      clock,
      organizations: this.organizations,
      identityStore: this.identityStore,
      onCall: (operation) => this.accountAccessCalls.push(operation),
      isOffered: options.isAccountAccessOffered,
    })
    const auditorRole = this.configuration.auditorRole || 'ssofile-auditor'
    const hygieneRole = this.configuration.hygieneRole || 'ssofile-hygiene'
    this.iam = new MemoryIam({
      clock,
      randomness,
      organizations: this.organizations,
      ssoAdmin: this.ssoAdmin,
      auditorRole,
      hygieneRole,
      ...options.iam,
    })
    fillFromOrganizationFile(options.organization ?? acme(), this)
    const { objects, queues, organizations, identityStore, ssoAdmin, log, metrics } = this
    if (options.isOwned !== false) {
      const { instanceArn } = ssoAdmin
      const { identityStoreId } = identityStore
      void objects.put('control/owner.json', JSON.stringify({ v: 1, instanceArn, identityStoreId }))
    }
    const { accountAccess } = this
    const roles = { auditor: this.iam, retirer: this.iam.retirer }
    const accountTags = options.hasTagReader === true ? organizations.accountTags : undefined
    const services = { objects, queues, organizations, accountTags, identityStore, ssoAdmin, accountAccess, ...roles }
    const isDelegated = options.caller === 'delegated-administrator'
    const callerAccountId = async () => (isDelegated ? '999999999999' : this.organizations.managementAccountIdNow)
    const common = { clock, leaseClock: clock, randomness, log, metrics, callerAccountId, senderOf: modelSenderOf }
    const ports = { ...services, ...common }
    this.ports = options.wrap?.(ports) ?? ports
    this.#begin = () => options.process?.(this.ports) ?? { ports: this.ports, isDead: () => false }
  }

  /** Without the dispatcher a test runs its slices itself: `slice`. */
  start({ dispatcher: withDispatcher = true }: { readonly dispatcher?: boolean } = {}): this {
    const { configuration: settings, queues, clock } = this
    const onError = (error: unknown) => this.errors.push(error)
    this.#mappings.push(startNotifications({ objects: this.objects, queues, clock, onError }))
    const map = (queue: WorkedQueue, open: (ports: Ports) => Handler, maximumConcurrency = 5, timeoutMs = 60_000) => {
      const own = functionNames.find((name) => functionSettings[name].queues?.some((one) => one.name === queue))
      const rights = own && permissionsOf(own)
      const handler = restarted(this.#begin, (ports) => open(rights ? sentWithin(ports, rights, own) : ports))
      const timed = async (event: SQSEvent) => {
        const beganMs = clock.monotonicMs()
        const response = await handler(event)
        this.#onBatch?.(queue, clock.monotonicMs() - beganMs)
        return response
      }
      this.#mappings.push(
        startEventSourceMapping({ queues, queue, handler: timed, maximumConcurrency, timeoutMs, clock, onError }),
      )
    }
    const [uploads] = functionSettings.router.queues ?? []
    map(
      'uploads',
      (own) => inProcesses(Array.from({ length: this.#processes }, () => router(own, settings))),
      uploads?.maximumConcurrency,
    )
    map('links', (own) => links(own, settings))
    map('permission-sets', (own) => permissionSets(own, settings))
    for (const queue of queuesOfPeople) {
      map(
        queue,
        (own) => inProcesses(Array.from({ length: this.#processes }, () => requests(own, settings))),
        10,
        functionSettings.requests.timeoutSeconds * 1_000,
      )
    }
    map('events', (own) => events(own, settings), 2)
    if (withDispatcher) map('dispatch', (own) => dispatcher(own, settings, slice), 1, 900_000)
    return this
  }

  /** One slice of the dispatcher; time has to be moved for it. */
  slice(options: Partial<SliceOptions> = {}, ports: Ports = this.ports): Promise<SliceResult> {
    return dispatch(ports, this.configuration, { ...slice, lingerMs: 0, ...options })
  }

  /** Moves time until `promise` is settled, and answers it; fails after sixty virtual minutes. */
  async finish<T>(promise: Promise<T>, stepMs = 100): Promise<T> {
    let isOver = false
    const over = () => {
      isOver = true
    }
    promise.then(over, over)
    const end = this.clock.now().getTime() + 60 * 60_000
    while (!isOver) {
      if (this.clock.now().getTime() > end) throw new Error('it is not over after sixty virtual minutes')
      await this.clock.advance(stepMs)
    }
    return promise
  }

  /** Lets the handlers look at what was uploaded or deleted; their hints are sent then. */
  async look(): Promise<void> {
    await this.clock.advance(1_000)
  }

  /** Moves time until `holds`; fails after ten virtual minutes, or as many as given. */
  async until(holds: () => boolean | Promise<boolean>, what: string, minutes = 10): Promise<void> {
    const end = this.clock.now().getTime() + minutes * 60_000
    while (!(await holds())) {
      if (this.clock.now().getTime() > end) throw new Error(`${what} did not come about within ${minutes} minutes`)
      await this.#step()
    }
  }

  /** Moves time to the next sleeper, since before it wakes nothing changes: by 100 ms at least, and by a second at most. */
  #step(): Promise<void> {
    const now = this.clock.now().getTime()
    const dueInMs = Math.min(1_000, (this.clock.nextDueAt()?.getTime() ?? now) - now)
    return this.clock.advance(100 * Math.max(1, Math.ceil(dueInMs / 100)))
  }

  async everyMinute(): Promise<void> {
    const { ports, configuration: settings } = this
    await Promise.all([this.everyMinuteOfLinks(), dispatcher(ports, settings, slice)()])
  }

  /** One run of this function by its schedule; `minute-links` without waiting for what comes within the minute. */
  runSchedule(of: ScheduledFunction, ports: Ports = this.ports): Promise<void> {
    const due = new DueInstants(ports, this.configuration, this.#sent)
    return schedule(of, withinRights(of, allJobs[of]), ports, this.configuration, {
      due,
      readActions: async () => new Map(),
    })()
  }

  everyMinuteOfLinks(): Promise<void> {
    return this.runSchedule('minute-links')
  }

  everyFiveMinutes(): Promise<void> {
    return this.runSchedule('sweep')
  }

  everyHour(): Promise<void> {
    return this.runSchedule('hourly')
  }

  everyNight(): Promise<void> {
    return this.runSchedule('nightly')
  }

  everyMorning(): Promise<void> {
    return this.runSchedule('report')
  }

  /**
   * Under which key records have the access that an `account` link asks for: by the id of whoever has the name now. `link`: with
   * or without `links_data/`.
   */
  keyOf(link: string): AssignmentKey {
    const assignment = parseAssignmentName(link.replace('links_data/', ''))
    const principalId = assignment && this.identityStore.idOf(assignment.type, assignment.principal)
    if (!principalId) throw new Error(`nobody has the name in ${link}`)
    return renderAssignmentKey({ ...assignment, principalId })
  }

  /**
   * The keys of records with this beginning, with names in place of ids, as `account` links have them; ascending. Ids that nobody
   * has stay.
   */
  async namedKeys(beginning: string): Promise<string[]> {
    const prefix = beginning.slice(0, beginning.indexOf('/') + 1)
    return (await this.keys(beginning)).map((key) => prefix + this.nameOf(key.slice(prefix.length))).sort()
  }

  /** The same of one key, without the prefix. */
  nameOf(key: string): string {
    const id = parseAssignmentKey(key)
    const name = id && this.identityStore.nameOf(id.type, id.principalId)
    return id && name ? renderAssignmentName(nameAssignment(id, principalName.parse(name))) : key
  }

  async keys(prefix: string): Promise<string[]> {
    return (await Array.fromAsync(this.objects.list(prefix))).map(({ key }) => key)
  }

  /** A record of the ledger or of `foreign/` may be named as the `account` link that asks for it. */
  async json(name: string): Promise<Record<string, unknown> | undefined> {
    const [, prefix, link] = /^(assignments\/|foreign\/)(account%.*%ssofile)$/s.exec(name) ?? []
    const key = prefix !== undefined && link !== undefined ? prefix + this.keyOf(link) : name
    const found = await this.objects.get(key)
    return found && JSON.parse(new TextDecoder().decode(found.body))
  }
}

import { renderAssignmentKey } from '../domain/assignment.ts'
import type { Configuration } from '../domain/configuration.ts'
import { type DriftHint, type Hint, isDriftHint } from '../domain/hint.ts'
import { renderInstant } from '../domain/instant.ts'
import { linkPrefix } from '../domain/link.ts'
import { permissionSetKey } from '../domain/permission-set-file.ts'
import type { Ports } from '../ports/ports.ts'
import { isServiceError } from '../ports/service-error.ts'
import { assessLink } from './assess-link.ts'
import { AssignmentRequests } from './assignment-requests.ts'
import { Brake } from './brake.ts'
import { DriftCheck } from './check-drift.ts'
import { describeError } from './failures.ts'
import { sendInputs } from './inputs.ts'
import { wakeDispatcher } from './lanes.ts'
import { Lease } from './lease.ts'
import { EntryChangedError } from './ledger.ts'
import { isPassing, limitSsoAdmin, NotStartedError } from './limited-sso-admin.ts'
import { ManagementAccountSets } from './management-account-sets.ts'
import { nextAttempt, openWorkKey } from './open-work.ts'
import { OrganizationCache } from './organization-cache.ts'
import { OwnedChangedError } from './owned-permission-sets.ts'
import { patientIdentityStore } from './patient-identity-store.ts'
import { noteStopped, readPause, reconcileAfterPause } from './pause.ts'
import { PermissionSetIndex } from './permission-set-index.ts'
import { PermissionSetWork, type PermissionSetWorkContext } from './permission-set-work.ts'
import { PrincipalIndex } from './principal-index.ts'
import { PrincipalNames } from './principal-names.ts'
import { Provisionings } from './provisionings.ts'
import { RateLimiter } from './rate-limiter.ts'
import { settleAssignment } from './settle-assignment.ts'
import { Signal } from './signal.ts'
import { Standings } from './standings.ts'
import { StatusBoard } from './status-board.ts'
import { StatusStore } from './status-store.ts'
import { type WorkItem, WorkSource } from './work-source.ts'

export type SliceOptions = {
  /** Nothing is started after this long; what runs is waited for. A function's time limit must leave it room. */
  readonly sliceMs: number
  /** With nothing left to do it stays this long for what comes next, where it has done something. */
  readonly lingerMs: number
  /** Who this is, for the lease. */
  readonly holder: string
}

export type SliceResult = {
  /** `lease-held`: another dispatcher is at work; `paused`: a person stopped all changes. Nothing was done then. */
  readonly outcome: 'done' | 'lease-held' | 'paused'
  readonly settled: number
  readonly failed: number
}

/** One slice of the only process that calls SSO Admin: takes hints and makes Identity Center equal to the files. */
export async function dispatch(
  ports: Ports,
  configuration: Configuration,
  options: SliceOptions,
): Promise<SliceResult> {
  if (await isPaused(ports)) return { outcome: 'paused', settled: 0, failed: 0 }
  const lease = await Lease.acquire(ports, options.holder)
  if (!lease) return { outcome: 'lease-held', settled: 0, failed: 0 }
  void lease.keep()
  try {
    // Asked again: the lease may have been waited for until a pause ended the slice before this one.
    if (await isPaused(ports)) return { outcome: 'paused', settled: 0, failed: 0 }
    if (await reconcileAfterPause(ports)) ports.log.info('after a pause everything is compared anew')
    return await new Slice(ports, configuration, options, lease).run()
  } finally {
    await lease.release()
  }
}

async function isPaused({ objects }: Ports): Promise<boolean> {
  if (!(await readPause(objects))) return false
  await noteStopped(objects)
  return true
}

const tickMs = 250
/** How soon a pause or a release is noticed. */
const controlEveryMs = 2_000
const attemptsMost = 3
/** How often a status that cannot be told is tried at the end of a slice. */
const tellingsMost = 4

class Slice {
  readonly #ports: Ports
  readonly #configuration: Configuration
  readonly #options: SliceOptions
  readonly #lease: Lease
  readonly #endsMs: number
  readonly #ending = new AbortController()
  readonly #changed = new Signal()
  readonly #source: WorkSource
  readonly #requests: AssignmentRequests
  readonly #limiter: RateLimiter
  readonly #board: StatusBoard
  readonly #brake: Brake
  readonly #context: PermissionSetWorkContext
  readonly #permissionSetWork: PermissionSetWork
  readonly #drift: DriftCheck
  readonly #running = new Map<string, Promise<void>>()
  #assignmentsRunning = 0
  #permissionSetsRunning = 0
  #settled = 0
  #failed = 0
  #telling: Promise<void> | undefined
  #watching: Promise<void> | undefined

  constructor(ports: Ports, configuration: Configuration, options: SliceOptions, lease: Lease) {
    const { objects, clock, log } = ports
    this.#ports = ports
    this.#configuration = configuration
    this.#options = options
    this.#lease = lease
    this.#endsMs = clock.monotonicMs() + options.sliceMs
    this.#source = new WorkSource(ports, this.#changed)
    this.#limiter = new RateLimiter(clock, configuration.limits.callsPerSecond)
    const ssoAdmin = limitSsoAdmin(ports, this.#limiter, {
      mayStart: () => this.#mayStart(),
      holdsLease: () => lease.mayStart(),
    })
    this.#requests = new AssignmentRequests(ssoAdmin, clock, log)
    this.#brake = new Brake(ports, configuration)
    const statuses = new StatusStore(objects, clock)
    const standings = new Standings(objects)
    const organization = new OrganizationCache(ports, configuration.folders)
    const principals = new PrincipalIndex(patientIdentityStore(ports), clock, configuration.principalSuffix)
    const board: StatusBoard = new StatusBoard({
      statuses,
      clock,
      log,
      assess: async (input, current) => {
        const progress = {
          lackOf: board.lackOf.bind(board),
          of: standings.of.bind(standings),
          accountsOf: standings.accountsOf.bind(standings),
          heldAccountsOf: this.#brake.heldAccountsOf.bind(this.#brake),
        }
        return (await assessLink(input, current, { objects, organization, configuration, progress })).status
      },
    })
    this.#board = board
    this.#permissionSetWork = new PermissionSetWork(ports, configuration, board)
    this.#context = {
      ...ports,
      configuration,
      ssoAdmin,
      requests: this.#requests,
      statuses,
      standings,
      organization,
      principals,
      brake: this.#brake,
      principalNames: new PrincipalNames(objects),
      permissionSets: new PermissionSetIndex({ objects, ssoAdmin, clock }),
      managementAccount: new ManagementAccountSets({
        objects,
        ssoAdmin,
        clock,
        managementAccountId: async () => (await organization.view()).managementAccountId,
      }),
      provisionings: new Provisionings({
        ssoAdmin,
        clock,
        most: configuration.limits.provisionings,
        ending: this.#ending.signal,
      }),
      isDriftCheck: false,
      mayStart: () => this.#mayStart(),
      ending: this.#ending.signal,
      pulledMs: clock.monotonicMs(),
    }
    const mayStart = () => this.#mayStart()
    this.#drift = new DriftCheck({
      ...ports,
      ...this.#context,
      openBackground: (background) =>
        limitSsoAdmin(ports, this.#limiter, { mayStart, holdsLease: mayStart, background }),
    })
  }

  async run(): Promise<SliceResult> {
    try {
      await this.#requests.recover()
      await this.#brake.look()
      this.#watching = this.#watchControl()
      this.#source.start()
      while (this.#mayStart()) {
        if (this.#startNext()) continue
        if (this.#isIdle() && (await this.#isOver())) break
        await this.#changed.wait(this.#ports.clock, tickMs)
        this.#tellDue()
      }
      return await this.#end()
    } finally {
      this.#ending.abort()
      await this.#watching
      this.#requests.stop()
    }
  }

  /** Ends the slice when a person pauses it, and looks for what a person has released; never rejects. */
  async #watchControl(): Promise<void> {
    const { objects, leaseClock, log } = this.#ports
    for (;;) {
      await leaseClock.sleep(controlEveryMs, this.#ending.signal)
      if (this.#ending.signal.aborted) return
      try {
        const pause = await readPause(objects)
        if (pause) {
          log.info('a person paused all changes: nothing more is started', { by: pause.by, reason: pause.reason })
          // First of all: whatever else is done about it may fail.
          this.#ending.abort()
          this.#changed.raise()
          await noteStopped(objects).catch((error: unknown) =>
            log.warn('it could not be noted that a pause ended a slice; the next one notes it', { error }),
          )
          return
        }
      } catch (error) {
        log.warn('it could not be read whether there is a pause; it is read again', { error })
      }
      await this.#brake.look()
    }
  }

  /** Looks once more, since what comes in while the last long polls end would have to be given back, and come later. */
  async #isOver(): Promise<boolean> {
    await this.#source.pause()
    if (this.#isIdle()) return true
    this.#source.start()
    return false
  }

  #mayStart(): boolean {
    return !this.#ending.signal.aborted && this.#ports.clock.monotonicMs() < this.#endsMs && this.#lease.mayStart()
  }

  #isIdle(): boolean {
    if (this.#running.size > 0 || !this.#source.isEmpty || this.#board.hasDirty || this.#telling) return false
    const idleMs = this.#ports.clock.monotonicMs() - this.#source.emptySinceMs
    return this.#settled === 0 || idleMs >= this.#options.lingerMs
  }

  /** Starts the most urgent hint that has a slot and whose group is free; false where there is none. */
  #startNext(): boolean {
    const { limits } = this.#configuration
    const assignmentSlots = limits.outstanding - this.#assignmentsRunning - this.#requests.unattended
    const permissionSetSlots = limits.provisionings - this.#permissionSetsRunning
    const items = this.#source.take(({ hint, group }) => {
      if (this.#running.has(group)) return false
      if (isDriftHint(hint)) return true
      return hint.kind === 'assignment' ? assignmentSlots > 0 : permissionSetSlots > 0
    })
    const [first] = items
    if (!first) return false
    for (const { hint } of items) this.#board.begin(hint.cause)
    this.#count(first, 1)
    const running = this.#work(first, items).finally(() => {
      this.#touchDropped(first)
      for (const { hint } of items) this.#board.end(hint.cause)
      this.#count(first, -1)
      this.#running.delete(first.group)
      this.#changed.raise()
    })
    this.#running.set(first.group, running)
    return true
  }

  #count({ hint }: WorkItem, by: 1 | -1): void {
    if (hint.kind === 'assignment') this.#assignmentsRunning += by
    else if (hint.kind === 'permission-set') this.#permissionSetsRunning += by
  }

  /** Never rejects: a failure is repeated here, then as open work, then by redelivery; none is swallowed. */
  async #work(first: WorkItem, items: readonly WorkItem[]): Promise<void> {
    const { clock, randomness } = this.#ports
    const log = this.#ports.log.with({ cause: first.hint.cause, ...describe(first) })
    for (let attempt = 1; ; attempt++) {
      try {
        const pulledMs = Math.max(...items.map((item) => item.pulledMs))
        const isDriftCheck = items.some(({ hint }) => hint.cause === 'drift')
        this.#expirePrincipal(items, pulledMs)
        const end = await this.#settle(first, { ...this.#context, log, pulledMs, isDriftCheck })
        if (end === 'done') this.#settled++
        // Each cause waits for its status, also where one evaluation served several.
        if (end === 'done') this.#touchCauses(items)
        await Promise.all(items.map((item) => (end === 'done' ? item.done() : item.giveBack())))
        return
      } catch (error) {
        if (error instanceof NotStartedError) return this.#giveBack(items)
        // A conflict is another operation on the same permission set or account, which passes (field reports).
        const isWorthwhile =
          isPassing(error) ||
          error instanceof EntryChangedError ||
          error instanceof OwnedChangedError ||
          isServiceError(error, 'ConflictException')
        log.warn('a hint could not be evaluated', { error, attempt })
        if (!isWorthwhile || attempt === attemptsMost || !this.#mayStart()) return this.#postpone(first, items, error)
        await clock.sleep(500 * 2 ** attempt * (0.5 + randomness.fraction()), this.#ending.signal)
      }
    }
  }

  /** Only an upload says nothing of the directory: whatever else caused a hint may know of a change in it. */
  #expirePrincipal(items: readonly WorkItem[], pulledMs: number): void {
    for (const { hint } of items) {
      if (hint.kind !== 'assignment' || hint.cause.startsWith(linkPrefix)) continue
      this.#context.principals.expire(hint.type, hint.principal, pulledMs)
    }
  }

  async #giveBack(items: readonly WorkItem[]): Promise<void> {
    for (const item of items) {
      await item.giveBack().catch(async (error: unknown) => {
        await item.leave(error)
        this.#ports.log.warn('a hint could not be given back; it comes again when its visibility ends', { error })
      })
    }
  }

  async #settle(item: WorkItem, context: PermissionSetWorkContext): Promise<'done' | 'given-back'> {
    const { hint } = item
    if (isDriftHint(hint)) {
      this.#board.touch(await this.#drift.work(hint, context))
      return 'done'
    }
    if (hint.kind === 'permission-set') {
      if ((await this.#permissionSetWork.settle(hint.permissionSet, context)) === 'failed') this.#failed++
      return 'done'
    }
    const { account: accountId, permissionSet, principal, type } = hint
    const assignment = { accountId, permissionSet, principal, type }
    const lacked = !context.permissionSets.knows(permissionSet)
    const settlement = await settleAssignment(renderAssignmentKey(assignment), assignment, context)
    if (settlement.result === 'given-back') return 'given-back'
    // Made while this was evaluated: whoever wakes the links that wait for it could not see this one waiting.
    if (settlement.result === 'waiting' && lacked && context.permissionSets.knows(permissionSet)) {
      // What was released meanwhile concerns links that the next evaluation does not see any more.
      this.#board.touch(settlement.links)
      return this.#settle(item, context)
    }
    // Before anything is awaited: whoever makes what is lacking from now on wakes this one.
    if (settlement.lacks) this.#board.noteLacks(permissionSet, settlement.lacks)
    // Its ledger entry may have been the last that kept the permission set from being deleted.
    if (settlement.result !== 'open' && !(settlement.result === 'applied' && settlement.owned))
      await this.#permissionSetWork.revisitBlocked(permissionSet)
    if (settlement.result === 'open') this.#failed++
    if (settlement.result !== 'held') await this.#brake.review(renderAssignmentKey(assignment))
    this.#board.touch(settlement.links)
    this.#touchDropped(item)
    return 'done'
  }

  /** What an evaluation took out of the ledger has to be told, also where it ends early. */
  #touchDropped({ hint }: WorkItem): void {
    if (hint.kind === 'assignment') this.#board.touch(this.#context.standings.takeDropped(hint.account))
  }

  async #postpone(first: WorkItem, items: readonly WorkItem[], error: unknown): Promise<void> {
    const { clock, objects, randomness, log } = this.#ports
    const { hint } = first
    this.#failed++
    log.error('a hint could not be evaluated and is tried again later', {
      error,
      cause: hint.cause,
      ...describe(first),
    })
    // A part of a drift check stays in its queue: it comes again, and after its receives stands in the dead-letter queue.
    if (isDriftHint(hint)) {
      await Promise.all(items.map((item) => item.leave(error)))
      return
    }
    try {
      const at = renderInstant(nextAttempt(clock.now(), 0, randomness.fraction()))
      await objects.put(openWorkKey(at, subjectKey(hint)), new Uint8Array())
      // Open work knows its links by the ledger alone: a cause that is in no entry would not be told any more.
      this.#touchCauses(items)
      await Promise.all(items.map((item) => item.done()))
    } catch (again) {
      const both = new Error(`it could not be put off either: ${describeError(again)}`, { cause: error })
      await Promise.all(items.map((item) => item.leave(both)))
      log.error('open work could not be recorded; the hint comes again when its visibility ends', {
        error: again,
        cause: hint.cause,
      })
    }
  }

  /** Each cause waits for its status, also where one evaluation served several. */
  #touchCauses(items: readonly WorkItem[]): void {
    this.#board.touch(items.map(({ hint }) => hint.cause).filter((cause) => cause.startsWith(linkPrefix)))
  }

  #tellDue(): void {
    if (!this.#board.hasDue) return
    this.#telling ??= this.#board.tell('due').finally(() => {
      this.#telling = undefined
      this.#changed.raise()
    })
  }

  /** The hints are gone already: inputs whose status cannot be told have to be looked at again. */
  async #tellAll(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      await this.#board.tell('all')
      if (!this.#board.hasDirty) return
      if (attempt === tellingsMost) return sendInputs(this.#ports, this.#board.dirty, 'its status could not be told')
      await this.#ports.clock.sleep(500 * 2 ** attempt)
    }
  }

  /** Starts nothing more, aborts what has not left, waits for the rest, and wakes the successor where work is left. */
  async #end(): Promise<SliceResult> {
    const isIdle = this.#isIdle()
    this.#ending.abort()
    const givenBack = await this.#source.stop()
    await Promise.all(this.#running.values())
    await this.#source.close()
    await this.#telling
    await this.#tellAll()
    this.#requests.stop()
    await this.#limiter.rest()
    if (!isIdle || givenBack > 0) await wakeDispatcher(this.#ports.queues, this.#ports.randomness)
    return { outcome: 'done', settled: this.#settled, failed: this.#failed }
  }
}

/** What open work names it by. */
function subjectKey(hint: Exclude<Hint, DriftHint>): string {
  if (hint.kind === 'permission-set') return permissionSetKey(hint.permissionSet)
  const { account: accountId, permissionSet, principal, type } = hint
  return renderAssignmentKey({ accountId, permissionSet, principal, type })
}

function describe({ hint, lane }: WorkItem): Record<string, string> {
  if (hint.kind === 'permission-set') return { lane, permissionSet: hint.permissionSet }
  if (isDriftHint(hint)) return { lane, drift: hint.unit }
  return { lane, assignment: subjectKey(hint) }
}

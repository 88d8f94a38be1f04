import type { SQSEvent } from 'aws-lambda'
import type { IdentityStoreChange } from '../../shared/memory/identity-store/identity-store-records.ts'
import type { ObjectChange } from '../../shared/memory/s3/object-change.ts'
import type { WorkedQueue } from '../../shared/ports/queues.ts'
import type { AssignmentTarget } from '../../shared/ports/sso-admin.ts'
import type { Call } from './chaos.ts'
import { Access } from './promises/access.ts'
import { assignmentOfKey, describeTarget, isTarget, ledgerKeyOf, nameOf } from './promises/assignment-names.ts'
import { BrakePromise } from './promises/brake.ts'
import { ContentsPromise } from './promises/contents.ts'
import { ConvergencePromise } from './promises/convergence.ts'
import { DepartureWatch } from './promises/departures.ts'
import { Desires } from './promises/desires.ts'
import { Evaluations } from './promises/evaluations.ts'
import { ForeignPromise } from './promises/foreign.ts'
import { complainAboutGrant } from './promises/grants.ts'
import { LookWatch } from './promises/looks.ts'
import { MembershipsPromise } from './promises/memberships.ts'
import { OthersPromise } from './promises/others.ts'
import { PausePromise } from './promises/pause.ts'
import { PermissionSetChecks } from './promises/permission-sets.ts'
import { PrincipalWatch } from './promises/principals.ts'
import { QuotasPromise } from './promises/quotas.ts'
import { RecordPromise } from './promises/record.ts'
import { type RecordedAccess, readRecorded } from './promises/recorded-access.ts'
import { SessionsPromise } from './promises/sessions.ts'
import { SpoilWatch } from './promises/spoils.ts'
import { StatusPromise } from './promises/status.ts'
import { SuspensionsPromise } from './promises/suspensions.ts'
import { TakeOverWatch } from './promises/take-over.ts'
import { TemporaryPromise } from './promises/temporary.ts'
import { TrailPromise } from './promises/trail.ts'
import { numberOf, promises, Violation } from './promises/violation.ts'
import type { Watched } from './promises/watched.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { SimulatedWorld } from './simulated-world.ts'
import { spoiler } from './unreadable-objects.ts'

/** A slice may be at its end, and calls may travel for seconds: twice the minute. */
const stoppedMs = 120_000

/** Tells the promises what happens to the modelled services; knows nothing of how the product works. */
export class Checker {
  readonly #world: SimulatedWorld
  readonly #only: ReadonlySet<string> | undefined
  readonly #principals: PrincipalWatch
  readonly #departures: DepartureWatch
  readonly #looks: LookWatch
  readonly #spoils: SpoilWatch
  readonly #watched: Watched
  readonly #convergence: ConvergencePromise
  readonly #record: RecordPromise
  readonly #foreign: ForeignPromise
  readonly #status: StatusPromise
  readonly #quotas: QuotasPromise
  readonly #permissionSets: PermissionSetChecks
  readonly #brake: BrakePromise
  readonly #contents: ContentsPromise
  readonly #pause: PausePromise
  readonly #others: OthersPromise
  readonly #trail: TrailPromise
  readonly #sessions: SessionsPromise
  readonly #takeOver: TakeOverWatch
  readonly suspensions: SuspensionsPromise
  readonly memberships: MembershipsPromise
  /** What people ask for, and who approves it. */
  readonly temporary: TemporaryPromise
  /** Something happened since owners and records were looked at that may concern them. */
  #isDirty = true
  /** When the next request comes out, as of then. */
  #dueMs = Number.NEGATIVE_INFINITY
  /** Whose call is taking effect. */
  #calling = ''
  violation: Violation | undefined

  /** `only`: these promises, by their numbers, where a sabotage must be found by what it breaks. */
  constructor(world: SimulatedWorld, only?: readonly string[]) {
    this.#world = world
    this.#only = only && new Set(only)
    const fail = (promise: string, message: string) => this.#fail(promise, message)
    this.#contents = new ContentsPromise(world, fail)
    this.#sessions = new SessionsPromise(world, fail)
    this.#permissionSets = new PermissionSetChecks(world, { contents: this.#contents, sessions: this.#sessions }, fail)
    this.#brake = new BrakePromise(world, fail)
    this.#pause = new PausePromise(world, fail)
    this.#others = new OthersPromise(world, fail)
    this.#trail = new TrailPromise(world, fail)
    this.temporary = new TemporaryPromise(world, fail)
    this.#principals = new PrincipalWatch(world, (id) => this.suspensions.isSuspended(id))
    this.#departures = new DepartureWatch(world)
    this.#looks = new LookWatch(world)
    this.#spoils = new SpoilWatch(world)
    const access = new Access(world)
    this.suspensions = new SuspensionsPromise(world, access, fail)
    this.memberships = new MembershipsPromise(world, this.suspensions, fail)
    const desires = new Desires(world, this.#principals)
    const evaluations = new Evaluations(world.clock, world.settings.readLagMs)
    this.#watched = { world, access, desires, evaluations, fail }
    this.#convergence = new ConvergencePromise(this.#watched)
    this.#record = new RecordPromise(this.#watched)
    this.#takeOver = new TakeOverWatch(this.#watched)
    this.#foreign = new ForeignPromise(this.#watched, this.#principals)
    this.#quotas = new QuotasPromise(this.#watched)
    this.#status = new StatusPromise(this.#watched, {
      principals: this.#principals,
      brake: this.#brake,
      permissionSets: this.#permissionSets,
    })
    world.objects.onChange((change) => this.#noteChange(change))
  }

  /** The world that links are judged by has changed. */
  noteDesired(): void {
    this.#brake.noteWorldChange()
    this.#noteDesired()
  }

  /** Time has passed, or a link has changed. */
  #noteDesired(): void {
    this.#isDirty = true
    this.#departures.noteDesired()
    this.#watched.desires.note()
  }

  noteDirectoryChange(change: IdentityStoreChange): void {
    this.#principals.noteChange(change)
    this.suspensions.noteNames()
    this.memberships.noteChange(change)
    this.noteDesired()
  }

  isDesired(target: AssignmentTarget): boolean {
    this.#noteDesired()
    return this.#watched.desires.sinceMs(nameOf(target)) !== undefined
  }

  isOurs(target: AssignmentTarget): boolean {
    this.#watched.access.settle()
    return this.#watched.access.ownerOf(nameOf(target))?.of === 'ours'
  }

  /** What this entry records is there, and ssofile gave it. */
  isRecordOfOurs(key: string, entry: Readonly<Record<string, unknown>>): boolean {
    this.#watched.access.settle()
    const names = readRecorded(key, entry) ?? []
    return names.some(({ name }) => this.#watched.access.ownerOf(name)?.of === 'ours')
  }

  /** Somebody takes it away by hand. */
  noteTaken(target: AssignmentTarget): void {
    this.#foreign.noteTaken(target)
  }

  /** Somebody adds an assignment in the console. */
  noteForeign(target: AssignmentTarget): void {
    this.#watched.access.noteForeign(target)
    this.#isDirty = true
  }

  /** A call of the product leaves its process. */
  noteDeparture(process: string, call: Call): void {
    const isReading = call.service === 's3' && call.operation === 'get' && call.key?.startsWith('assignments/')
    if (isReading) this.#watched.evaluations.noteAsked(process, call.key ?? '')
    if (call.service !== 'sso-admin') return
    this.#quotas.checkDeparture(process, call)
    this.#pause.noteDeparture(call)
  }

  /** An operator releases what was `seen`, while `now` is on the list. */
  noteRelease(seen: readonly string[], now: readonly string[] | undefined): void {
    this.#brake.noteRelease(seen, now)
  }

  /** An operator is about to release this content of a file. */
  noteReleasedContents(name: string, etag: string): void {
    this.#contents.noteRelease(name, etag)
  }

  get brakeCounts(): Readonly<Record<string, number>> {
    return {
      'brake holds': this.#brake.heldCount,
      'brake releases': this.#brake.releasedCount,
    }
  }

  noteRefusedRelease(digest: string, isRefused: boolean): void {
    if (isRefused) this.#others.noteRefusedRelease(digest)
  }

  noteForgottenBrake(): void {
    this.#brake.noteForgotten()
  }

  /** A call of the product is about to take effect. */
  noteCall(process: SimulatedProcess, call: Call, args: readonly unknown[]): void {
    const { service, operation } = call
    const { evaluations } = this.#watched
    const refused = complainAboutGrant(process.function, call)
    if (refused !== undefined) this.#fail(promises.grants, refused)
    if (service === 'sso-admin') this.#isDirty = true
    this.#calling = process.name
    const [first, options] = args
    this.#others.noteCall(call, args)
    this.#takeOver.noteCall(process.name, operation, args)
    this.#permissionSets.noteCall(process, call, args)
    this.#sessions.noteCall(operation, args)
    this.#departures.noteCall(process.name, operation, first)
    this.#looks.noteCall(process.name, operation, args)
    if (service === 's3' && operation === 'get' && call.key !== undefined) {
      if (call.key.startsWith('assignments/')) evaluations.noteRead(process.name, call.key)
      this.#spoils.noteGet(process.name, call.key)
    }
    if (operation === 'describeAccount') evaluations.noteAskedLive(process.name, String(first))
    if (service === 'sso-admin' && isTarget(first) && !isAborted(options)) {
      if (operation === 'createAccountAssignment') this.#checkCreation(process.name, first, call)
      if (operation === 'deleteAccountAssignment') this.#checkDeletion(process.name, first, call)
    }
  }

  /** A function is given messages of a queue. */
  noteBatch(queue: WorkedQueue, event: SQSEvent): void {
    this.#others.noteBatch(queue, event)
  }

  /** Whether links ask for what this ledger key speaks of. */
  isAsked(ledgerKey: string): boolean {
    this.#noteDesired()
    return this.#watched.desires.askedSinceMs(assignmentOfKey(ledgerKey, this.#world)) !== undefined
  }

  /** After each step. */
  checkRecords(): void {
    const { ssoAdmin, clock } = this.#world
    if (!this.#isDirty && clock.now().getTime() < this.#dueMs) return
    this.#watched.access.settle()
    this.#dueMs = ssoAdmin.nextDueAt()?.getTime() ?? Number.POSITIVE_INFINITY
    this.#isDirty = false
    this.#takeOver.note(this.#world)
    this.#record.checkAll()
  }

  checkWoken(waitedMs: number): void {
    this.#convergence.checkWoken(waitedMs)
  }

  /** The owner of the bucket, or too much of its ledger, is gone for so long: everything has stopped. */
  checkStopped(lostMs: number): void {
    const { chaos, wasInterrupted } = this.#world
    if (lostMs < stoppedMs || chaos.struck.size > 0 || wasInterrupted) return
    if (this.#world.readJson('control/pause.json')?.lost === undefined)
      this.#fail(promises.pause, `the ledger is lost for ${lostMs / 1000} seconds, and nothing is stopped`)
  }

  checkOverdue(sinceMs: number): void {
    this.#convergence.checkOverdue(sinceMs)
    this.temporary.checkOverdue(sinceMs)
  }

  /** After a reconcile, nothing but what others changed is left to the drift check. */
  checkBeforeNight(): void {
    if (this.#world.wasDrifted) return
    this.#permissionSets.checkAtRest({ isReconciled: false })
    this.#sessions.noteNight()
  }

  /** At the end, after the faults: what is there is what is asked for, and every input has been told. */
  checkConverged({ isReconciled }: { readonly isReconciled: boolean }): void {
    const { access, desires } = this.#watched
    access.settle()
    const isReadable = this.#world.unreadable.spoiled.length === 0
    this.#convergence.checkAtRest()
    this.#status.checkAtRest()
    this.#trail.checkAtRest()
    this.temporary.checkAtRest()
    if (isReconciled && isReadable) this.suspensions.checkAtRest()
    if (isReconciled && isReadable) this.memberships.checkAtRest()
    if (isReconciled) this.#status.checkIndex()
    if (isReconciled && isReadable) this.#convergence.checkForeignListing()
    this.#permissionSets.checkAtRest({ isReconciled })
    this.#sessions.checkAtRest({ isReconciled })
    if (isReadable) this.#contents.checkAtRest()
    const desired = desires.now('certainly').flatMap((one) => desires.targetOf(one) ?? [])
    if (isReadable) this.#brake.checkAtRest(new Set(desired.map((one) => ledgerKeyOf(one, this.#world))))
  }

  /** Twelve hours later. */
  checkNothingDenied(): void {
    this.#sessions.checkNothingDenied()
  }

  isAnySessionEnded(): boolean {
    return this.#sessions.isAnyEnded()
  }

  /** At rest, while S3 refuses to give some links: the others are in force all the same. */
  checkBesideRefused(): void {
    this.#watched.access.settle()
    this.#convergence.checkBesideRefused()
  }

  #noteChange(change: ObjectChange): void {
    const { key, eventName } = change
    const isRemoved = eventName.startsWith('ObjectRemoved')
    // What somebody spoils or restores says what it said.
    if (change.caller.accessKeyId === spoiler) return
    this.temporary.noteChange(change)
    if (key.startsWith('links_data/')) {
      this.#principals.noteLink(key)
      this.#spoils.noteLink(key)
      this.#noteDesired()
    }
    if (key.startsWith('selectors/')) this.noteDesired()
    if (key.startsWith('suspended/') || key.startsWith('state/suspended/')) {
      this.suspensions.noteFile(key)
      this.noteDesired()
    }
    if (key.startsWith('memberships/')) this.memberships.noteFile(key)
    if (key.startsWith('rules/')) this.memberships.noteRule()
    const isOfOperator = this.#takeOver.isOperator(this.#calling) && change.caller.accessKeyId === 'ssofile'
    if (isOfOperator && key.startsWith('links_data/')) this.#takeOver.checkLink(this.#calling, key)
    if (key.startsWith('status/links_data/')) this.#principals.noteStatus(key)
    const isByOperator = isOfOperator || this.#world.isRestoring || this.#takeOver.isBeingReleased(key)
    const unseen = isRemoved || isByOperator ? undefined : this.#looks.complain(this.#calling, key)
    if (unseen) this.#fail(promises[unseen.promise], unseen.message)
    // Not a release, nor someone who took the lease from outside.
    if (key === 'control/dispatcher.json' && this.#world.readJson(key)?.holder === 'simulation')
      this.#quotas.noteLease(this.#calling)
    if (key.startsWith('foreign/') && !isRemoved) this.#noteForeign(key)
    if (!key.startsWith('assignments/')) return
    this.#watched.evaluations.noteWritten(key)
    this.#isDirty = true
    const unread = this.#spoils.complainAboutChange(this.#calling, change)
    if (unread) this.#fail(promises.record, unread)
    if (isRemoved) this.#noteRemoved(key)
    else this.#noteWritten(key)
  }

  /** What ssofile gave is not called foreign because somebody took its record away. */
  #noteForeign(key: string): void {
    const record = `assignments/${key.slice('foreign/'.length)}`
    const entry = this.#world.readJson(key) ?? {}
    const isLost = readRecorded(record, entry)?.some(({ name }) => this.#world.losses.hasLost(name))
    if (isLost && this.isRecordOfOurs(record, entry))
      this.#fail(promises.foreign, `${key} is written, although ssofile gave it and its record is lost`)
  }

  #noteWritten(key: string): void {
    const { access, evaluations } = this.#watched
    const entry = this.#world.readJson(key)
    if (!entry) return
    const before = access.recordedBy(key)
    this.#principals.noteEntry(entry)
    this.#takeOver.noteWritten(key, entry)
    if (this.#takeOver.isOperator(this.#calling) && !this.#takeOver.isBeingReleased(key))
      this.#takeOver.checkAdopted(key, readRecorded(key, entry)?.map(({ name }) => name) ?? [])
    access.noteWritten(key, entry, evaluations.lookedMs(this.#calling, [key]))
    this.#noteLost(key, before)
    this.#record.checkForgotten(before)
  }

  /** Of what the entry of `key` recorded, what nothing records any more because somebody took its entry away. */
  #noteLost(key: string, before: readonly RecordedAccess[]): void {
    const { access } = this.#watched
    const isLost = ({ name }: RecordedAccess) => this.#world.losses.hasLost(name) && access.find(name).length === 0
    access.noteLost(key, before.filter(isLost))
  }

  #noteRemoved(key: string): void {
    const { access } = this.#watched
    const before = access.recordedBy(key)
    access.settle()
    access.noteRemoved(key)
    // Its creation was prepared again, and made nothing: what was lost before is as lost as it was.
    this.#noteLost(
      key,
      before.filter(({ name }) => !access.isMadeAgain(name)),
    )
    if (this.#takeOver.isBeingReleased(key)) {
      const names = before.map(({ name }) => name)
      this.#takeOver.checkReleased(key, names, this.#world.ssoAdmin.assignments())
      return
    }
    // Where no creation was sent, or it failed for good, there is nothing that an account could come back with.
    const wasMade = before.some(({ isMade }) => isMade)
    const early = wasMade && this.#departures.complainAboutRemoval(key, this.#calling, this.#world.skewMs)
    if (early) this.#fail(promises.record, early)
    this.#record.checkForgotten(before)
  }

  #checkCreation(process: string, target: AssignmentTarget, call: Call): void {
    const { access } = this.#watched
    const keys = access.entriesOf(nameOf(target))
    this.#record.checkCreation(target, keys)
    this.#checkRead(process, target, keys, 'grants')
    this.#quotas.checkOutstanding('creation', target, call)
    this.#foreign.checkCreation(process, target, keys)
    this.suspensions.checkCreation(target, this.#watched.evaluations.beganMs(process, keys, target.accountId))
    access.noteCreation(target)
  }

  #checkDeletion(process: string, target: AssignmentTarget, call: Call): void {
    const { access } = this.#watched
    this.#quotas.checkOutstanding('deletion', target, call)
    // Time alone ends what a link asks for.
    this.#noteDesired()
    const keys = access.entriesOf(nameOf(target))
    this.#checkRead(process, target, keys, 'revokes')
    if (keys.some((key) => this.#takeOver.isBeingReleased(key)))
      this.#fail(promises.foreign, `revokes ${describeTarget(target, this.#world)}, which an operator has released`)
    this.#foreign.checkDeletion(process, target, keys, call)
    access.noteDeletion(target)
  }

  #checkRead(process: string, target: AssignmentTarget, keys: readonly string[], does: string): void {
    const own = ledgerKeyOf(nameOf(target), this.#world)
    const beganMs = this.#watched.evaluations.beganMs(process, keys, target.accountId)
    const unread = this.#spoils.complainAboutCall(process, keys, own, beganMs)
    if (unread) this.#fail(promises.foreign, `${does} ${describeTarget(target, this.#world)} ${unread}`)
  }

  /** Of an evaluation: the model of one access does not have it. */
  noteUnknownStep(message: string): void {
    this.#fail(promises.record, message)
  }

  #fail(promise: string, message: string): void {
    if (this.#only?.has(numberOf(promise)) !== false) this.violation ??= new Violation(promise, message)
  }
}

/** It does nothing: a process that was frozen lets go of what it was about to send. */
function isAborted(options: unknown): boolean {
  const signal = typeof options === 'object' && options !== null && 'signal' in options ? options.signal : undefined
  return signal instanceof AbortSignal && signal.aborted
}

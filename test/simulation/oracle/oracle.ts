import type { IdentityStoreChange } from '../../../shared/memory/identity-store/identity-store-records.ts'
import type { ObjectChange } from '../../../shared/memory/s3/object-change.ts'
import type { AssignmentTarget } from '../../../shared/ports/sso-admin.ts'
import type { Call } from '../chaos.ts'
import type { SimulatedProcess } from '../simulated-process.ts'
import type { SimulatedWorld } from '../simulated-world.ts'
import { spoiler } from '../unreadable-objects.ts'
import { AccessPromise } from './access.ts'
import { BrakePromise } from './brake.ts'
import { complainAboutGrant } from './grants.ts'
import { LimitsPromise } from './limits.ts'
import { MembershipsPromise } from './memberships.ts'
import { nameOf, recordedName } from './names.ts'
import { OthersPromise } from './others.ts'
import { PermissionSetsPromise } from './permission-sets.ts'
import { RestPromise } from './rest.ts'
import { SessionsPromise } from './sessions.ts'
import { StatusPromise } from './statuses.ts'
import { SuspensionsPromise } from './suspensions.ts'
import { TemporaryPromise } from './temporary.ts'
import { TrailPromise } from './trail.ts'
import { Truth } from './truth.ts'
import { numberOf, promises, Violation } from './violation.ts'
import type { Watched } from './watched.ts'
import { Wishes } from './wishes.ts'

/**
 * Judges a life by what a user would call a violation: by who has what in the modelled AWS, what the files ask for, and what the
 * bucket says. It knows nothing of how the product works, or of what a process knew.
 */
export class Oracle {
  readonly #world: SimulatedWorld
  readonly #only: ReadonlySet<string> | undefined
  readonly #watched: Watched
  readonly #access: AccessPromise
  readonly rest: RestPromise
  readonly #status: StatusPromise
  readonly limits: LimitsPromise
  readonly brake: BrakePromise
  readonly permissionSets: PermissionSetsPromise
  readonly sessions: SessionsPromise
  readonly others: OthersPromise
  readonly #trail: TrailPromise
  readonly #suspensions: SuspensionsPromise
  readonly memberships: MembershipsPromise
  /** What people ask for, and who approves it. */
  readonly temporary: TemporaryPromise
  /** Something happened since the access was looked at. */
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
    const fail = (promise: string, message: string) => this.fail(promise, message)
    this.#watched = {
      world,
      truth: new Truth(world),
      wishes: new Wishes(world, (id) => this.#suspensions.isSuspended(id)),
      fail,
    }
    this.#suspensions = new SuspensionsPromise(this.#watched)
    this.memberships = new MembershipsPromise(this.#watched, this.#suspensions)
    this.#access = new AccessPromise(this.#watched, this.#suspensions)
    this.rest = new RestPromise(this.#watched)
    this.limits = new LimitsPromise(this.#watched)
    this.sessions = new SessionsPromise(this.#watched)
    this.permissionSets = new PermissionSetsPromise(this.#watched)
    this.temporary = new TemporaryPromise(this.#watched)
    this.brake = new BrakePromise(this.#watched, this.temporary, this.#suspensions)
    this.others = new OthersPromise(this.#watched)
    this.#trail = new TrailPromise(this.#watched)
    this.#status = new StatusPromise(this.#watched, this.permissionSets)
    world.objects.onChange((change) => this.#noteChange(change))
  }

  /** The world that links are judged by has changed, or time has ended one. */
  noteDesired(): void {
    this.#isDirty = true
    this.#access.noteAccounts()
    this.#watched.wishes.note()
  }

  noteDirectoryChange(change: IdentityStoreChange): void {
    this.#watched.wishes.noteDirectoryChange(change)
    this.#suspensions.noteNames()
    this.memberships.noteChange(change)
    this.noteDesired()
  }

  isDesired(target: AssignmentTarget): boolean {
    this.noteDesired()
    return this.#watched.wishes.sinceMs(nameOf(target)) !== undefined
  }

  isOurs(target: AssignmentTarget): boolean {
    this.#watched.truth.settle()
    return this.#watched.truth.isOurs(nameOf(target))
  }

  /** What this entry records is there, and ssofile gave it. */
  isRecordOfOurs(key: string, entry: Readonly<Record<string, unknown>>): boolean {
    this.#watched.truth.settle()
    return this.#watched.truth.isOurs(recordedName(key, entry))
  }

  /** Somebody adds an assignment in the console. */
  noteForeign(target: AssignmentTarget): void {
    this.#watched.truth.noteForeign(target)
    this.#isDirty = true
  }

  /** A call of the product is about to take effect. */
  noteCall(process: SimulatedProcess, call: Call, args: readonly unknown[]): void {
    const refused = complainAboutGrant(process.function, call)
    if (refused !== undefined) this.fail(promises.grants, refused)
    this.#calling = process.name
    this.memberships.noteCall(call)
    if (call.service !== 'sso-admin') return
    this.#isDirty = true
    this.permissionSets.noteCall(call.operation, args)
    this.sessions.noteCall(call, args)
    this.limits.noteCall(call, args)
    this.#access.noteCall(call, args)
  }

  /** After each step. */
  checkRecords(): void {
    const { ssoAdmin, clock } = this.#world
    if (!this.#isDirty && clock.now().getTime() < this.#dueMs) return
    this.#access.check()
    this.#dueMs = ssoAdmin.nextDueAt()?.getTime() ?? Number.POSITIVE_INFINITY
    this.#isDirty = false
  }

  checkOverdue(sinceMs: number): void {
    this.rest.checkOverdue(sinceMs)
    this.temporary.checkOverdue(sinceMs)
  }

  /** After a reconcile, nothing but what others changed is left to the drift check. */
  checkBeforeNight(): void {
    if (this.#world.wasDrifted) return
    this.permissionSets.checkAtRest({ isReconciled: false })
  }

  /** At the end, after the faults: what is there is what is asked for, and every input has been told. */
  checkConverged({ isReconciled }: { readonly isReconciled: boolean }): void {
    this.#watched.truth.settle()
    const isReadable = this.#world.unreadable.spoiled.length === 0
    this.rest.checkAtRest()
    this.#status.checkAtRest()
    this.#trail.checkAtRest()
    this.temporary.checkAtRest()
    if (isReconciled) this.#status.checkIndex()
    if (isReconciled && isReadable) this.rest.checkListings()
    if (isReconciled && isReadable) this.#suspensions.checkAtRest()
    if (isReconciled && isReadable) this.memberships.checkAtRest()
    this.permissionSets.checkAtRest({ isReconciled })
    this.sessions.checkAtRest({ isReconciled })
    if (!isReadable) return
    this.permissionSets.checkHeld()
    this.brake.checkAtRest()
  }

  #noteChange(change: ObjectChange): void {
    const { key, caller } = change
    const isRemoved = change.eventName.startsWith('ObjectRemoved')
    // What somebody spoils or restores says what it said.
    if (caller.accessKeyId === spoiler) {
      if (key.startsWith('assignments/') && !isRemoved) this.#noteRestored(key)
      return
    }
    const isByOperator = this.#calling.startsWith('operator ') && caller.accessKeyId === 'ssofile'
    const { wishes } = this.#watched
    this.temporary.noteChange(change)
    if (key.startsWith('links_data/')) {
      wishes.noteLink(key)
      this.noteDesired()
      if (isByOperator && !isRemoved) this.#access.checkImported(key)
    }
    if (key.startsWith('selectors/')) this.noteDesired()
    if (key.startsWith('suspended/') || key.startsWith('state/suspended/')) {
      this.#suspensions.noteFile(key)
      this.noteDesired()
    }
    if (key.startsWith('memberships/') || key.startsWith('rules/')) this.memberships.noteAsked()
    if (key.startsWith('status/links_data/')) wishes.noteStatus(key)
    // Not a release, nor someone who took the lease from outside.
    if (key === 'control/dispatcher.json' && this.#world.readJson(key)?.holder === 'simulation')
      this.limits.noteLease(this.#calling)
    if (key.startsWith('foreign/') && !isRemoved) this.#access.noteForeign(key)
    if (key.startsWith('assignments/')) this.#noteEntry(key, isRemoved, isByOperator)
  }

  #noteEntry(key: string, isRemoved: boolean, isByOperator: boolean): void {
    this.#isDirty = true
    const entry = isRemoved ? undefined : this.#world.readJson(key)
    if (this.#world.isRestoring) this.#world.unreadable.noteRestored(key)
    if (isRemoved) this.#access.noteRemoved(key)
    else if (entry) this.#access.noteWritten(key, entry, isByOperator)
    this.brake.noteEntry(key, entry)
  }

  /** Somebody puts back what was lost. */
  #noteRestored(key: string): void {
    const entry = this.#world.readJson(key)
    const isLost = entry && this.#world.losses.hasLost(recordedName(key, entry))
    if (isLost) this.#watched.truth.entries.set(key, entry)
  }

  fail(promise: string, message: string): void {
    if (this.#only?.has(numberOf(promise)) !== false) this.violation ??= new Violation(promise, message)
  }
}

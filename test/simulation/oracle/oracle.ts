import type { IdentityStoreChange } from '../../../shared/memory/identity-store/identity-store-records.ts'
import type { ObjectChange } from '../../../shared/memory/s3/object-change.ts'
import type { AssignmentTarget } from '../../../shared/ports/sso-admin.ts'
import type { Call } from '../chaos.ts'
import { MembershipsPromise } from '../kinds/groups/memberships-promise.ts'
import type { JudgeType } from '../kinds/part.ts'
import { allParts } from '../kinds/parts.ts'
import type { SimulatedProcess } from '../simulated-process.ts'
import type { SimulatedWorld } from '../simulated-world.ts'
import { spoiler } from '../unreadable-objects.ts'
import { AccessPromise } from './access.ts'
import { BrakePromise } from './brake.ts'
import { complainAboutGrant } from './grants.ts'
import { LimitsPromise } from './limits.ts'
import { nameOf, recordedName } from './names.ts'
import { OthersPromise } from './others.ts'
import { PermissionSetsPromise } from './permission-sets.ts'
import { RestPromise } from './rest.ts'
import { SessionsPromise } from './sessions.ts'
import { StatusPromise } from './statuses.ts'
import { SuspensionsPromise } from './suspensions.ts'
import { TemporaryPromise } from './temporary.ts'
import { ToldPromise } from './told.ts'
import { TrailPromise } from './trail.ts'
import { Truth } from './truth.ts'
import { numberOf, promises, Violation } from './violation.ts'
import type { AtRest, Judge, Watched } from './watched.ts'
import { Wishes } from './wishes.ts'

const judgeTypes: readonly JudgeType[] = [
  ...[RestPromise, StatusPromise, TrailPromise, TemporaryPromise, SuspensionsPromise, MembershipsPromise],
  ...[PermissionSetsPromise, SessionsPromise, LimitsPromise, AccessPromise, BrakePromise],
  ...[OthersPromise, ToldPromise],
  ...allParts.flatMap(({ kinds, oracles = [] }) => [...Object.values(kinds).map(({ oracle }) => oracle), ...oracles]),
]

/**
 * Judges a life like a user: by the access in the modelled AWS, the files, and the records in the bucket. It knows nothing about the
 * product's code or the memory of its processes.
 */
export class Oracle {
  readonly #world: SimulatedWorld
  readonly #only: ReadonlySet<string> | undefined
  readonly #watched: Watched
  /** In the order of their calls: the brake counts before the access becomes known as desired. */
  readonly #judges = new Map<JudgeType, Judge>()
  /** Something happened since the last look at the access. */
  #isDirty = true
  /** The time when the next request ends, as known at the last look. */
  #dueMs = Number.NEGATIVE_INFINITY
  /** The process of the current call. */
  #calling = ''
  violation: Violation | undefined

  /** `only`: judge only these promises, by number. For a sabotage, which must be found by the promise that it breaks. */
  constructor(world: SimulatedWorld, only?: readonly string[]) {
    this.#world = world
    this.#only = only && new Set(only)
    const fail = (promise: string, message: string) => this.fail(promise, message)
    const wishes = new Wishes(world, (id) => this.judge(SuspensionsPromise).isSuspended(id))
    const truth = new Truth(world)
    this.#watched = { world, truth, wishes, fail, judge: (type) => this.judge(type) }
    for (const type of judgeTypes) this.judge(type)
    world.objects.onChange((change) => this.#noteChange(change))
  }

  /** The judge of this class. A life has one of each. */
  judge<One extends Judge>(type: new (watched: Watched) => One): One {
    const known = this.#judges.get(type)
    if (known instanceof type) return known
    const made = new type(this.#watched)
    this.#judges.set(type, made)
    return made
  }

  get rest(): RestPromise {
    return this.judge(RestPromise)
  }

  get limits(): LimitsPromise {
    return this.judge(LimitsPromise)
  }

  get brake(): BrakePromise {
    return this.judge(BrakePromise)
  }

  get permissionSets(): PermissionSetsPromise {
    return this.judge(PermissionSetsPromise)
  }

  get sessions(): SessionsPromise {
    return this.judge(SessionsPromise)
  }

  get others(): OthersPromise {
    return this.judge(OthersPromise)
  }

  get memberships(): MembershipsPromise {
    return this.judge(MembershipsPromise)
  }

  get temporary(): TemporaryPromise {
    return this.judge(TemporaryPromise)
  }

  get told(): ToldPromise {
    return this.judge(ToldPromise)
  }

  /** The world of the links has changed, or time has ended a link. */
  noteDesired(): void {
    this.#isDirty = true
    this.judge(AccessPromise).noteAccounts()
    this.#watched.wishes.note()
  }

  noteDirectoryChange(change: IdentityStoreChange): void {
    this.#watched.wishes.noteDirectoryChange(change)
    this.judge(SuspensionsPromise).noteNames()
    for (const judge of this.#judges.values()) judge.noteDirectoryChange(change)
    this.noteDesired()
  }

  isDesired(target: AssignmentTarget): boolean {
    this.noteDesired()
    return this.#watched.wishes.sinceMs(nameOf(target)) !== undefined
  }

  /** Whether this access, by ids, exists and ssofile gave it. */
  isOurs(name: string): boolean {
    this.#watched.truth.settle()
    return this.#watched.truth.isOurs(name)
  }

  /** An operator has released a list with these items. */
  noteReleasedItems(items: readonly string[]): void {
    for (const judge of this.#judges.values()) judge.noteReleasedItems(items)
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
    if (call.service === 'sso-admin') this.#isDirty = true
    for (const judge of this.#judges.values()) judge.noteCall(call, args)
  }

  /** After each step. */
  checkRecords(): void {
    const { ssoAdmin, clock } = this.#world
    if (!this.#isDirty && clock.now().getTime() < this.#dueMs) return
    this.judge(AccessPromise).check()
    this.#dueMs = ssoAdmin.nextDueAt()?.getTime() ?? Number.POSITIVE_INFINITY
    this.#isDirty = false
  }

  checkOverdue(sinceMs: number): void {
    this.rest.checkOverdue(sinceMs)
    this.temporary.checkOverdue(sinceMs)
  }

  /** After a reconcile, only changes by others are left for the drift check. */
  checkBeforeNight(): void {
    if (this.#world.wasDrifted) return
    this.#watched.truth.settle()
    this.permissionSets.checkFiles(false)
    this.rest.checkGranted()
  }

  /** At the end, after the faults: the access is as the files ask, and every input has a status. */
  checkConverged({ isReconciled }: Pick<AtRest, 'isReconciled'>): void {
    this.#watched.truth.settle()
    const isReadable = this.#world.unreadable.spoiled.length === 0
    for (const judge of this.#judges.values()) judge.checkAtRest({ isReconciled, isReadable })
  }

  #noteChange(change: ObjectChange): void {
    const { key, caller } = change
    const isRemoved = change.eventName.startsWith('ObjectRemoved')
    // A spoiled or restored object keeps its former meaning.
    if (caller.accessKeyId === spoiler) {
      if (key.startsWith('assignments/') && !isRemoved) this.#noteRestored(key)
      return
    }
    const by = this.#calling
    const isByOperator = by.startsWith('operator ') && caller.accessKeyId === 'ssofile'
    this.#watched.wishes.noteChange(change)
    if (key.startsWith('assignments/')) this.#isDirty = true
    for (const judge of this.#judges.values()) judge.noteChange({ ...change, by, isRemoved, isByOperator })
    if (/^(links_data|selectors|suspended|state\/suspended)\//.test(key)) this.noteDesired()
  }

  /** Somebody restores a lost record. */
  #noteRestored(key: string): void {
    const entry = this.#world.readJson(key)
    const isLost = entry && this.#world.losses.hasLost(recordedName(key, entry))
    if (isLost) this.#watched.truth.entries.set(key, entry)
  }

  fail(promise: string, message: string): void {
    if (this.#only?.has(numberOf(promise)) !== false) this.violation ??= new Violation(promise, message)
  }
}

import type { IdentityStoreChange } from '../../shared/memory/identity-store/identity-store-records.ts'
import type { AssignmentTarget } from '../../shared/ports/sso-admin.ts'
import type { Call } from './chaos.ts'
import { isBadFile } from './check-bad-files.ts'
import { BrakeChecks } from './check-brake.ts'
import { DepartureWatch } from './check-departed.ts'
import { complainAboutForeign } from './check-foreign.ts'
import { LeaseWatch } from './check-lease.ts'
import { complainAboutLinkStatus } from './check-link-status.ts'
import { LookWatch } from './check-looks.ts'
import { complainAboutOverdue } from './check-overdue.ts'
import { PauseChecks } from './check-pause.ts'
import { PermissionSetChecks } from './check-permission-sets.ts'
import { PrincipalWatch } from './check-principals.ts'
import { SpoilWatch } from './check-spoiled.ts'
import { desiredNow } from './desired.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { SimulatedWorld } from './simulated-world.ts'
import { spoiler } from './unreadable-objects.ts'

/** A promise of the design that does not hold. */
export class Violation extends Error {
  override readonly name = 'Violation'
  readonly promise: string
  constructor(promise: string, message: string) {
    super(`${promise}: ${message}`)
    this.promise = promise
  }
}

export const promises = {
  convergence: '1 Convergence',
  record: '2 No access without a record',
  foreign: '3 Nothing foreign is revoked, and nothing desired',
  status: '4 Every input gets a status',
  quotas: '5 Quotas hold',
  brake: '6 The brake',
  pause: '7 A pause stops all changes',
} as const

const callsPerSecond = 20
/** From asking for an account live to what is done about it. */
const evaluationMostMs = 60_000
/** So long what was found is believed: a link may have come, or access have been taken away by hand. */
const believedMostMs = 30_000

/** Watches everything that happens to the modelled services, and knows nothing of how the product works. */
export class Checker {
  readonly #world: SimulatedWorld
  /**
   * Whose each assignment is, by target; those that are absent have no owner. `either`: it appeared while a creation of
   * ours was written down, and nobody knows whether that had left.
   */
  readonly #owner = new Map<string, { readonly of: 'ours' | 'foreign' | 'either'; readonly sinceMs: number }>()
  /** Since when each assignment has been desired without a break. */
  #desiredSinceMs = new Map<string, number>()
  /** The same by name, as links ask for it. */
  #askedSinceMs = new Map<string, number>()
  /** When a process has read a ledger entry: the beginning of an evaluation. */
  readonly #evaluatedMs = new Map<string, readonly number[]>()
  /** When a ledger entry was last written: that a deletion begins is, and then the call may be repeated for minutes. */
  readonly #writtenMs = new Map<string, number>()
  /** When a process last asked for an account live: an evaluation goes on. */
  readonly #askedLiveMs = new Map<string, number>()
  /** When somebody took it away by hand, last. */
  readonly #takenMs = new Map<string, number>()
  readonly #departedMs: number[] = []
  /** Requests of the product that are in progress, by account. */
  readonly #requested = new Map<string, string>()
  /** What each ledger entry records, and whether a creation of it may be under way of which nobody knows the end. */
  readonly #recorded = new Map<string, readonly RecordedAccess[]>()
  readonly #principals: PrincipalWatch
  readonly #departures: DepartureWatch
  readonly #looks: LookWatch
  readonly #spoils: SpoilWatch
  readonly #lease = new LeaseWatch()
  /** Something happened since owners and records were looked at that may concern them. */
  #isDirty = true
  /** When the next request comes out, as of then. */
  #dueMs = Number.NEGATIVE_INFINITY
  /** What a creation of ours has made, for as long as an entry records it: whether it is there now or not. */
  readonly #made = new Set<string>()
  /** Whose call is taking effect. */
  #calling = ''
  readonly #only: ReadonlySet<string> | undefined
  readonly #permissionSets: PermissionSetChecks
  readonly #brake: BrakeChecks
  readonly #pause: PauseChecks
  violation: Violation | undefined

  /** `only`: these promises, by their numbers, where a sabotage must be found by what it breaks. */
  constructor(world: SimulatedWorld, only?: readonly string[]) {
    this.#world = world
    this.#only = only && new Set(only)
    const fail = (promise: string, message: string) => this.#fail(promise, message)
    this.#permissionSets = new PermissionSetChecks(world, fail)
    this.#brake = new BrakeChecks(world, fail)
    this.#pause = new PauseChecks(world, fail)
    this.#principals = new PrincipalWatch(world)
    this.#departures = new DepartureWatch(world)
    this.#looks = new LookWatch(world)
    this.#spoils = new SpoilWatch(world)
    for (const target of world.ssoAdmin.assignments()) this.#owner.set(nameOf(target), { of: 'foreign', sinceMs: -1 })
    world.objects.onChange((change) => {
      const { key, eventName } = change
      // What somebody spoils or restores says what it said.
      if (change.caller.accessKeyId === spoiler) return
      if (key.startsWith('links_data/')) this.noteDesired()
      if (key.startsWith('status/links_data/')) this.#principals.noteStatus(key)
      const unseen = eventName.startsWith('ObjectRemoved') ? undefined : this.#looks.complain(this.#calling, key)
      if (unseen) this.#fail(promises[unseen.promise], unseen.message)
      if (key.startsWith('assignments/')) this.#writtenMs.set(key, world.clock.monotonicMs())
      if (key === 'control/dispatcher.json' && this.#isOfDispatcher(key)) this.#lease.noteWritten(this.#calling)
      if (!key.startsWith('assignments/')) return
      this.#isDirty = true
      const unread = this.#spoils.complainAboutChange(this.#calling, change)
      if (unread) this.#fail(promises.record, unread)
      if (eventName.startsWith('ObjectRemoved')) this.#checkRemoved(key)
      else this.#noteRecorded(key)
    })
  }

  /** The world that links are judged by has changed. */
  noteDesired(): void {
    this.#isDirty = true
    this.#departures.noteDesired()
    const nowMs = this.#world.clock.monotonicMs()
    const asked = this.#desired('certainly')
    const names = asked.map((desired) => this.#targetOf(desired)).filter((name) => name !== undefined)
    this.#askedSinceMs = new Map(asked.map((name) => [name, this.#askedSinceMs.get(name) ?? nowMs]))
    this.#desiredSinceMs = new Map(names.map((name) => [name, this.#desiredSinceMs.get(name) ?? nowMs]))
  }

  /** Not a release, nor someone who took the lease from outside. */
  #isOfDispatcher(lease: string): boolean {
    return this.#world.readJson(lease)?.holder === 'simulation'
  }

  #desired(how: 'certainly' | 'possibly'): readonly string[] {
    const { objects, organizations, clock } = this.#world
    return [...desiredNow(objects, organizations, clock.now(), (link) => this.#principals.grants(link, how))]
  }

  noteDirectoryChange(change: IdentityStoreChange): void {
    this.#principals.noteChange(change)
    this.noteDesired()
  }

  isDesired(target: AssignmentTarget): boolean {
    this.noteDesired()
    return this.#desiredSinceMs.has(nameOf(target))
  }

  /** Somebody takes it away by hand. */
  noteTaken(target: AssignmentTarget): void {
    this.#takenMs.set(nameOf(target), this.#world.clock.monotonicMs())
  }

  isOurs(target: AssignmentTarget): boolean {
    this.#settleOwners()
    return this.#owner.get(nameOf(target))?.of === 'ours'
  }

  /** What a desired assignment is in Identity Center now; `undefined` while its permission set or principal is missing. */
  #targetOf(desired: string): string | undefined {
    const { ssoAdmin, identityStore } = this.#world
    const [accountId, permissionSet = '', principal = '', type] = splitAssignment(desired)
    const arn = ssoAdmin.permissionSetArnOf(permissionSet)
    const id = identityStore.idOf(type === 'USER' ? 'USER' : 'GROUP', principal)
    return arn && id && [accountId, arn, id, type].join(' ')
  }

  /** The id and ARN of it. */
  #accessOf(desired: string): string {
    const [, arn, id] = this.#targetOf(desired)?.split(' ') ?? []
    return `${id} ${arn}`
  }

  /** Somebody adds an assignment in the console. */
  noteForeign(target: AssignmentTarget): void {
    this.#settleOwners()
    this.#isDirty = true
    const name = nameOf(target)
    const isRequested = this.#requested.get(target.accountId) === `creation ${name}`
    // Taken away before it was read back, and put back: it looks as if it had only taken long to appear.
    const isUnread = this.#made.has(name) && this.#findRecorded(name).some(({ isUnconfirmed }) => isUnconfirmed)
    const isAnnounced =
      isUnread || this.#findRecorded(name).some((access) => access.isUnanswered || this.#isUndeleted(access))
    // Put back by hand what the ledger still has as granted: it is ours as before.
    const isGranted = this.#findRecorded(name).some((access) => access.isGranted)
    const of = isRequested || isGranted ? 'ours' : isAnnounced ? 'either' : 'foreign'
    if (!this.#owner.has(name)) this.#owner.set(name, { of, sinceMs: this.#world.clock.monotonicMs() })
  }

  /** Its deletion has not succeeded as far as anybody knows: put back meanwhile, it was there all the time. */
  #isUndeleted({ deletion }: RecordedAccess): boolean {
    if (!deletion) return false
    const { id } = deletion
    return typeof id !== 'string' || this.#world.ssoAdmin.assignmentRequestState(id) !== 'SUCCEEDED'
  }

  #noteRecorded(key: string): void {
    const entry = this.#world.readJson(key)
    const [, accountId, type] = /^assignments\/account%(\d{12})%.*%(GROUP|USER)%ssofile$/su.exec(key) ?? []
    if (!entry || !accountId) return
    this.#principals.noteEntry(entry)
    const former = Array.isArray(entry.former) ? entry.former.filter(isObject) : []
    const before = this.#recorded.get(key) ?? []
    const recorded = [entry, ...former].map((access) => toRecorded(access, accountId, type))
    this.#recorded.set(key, recorded)
    for (const { name, state, isUnanswered } of recorded) {
      // What appeared between our look and our entry counts as ours (design, "What is desired").
      const owner = this.#owner.get(name)
      const lookedMs = this.#evaluatedMs.get(`${this.#calling} ${key}`)?.at(-1) ?? Number.POSITIVE_INFINITY
      if (isUnanswered && owner?.of === 'foreign' && owner.sinceMs >= lookedMs)
        this.#owner.set(name, { ...owner, of: 'either' })
      if (state === 'granted' && owner?.of === 'either') this.#owner.set(name, { ...owner, of: 'ours' })
    }
    for (const { name } of before) this.#checkForgotten(name)
  }

  #findRecorded(name: string): readonly RecordedAccess[] {
    return [...this.#recorded.values()].flat().filter((access) => access.name === name)
  }

  noteDeparture(process: string, call: Call): void {
    if (call.service !== 'sso-admin') return
    const intruding = this.#lease.complain(process, call)
    if (intruding) this.#fail(promises.quotas, intruding)
    this.#pause.noteDeparture(call)
    const nowMs = this.#world.clock.monotonicMs()
    this.#departedMs.push(nowMs)
    while ((this.#departedMs[0] ?? nowMs) <= nowMs - 1000) this.#departedMs.shift()
    if (this.#departedMs.length > callsPerSecond) {
      this.#fail(
        promises.quotas,
        `${this.#departedMs.length} calls to SSO Admin left within one second, expected at most ${callsPerSecond}`,
      )
    }
  }

  /** An operator releases what was `seen`, while `now` is on the list. */
  noteRelease(seen: readonly string[], now: readonly string[] | undefined): void {
    this.#brake.noteRelease(seen, now)
  }

  get brakeCounts(): Readonly<Record<string, number>> {
    return { 'brake holds': this.#brake.heldCount, 'brake releases': this.#brake.releasedCount }
  }

  noteForgottenBrake(): void {
    this.#brake.noteForgotten()
  }

  /** A call of the product is about to take effect. */
  noteCall(process: SimulatedProcess, call: Call, args: readonly unknown[]): void {
    const { service, operation } = call
    if (service === 'sso-admin') this.#isDirty = true
    this.#calling = process.name
    const [first] = args
    this.#permissionSets.noteCall(process, call, args)
    this.#departures.noteCall(process.name, operation, first)
    this.#looks.noteCall(process.name, operation, args)
    if (service === 's3' && operation === 'get' && typeof first === 'string' && first.startsWith('assignments/')) {
      const reader = `${process.name} ${first}`
      const readings = this.#evaluatedMs.get(reader) ?? []
      this.#evaluatedMs.set(reader, [...readings.slice(-7), this.#world.clock.monotonicMs()])
    }
    if (service === 's3' && operation === 'get' && call.key !== undefined) this.#spoils.noteGet(process.name, call.key)
    if (operation === 'describeAccount')
      this.#askedLiveMs.set(`${process.name} ${String(first)}`, this.#world.clock.monotonicMs())
    if (service === 'sso-admin' && isTarget(first)) {
      if (operation === 'createAccountAssignment') this.#checkCreate(process, first, call)
      if (operation === 'deleteAccountAssignment') this.#checkDelete(process, first, call)
    }
  }

  /** After each step: access that is ours, and that no ledger entry records. */
  checkRecords(): void {
    if (!this.#isDirty && this.#world.clock.now().getTime() < this.#dueMs) return
    this.#settleOwners()
    this.#dueMs = this.#world.ssoAdmin.nextDueAt()?.getTime() ?? Number.POSITIVE_INFINITY
    this.#isDirty = false
    const recorded = new Set([...this.#recorded.values()].flatMap((all) => all.map(({ name }) => name)))
    for (const target of this.#world.ssoAdmin.assignments()) {
      const name = nameOf(target)
      if (this.#owner.get(name)?.of === 'ours' && !recorded.has(name)) {
        this.#fail(promises.record, `${this.#describe(target)} is there, made by ssofile, and no ledger entry says so`)
      }
    }
  }

  #checkCreate(process: SimulatedProcess, target: AssignmentTarget, call: Call): void {
    const name = nameOf(target)
    // By the name that its principal had when it was evaluated.
    const keys = this.#entriesOf(name)
    if (keys.length === 0) {
      this.#fail(
        promises.record,
        `CreateAccountAssignment of ${this.#describe(target)} without a ledger entry written before`,
      )
    }
    const unread = this.#spoils.complainAboutCall(process.name, keys)
    if (unread) this.#fail(promises.foreign, `grants ${this.#describe(target)} ${unread}`)
    if (!call.wasHeld) this.#checkOutstanding('creation')
    const owner = this.#owner.get(name)
    const readings = keys.flatMap((key) => this.#evaluatedMs.get(`${process.name} ${key}`)?.at(-1) ?? [])
    const sinceMs = readings.length > 0 ? Math.max(...readings) : Number.POSITIVE_INFINITY
    if (owner?.of === 'foreign' && owner.sinceMs < sinceMs && this.#world.ssoAdmin.isAssigned(target)) {
      this.#fail(promises.foreign, `${this.#describe(target)} existed before its evaluation and is taken for ours`)
    }
    // What is there already becomes ours once this is accepted: a refused creation makes nothing.
    if (!this.#world.ssoAdmin.isAssigned(target)) this.#noteOurs(name)
    this.#requested.set(target.accountId, `creation ${name}`)
  }

  #entriesOf(name: string): readonly string[] {
    return [...this.#recorded].filter(([, all]) => all.some((access) => access.name === name)).map(([key]) => key)
  }

  #checkDelete(process: SimulatedProcess, target: AssignmentTarget, call: Call): void {
    const name = nameOf(target)
    if (this.#owner.get(name)?.of === 'foreign')
      this.#fail(promises.foreign, `revokes ${this.#describe(target)}, which ssofile did not make`)
    if (!call.wasHeld) this.#checkOutstanding('deletion')
    // Time alone ends what a link asks for.
    this.noteDesired()
    const keys = this.#entriesOf(name)
    const unread = this.#spoils.complainAboutCall(process.name, keys)
    if (unread) this.#fail(promises.foreign, `revokes ${this.#describe(target)} ${unread}`)
    const startMs = this.#evaluationOf(process, keys, target)
    const orphan =
      this.#isKept(target, keys, startMs) && this.#principals.complainAboutOrphan(target, this.#world.skewMs)
    if (orphan) this.#fail(promises.foreign, `revokes ${this.#describe(target)}, ${orphan}`)
    const sinceMs = this.#desiredSinceMs.get(name)
    // However long an evaluation takes, what was found is not believed for ever: a dispatcher that stood still could not look.
    const untilMs = call.wasHeld ? startMs : Math.max(startMs, this.#world.clock.monotonicMs() - believedMostMs)
    if (sinceMs !== undefined && sinceMs <= untilMs) {
      this.#fail(promises.foreign, `revokes ${this.#describe(target)}, which a link granted throughout its evaluation`)
    }
    this.#requested.set(target.accountId, `deletion ${name}`)
  }

  /**
   * A link has asked for an entry throughout that records this access, and nobody has the access instead; its principal
   * had that name to the last.
   */
  #isKept(target: AssignmentTarget, keys: readonly string[], startMs: number): boolean {
    const name = nameOf(target)
    const lastName = this.#world.names.principal(target.principalId)
    const there = new Set(this.#world.ssoAdmin.assignments().map(nameOf))
    // What was read back, and taken away by somebody only then, was had.
    const readBackMs = Math.min(startMs, this.#world.clock.monotonicMs() - believedMostMs)
    for (const [taken, atMs] of this.#takenMs) if (atMs >= readBackMs) there.add(taken)
    return keys.some((key) => {
      const isAsked = (this.#askedSinceMs.get(assignmentOf(key)) ?? Number.POSITIVE_INFINITY) <= startMs
      const others = this.#recorded.get(key)?.filter((access) => access.name !== name) ?? []
      const isHad = there.has(this.#targetOf(assignmentOf(key)) ?? '') || others.some((other) => there.has(other.name))
      return isAsked && !isHad && key.includes(`%${lastName}%${target.principalType}%`)
    })
  }

  /** When the evaluation began that leads to this call: entries are read again later on, after the account was. */
  #evaluationOf(process: SimulatedProcess, keys: readonly string[], { accountId }: AssignmentTarget): number {
    const nowMs = this.#world.clock.monotonicMs()
    const liveMs = this.#askedLiveMs.get(`${process.name} ${accountId}`) ?? Number.NEGATIVE_INFINITY
    const readings = keys.flatMap((key) => {
      const writtenMs = this.#writtenMs.get(key) ?? nowMs
      return (this.#evaluatedMs.get(`${process.name} ${key}`) ?? []).filter((readMs) => readMs <= writtenMs)
    })
    const before = readings.filter((readMs) => readMs <= liveMs && nowMs - liveMs < evaluationMostMs)
    return Math.max(...(before.length > 0 ? before : readings.length > 0 ? readings : [nowMs]))
  }

  #checkOutstanding(kind: string): void {
    const { ssoAdmin, configuration } = this.#world
    const outstanding = ssoAdmin.outstandingRequests()
    const ours = outstanding.filter(({ target: other }) =>
      this.#requested.get(other.accountId)?.endsWith(nameOf(other)),
    )
    if (ours.length >= configuration.limits.outstanding) {
      this.#fail(
        promises.quotas,
        `${ours.length} assignment requests are outstanding and a ${kind} is sent, expected at most ${configuration.limits.outstanding}`,
      )
    }
  }

  /** The ledger entry of `key` is gone now: nothing that it recorded may be there, or be coming. */
  #checkRemoved(key: string): void {
    const before = this.#recorded.get(key) ?? []
    this.#recorded.delete(key)
    // Where no creation was sent, or it failed for good, there is nothing that an account could come back with.
    const wasMade = before.some(({ isMade }) => isMade)
    const early = wasMade && this.#departures.complainAboutRemoval(key, this.#calling, this.#world.skewMs)
    if (early) this.#fail(promises.record, early)
    for (const { name } of before) this.#checkForgotten(name)
  }

  /** An entry says no more of this access. */
  #checkForgotten(removed: string): void {
    // A renamed principal's entry moves to its new name.
    if (this.#findRecorded(removed).length > 0) return
    this.#settleOwners()
    this.#made.delete(removed)
    const { ssoAdmin } = this.#world
    for (const target of ssoAdmin.assignments().filter((one) => nameOf(one) === removed)) {
      if (this.#owner.get(nameOf(target))?.of === 'ours')
        this.#fail(
          promises.record,
          `the ledger entry of ${this.#describe(target)} is removed while the access is there`,
        )
    }
    for (const { target } of ssoAdmin.outstandingRequests().filter((request) => nameOf(request.target) === removed)) {
      if (this.#requested.get(target.accountId) === `creation ${nameOf(target)}`) {
        this.#fail(
          promises.record,
          `the ledger entry of ${this.#describe(target)} is removed while its creation is in progress`,
        )
      }
    }
  }

  /** With no retry scheduled, work that has waited for so long waits because nobody was woken for it. */
  checkWoken(waitedMs: number): void {
    const { queues, ssoAdmin, clock } = this.#world
    const untilMs = clock.now().getTime() - waitedMs
    const waiting = (['work-urgent', 'work', 'work-bulk'] as const).filter((lane) =>
      queues
        .queue(lane)
        .messages()
        .some(({ sentAt, visibleAt }) => Math.max(sentAt, visibleAt ?? 0) <= untilMs),
    )
    const isWorking =
      this.#world.keys('control/dispatcher.json').length > 0 || ssoAdmin.outstandingRequests().length > 0
    if (waiting.length > 0 && !isWorking)
      this.#fail(promises.convergence, `hints wait in ${waiting.join(', ')}, and no dispatcher was woken for them`)
  }

  /** After a reconcile, nothing but what others changed is left to the drift check. */
  checkBeforeNight(): void {
    if (!this.#world.wasDrifted) this.#permissionSets.checkAtRest({ isReconciled: false })
  }

  /** At the end, after the faults: what is there is what is asked for, and every input has been told. */
  checkConverged({ isReconciled }: { readonly isReconciled: boolean }): void {
    const { ssoAdmin } = this.#world
    this.#settleOwners()
    const actual = new Set(ssoAdmin.assignments().map(nameOf))
    const desired = this.#desired('certainly').filter((one) => this.#targetOf(one))
    const targets = new Set(this.#desired('possibly').map((one) => this.#targetOf(one)))
    for (const assignment of desired.filter((one) => !this.#isUnclear(ledgerKeyOf(one)))) {
      if (!actual.has(this.#targetOf(assignment) ?? ''))
        this.#fail(promises.convergence, `'${assignment}' is desired, but not there`)
    }
    for (const target of ssoAdmin.assignments()) {
      const isForeign = this.#owner.get(nameOf(target))?.of !== 'ours'
      const isHeld = this.#isHeld(nameOf(target))
      if (this.#isUnclear(this.#ledgerKeyOf(target))) continue
      if (!isForeign && !isHeld && !targets.has(nameOf(target)) && !this.#isStuck(target.accountId))
        this.#fail(promises.convergence, `${this.#describe(target)} is there, but not desired`)
    }
    this.#checkStatuses()
    // An entry whose removal was refused is left in the index until the next reconcile.
    if (isReconciled) this.#checkIndex()
    const isUnreadable = this.#world.unreadable.spoiled.length > 0
    const foreign =
      isReconciled &&
      !isUnreadable &&
      complainAboutForeign(this.#world, (target) => this.#owner.get(nameOf(target))?.of)
    if (foreign) this.#fail(promises.convergence, foreign)
    this.#checkLedgerAtRest()
    this.#permissionSets.checkAtRest({ isReconciled })
    if (!isUnreadable) this.#brake.checkAtRest(new Map(desired.map((one) => [ledgerKeyOf(one), this.#accessOf(one)])))
  }

  /** What is wrong with it cannot be put right before somebody has restored an object. */
  #isUnclear(ledgerKey: string): boolean {
    return this.#world.unreadable.concerns(ledgerKey)
  }

  /** By its ids: an entry may hold what it has of a former id, and not the present access. */
  #isHeld(name: string): boolean {
    return this.#findRecorded(name).some(({ state }) => state === 'held')
  }

  /** AWS refuses every change on a suspended or closed account: what is left there stays until that changes. */
  #isStuck(accountId: string): boolean {
    const state = this.#world.organizations.accountsNow().find(({ id }) => id === accountId)?.state
    return state === 'SUSPENDED' || state === 'CLOSED'
  }

  /** While nothing strikes any more: what has expired since `sinceMs` is looked at within a minute. */
  checkOverdue(sinceMs: number): void {
    const overdue = complainAboutOverdue(this.#world, sinceMs)
    if (overdue) this.#fail(promises.convergence, overdue)
  }

  #checkLedgerAtRest(): void {
    const { ssoAdmin } = this.#world
    const targets = ssoAdmin.assignments()
    const actual = new Set(targets.map((target) => this.#ledgerKeyOf(target)))
    const there = new Set(targets.map(nameOf))
    for (const key of this.#world.keys('assignments/').filter((one) => !this.#isUnclear(one))) {
      const state = this.#world.readJson(key)?.state
      const accountId = key.slice('assignments/account%'.length, 'assignments/account%'.length + 12)
      if (state !== 'granted' && this.#isStuck(accountId)) continue
      if (state === 'held' && there.has(this.#recorded.get(key)?.[0]?.name ?? '')) continue
      if (!actual.has(key) || state !== 'granted')
        this.#fail(
          promises.convergence,
          `ledger entry ${key} is '${String(state)}', ${actual.has(key) ? '' : 'but nothing is there'}`,
        )
    }
  }

  #checkStatuses(): void {
    const world = this.#world
    const inputs = [...world.keys('links_data/'), ...world.keys('permission_sets/')]
    for (const input of inputs.filter((one) => !world.unreadable.concernsInput(one))) {
      const status = world.readJson(`status/${input}.json`)
      if (!status) this.#fail(promises.status, `${input} has no status`)
      else this.#checkStatus(input, status)
    }
    for (const key of world.keys('status/')) {
      const input = key.slice('status/'.length, -'.json'.length)
      const isLeft = this.#hasStuck(input) || this.#brake.holdsFor(input) || this.#permissionSets.isKept(input)
      if (!inputs.includes(input) && !isLeft && !world.unreadable.concernsInput(input))
        this.#fail(promises.status, `${key} is left over: its input is gone`)
    }
  }

  /** Access that a link gave, and AWS does not let anybody take away: told for as long as it is there. */
  #hasStuck(input: string): boolean {
    return this.#world.keys('assignments/').some((key) => {
      const entry = this.#world.readJson(key)
      return entry?.state === 'stuck' && JSON.stringify(entry.links).includes(JSON.stringify(input))
    })
  }

  #checkIndex(): void {
    const world = this.#world
    for (const key of world.keys('attention/')) {
      const [, state, ...input] = key.split('/')
      if (world.unreadable.isSpoiled(`status/${input.join('/')}.json`)) continue
      if (world.readJson(`status/${input.join('/')}.json`)?.state !== state)
        this.#fail(promises.status, `${key} stands in the index, its status says otherwise`)
    }
  }

  #checkStatus(input: string, status: Readonly<Record<string, unknown>>): void {
    const state = String(status.state)
    if (['applying', 'revoking'].includes(state))
      this.#fail(promises.status, `${input} is still '${state}' with nothing left to do`)
    const body = Buffer.from(this.#world.objects.model.find(input)?.body ?? []).toString()
    if (isBadFile(input, body) && state !== 'rejected')
      this.#fail(promises.status, `${input} is not valid, but its status is '${state}'`)
    const wrong = input.startsWith('links_data/') ? this.#complainAboutLink(input, status) : undefined
    if (wrong) this.#fail(promises.status, wrong)
    const mustWant = ['waiting', 'rejected', 'blocked', 'failed', 'held'].includes(state)
    if (mustWant && !this.#world.objects.model.find(`attention/${state}/${input}`))
      this.#fail(promises.status, `${input} is '${state}', but does not stand in the index`)
  }

  #complainAboutLink(link: string, status: Readonly<Record<string, unknown>>): string | undefined {
    const isHere = this.#principals.grants(link, 'certainly')
    const isElsewhere = !this.#principals.grants(link, 'possibly')
    return complainAboutLinkStatus(this.#world, link, status, {
      bound: isHere ? 'to who bears its name' : isElsewhere ? 'to somebody else' : 'unknown',
      targetOf: (assignment) => this.#targetOf(assignment),
      isHeld: this.#brake.holdsFor(link),
      isStuck: this.#hasStuck(link),
    })
  }

  /** Assignments that came or went since: what appears while our creation is in progress counts as ours. */
  #settleOwners(): void {
    const { ssoAdmin } = this.#world
    const there = new Set(ssoAdmin.assignments().map(nameOf))
    const inProgress = new Set(ssoAdmin.outstandingRequests().map(({ target }) => nameOf(target)))
    for (const [name, { of }] of this.#owner) {
      if (there.has(name) && of === 'ours') this.#made.add(name)
      if (!there.has(name) && !inProgress.has(name)) this.#owner.delete(name)
    }
    for (const [accountId, request] of this.#requested) {
      const name = request.slice(request.indexOf(' ') + 1)
      if (!inProgress.has(name)) this.#requested.delete(accountId)
      else if (request.startsWith('creation ') && this.#owner.get(name)?.of !== 'ours') this.#noteOurs(name)
    }
  }

  #noteOurs(name: string): void {
    this.#owner.set(name, { of: 'ours', sinceMs: this.#world.clock.monotonicMs() })
  }

  #fail(promise: string, message: string): void {
    if (this.#only?.has(promise.slice(0, 1)) !== false) this.violation ??= new Violation(promise, message)
  }

  #ledgerKeyOf(target: AssignmentTarget): string {
    return ledgerKeyOf(this.#assignmentOf(target))
  }

  #assignmentOf({ accountId, permissionSetArn, principalId, principalType }: AssignmentTarget): string {
    const { names } = this.#world
    return `${accountId} ${names.permissionSet(permissionSetArn)} ${names.principal(principalId)} ${principalType}`
  }

  #describe(target: AssignmentTarget): string {
    return `'${this.#assignmentOf(target)}'`
  }
}

function ledgerKeyOf(assignment: string): string {
  const [accountId, permissionSet, principal, type] = splitAssignment(assignment)
  return `assignments/account%${accountId}%${permissionSet}%${principal}%${type}%ssofile`
}

/** Names in the simulation may hold spaces; account, permission set and type do not. */
function splitAssignment(assignment: string): readonly string[] {
  const [accountId = '', permissionSet = '', ...rest] = assignment.split(' ')
  return [accountId, permissionSet, rest.slice(0, -1).join(' '), rest.at(-1) ?? '']
}

function nameOf({ accountId, permissionSetArn, principalId, principalType }: AssignmentTarget): string {
  return [accountId, permissionSetArn, principalId, principalType].join(' ')
}

/** One access that a ledger entry records. */
type RecordedAccess = {
  readonly name: string
  readonly state: unknown
  readonly isUnanswered: boolean
  /** A creation of it was called, and nobody has read it back yet. */
  readonly isUnconfirmed: boolean
  /** A deletion of it was decided; with an id, once AWS accepted it. */
  readonly deletion: { readonly id: unknown } | undefined
  readonly isGranted: boolean
  /** A creation of it may have taken effect, or did. */
  readonly isMade: boolean
}

function toRecorded(access: Readonly<Record<string, unknown>>, accountId: string, type = ''): RecordedAccess {
  const { lastCreation: creation, state } = access
  const isUnconfirmed = isObject(creation) && access.grantedAt === undefined
  const isUnanswered = isUnconfirmed && creation.answeredAt === undefined
  const { call } = access
  const isDeletion = isObject(call) && call.kind === 'deletion'
  const deletion = isDeletion ? { id: call.id } : undefined
  const isGranted = access.grantedAt !== undefined && !isDeletion
  return {
    name: [accountId, access.permissionSetArn, access.principalId, type].join(' '),
    state,
    isUnanswered,
    isUnconfirmed,
    deletion,
    isGranted,
    isMade: isUnconfirmed || access.grantedAt !== undefined,
  }
}

/** What the key of a ledger entry says. */
function assignmentOf(key: string): string {
  const [, accountId, permissionSet, principal, type] =
    /^assignments\/account%(\d{12})%([^%]+)%(.+)%(GROUP|USER)%ssofile$/su.exec(key) ?? []
  return [accountId, permissionSet, principal, type].join(' ')
}

function isTarget(value: unknown): value is AssignmentTarget {
  return typeof value === 'object' && value !== null && 'principalId' in value && 'accountId' in value
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

import type { AssignmentTarget, RequestKind } from '../../../shared/ports/sso-admin.ts'
import type { SimulatedWorld } from '../simulated-world.ts'
import { nameOf } from './assignment-names.ts'
import { type RecordedAccess, readRecorded } from './recorded-access.ts'

/** `either`: it appeared while a creation of ours was written down, and nobody knows whether that had left. */
export type Owner = { readonly of: 'ours' | 'foreign' | 'either'; readonly sinceMs: number }

type Requested = {
  readonly kind: RequestKind
  readonly name: string
  /** Once it was seen in progress. */
  readonly id?: string
  /** Whose it was before the request. */
  readonly before: Owner | undefined
}

/** Whose each assignment is, by ids, and what the ledger records of it. */
export class Access {
  readonly #world: SimulatedWorld
  /** Assignments that are absent have no owner. */
  readonly #owner = new Map<string, Owner>()
  /** Requests of the product that are in progress, by account. */
  readonly #requested = new Map<string, Requested>()
  /** What each ledger entry records. */
  readonly #recorded = new Map<string, readonly RecordedAccess[]>()
  /** What a creation of ours has made, for as long as an entry records it: whether it is there now or not. */
  readonly #made = new Set<string>()
  /** A creation of it came out, and not as FAILED, after somebody took its entry away. */
  readonly #madeAgain = new Set<string>()

  constructor(world: SimulatedWorld) {
    this.#world = world
    for (const target of world.ssoAdmin.assignments()) this.#owner.set(nameOf(target), { of: 'foreign', sinceMs: -1 })
  }

  ownerOf(name: string): Owner | undefined {
    return this.#owner.get(name)
  }

  find(name: string): readonly RecordedAccess[] {
    return [...this.#recorded.values()].flat().filter((access) => access.name === name)
  }

  /** What the entry of this key records, the present access first. */
  recordedBy(key: string): readonly RecordedAccess[] {
    return this.#recorded.get(key) ?? []
  }

  recordedNames(): ReadonlySet<string> {
    return new Set([...this.#recorded.values()].flatMap((all) => all.map(({ name }) => name)))
  }

  entriesOf(name: string): readonly string[] {
    return [...this.#recorded].filter(([, all]) => all.some((access) => access.name === name)).map(([key]) => key)
  }

  /** The entry of `key` was written by a process that had looked at it at `lookedMs`. */
  noteWritten(key: string, entry: Readonly<Record<string, unknown>>, lookedMs: number): void {
    const recorded = readRecorded(key, entry)
    if (!recorded) return
    this.#recorded.set(key, recorded)
    for (const { name, state, isUnanswered } of recorded) {
      // What appeared between our look and our entry counts as ours (design, "What is desired").
      const owner = this.#owner.get(name)
      if (isUnanswered && owner?.of === 'foreign' && owner.sinceMs >= lookedMs)
        this.#owner.set(name, { ...owner, of: 'either' })
      if (state === 'granted' && owner?.of === 'either') this.#owner.set(name, { ...owner, of: 'ours' })
    }
  }

  /** Somebody had taken this entry away, and it is written again, for another principal of its name: it stays recorded. */
  noteLost(key: string, lost: readonly RecordedAccess[]): void {
    this.#recorded.set(`lost ${key}`, [...(this.#recorded.get(`lost ${key}`) ?? []), ...lost])
  }

  isMadeAgain(name: string): boolean {
    return this.#madeAgain.has(name)
  }

  /** An operator's import has taken it over. */
  noteAdopted(name: string): void {
    this.#owner.set(name, { of: 'ours', sinceMs: this.#world.clock.monotonicMs() })
  }

  /** An operator has given it back to others. */
  noteReleased(name: string): void {
    this.#made.delete(name)
    this.#owner.set(name, { of: 'foreign', sinceMs: this.#world.clock.monotonicMs() })
  }

  noteRemoved(key: string): void {
    this.#recorded.delete(key)
  }

  noteForgotten(name: string): void {
    this.#made.delete(name)
    this.#madeAgain.delete(name)
  }

  /** What is there already becomes ours once the request is accepted: a refused creation makes nothing. */
  noteCreation(target: AssignmentTarget): void {
    const name = nameOf(target)
    this.#requested.set(target.accountId, { kind: 'creation', name, before: this.#owner.get(name) })
    if (!this.#world.ssoAdmin.isAssigned(target)) this.#noteOurs(name)
  }

  noteDeletion(target: AssignmentTarget): void {
    const name = nameOf(target)
    this.#requested.set(target.accountId, { kind: 'deletion', name, before: this.#owner.get(name) })
  }

  isBeingCreated(target: AssignmentTarget): boolean {
    return this.isRequested(target) && this.#requested.get(target.accountId)?.kind === 'creation'
  }

  /** A request for it is of the product. */
  isRequested(target: AssignmentTarget): boolean {
    return this.#requested.get(target.accountId)?.name === nameOf(target)
  }

  /** Somebody adds an assignment in the console. */
  noteForeign(target: AssignmentTarget): void {
    this.settle()
    const name = nameOf(target)
    const recorded = this.find(name)
    // Taken away before it was read back, and put back: it looks as if it had only taken long to appear.
    const isUnread = this.#made.has(name) && recorded.some(({ isUnconfirmed }) => isUnconfirmed)
    // Its record is lost, so nobody saw that it was gone: history says that it is there all the time.
    const isLost = this.#world.losses.hasLost(name)
    const isAnnounced =
      isUnread || isLost || recorded.some((access) => access.isUnanswered || this.#isUndeleted(access))
    // Put back by hand what the ledger still has as granted: it is ours as before.
    const of = recorded.some(({ isGranted }) => isGranted) ? 'ours' : isAnnounced ? 'either' : 'foreign'
    if (!this.#owner.has(name)) this.#owner.set(name, { of, sinceMs: this.#world.clock.monotonicMs() })
  }

  /**
   * Assignments that came or went since: what was there when our creation was accepted counts as ours, unless the request
   * comes to FAILED, which made nothing.
   */
  settle(): void {
    const { ssoAdmin } = this.#world
    const there = new Set(ssoAdmin.assignments().map(nameOf))
    const inProgress = new Map(ssoAdmin.outstandingRequests().map((one) => [nameOf(one.target), one.requestId]))
    for (const [accountId, requested] of this.#requested) {
      const { kind, name, before, id } = requested
      const current = inProgress.get(name)
      if (current !== undefined) {
        if (id === undefined) this.#requested.set(accountId, { ...requested, id: current })
        if (kind === 'creation' && this.#owner.get(name)?.of !== 'ours') this.#noteOurs(name)
        continue
      }
      this.#requested.delete(accountId)
      const hasFailed = id !== undefined && ssoAdmin.assignmentRequestState(id) === 'FAILED'
      if (kind === 'creation' && hasFailed && before) this.#owner.set(name, before)
      const isMade = kind === 'creation' && id !== undefined && !hasFailed
      if (isMade && this.#world.losses.hasLost(name)) this.#madeAgain.add(name)
    }
    for (const [name, { of }] of this.#owner) {
      const isRequested = inProgress.has(name)
      if (there.has(name) && of === 'ours' && !isRequested) this.#made.add(name)
      if (!there.has(name) && !isRequested) this.#owner.delete(name)
    }
  }

  /** Its deletion has not succeeded as far as anybody knows: put back meanwhile, it was there all the time. */
  #isUndeleted({ deletion }: RecordedAccess): boolean {
    if (!deletion) return false
    const { id } = deletion
    return typeof id !== 'string' || this.#world.ssoAdmin.assignmentRequestState(id) !== 'SUCCEEDED'
  }

  #noteOurs(name: string): void {
    this.#owner.set(name, { of: 'ours', sinceMs: this.#world.clock.monotonicMs() })
  }
}

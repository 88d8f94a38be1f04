import type { AssignmentTarget } from '../../../shared/ports/sso-admin.ts'
import { userNames } from '../directory-actions.ts'
import type { SimulatedWorld } from '../simulated-world.ts'
import type { Access } from './access.ts'
import { describeTarget, nameOf } from './assignment-names.ts'
import { type Fail, promises } from './violation.ts'

/** PROMISES.md: within a minute of the upload. */
const boundMs = 60_000
/** A request of that minute may be under way; one that takes longer is AWS's. */
const requestMostMs = 5_000

const reconciledMs = 2 * 60 * 60_000

const prefix = 'suspended/'
const meantPrefix = 'state/suspended/'

/**
 * Promise 12: while a file under `suspended/` names a person, nothing is given to that user, and what ssofile gave goes within a
 * minute. The file means whoever bears the name, and whom it meant when ssofile first looked, whatever the name of that user is
 * since.
 */
export class SuspensionsPromise {
  readonly #world: SimulatedWorld
  readonly #access: Access
  readonly #fail: (message: string) => void
  readonly #failStatus: (message: string) => void
  /** Since when, by the user's id, where a file began it. */
  readonly #since = new Map<string, number>()
  readonly #changedMs = new Map<string, number>()
  #namesChangedMs = Number.NEGATIVE_INFINITY

  constructor(world: SimulatedWorld, access: Access, fail: Fail) {
    this.#world = world
    this.#access = access
    this.#fail = (message) => fail(promises.suspended, message)
    this.#failStatus = (message) => fail(promises.status, message)
  }

  /** Whether a file suspends this user now. */
  isSuspended(id: string): boolean {
    const present = userNames.filter((name) => this.#world.identityStore.idOf('USER', name) === id)
    const meant = this.#world.keys(`${meantPrefix}${id}%`).map((key) => key.slice(`${meantPrefix}${id}%`.length))
    return [...present, ...meant].some((name) => this.#world.objects.model.find(prefix + name) !== undefined)
  }

  /** Whether that is so, or was within so long: what was decided before is carried out. */
  isOrWasSuspended(id: string, marginMs: number): boolean {
    const changedMs = this.#changedMs.get(id) ?? Number.NEGATIVE_INFINITY
    return this.isSuspended(id) || changedMs > this.#world.clock.monotonicMs() - marginMs
  }

  noteFile(key: string): void {
    const nowMs = this.#world.clock.monotonicMs()
    for (const name of userNames) {
      const id = this.#world.identityStore.idOf('USER', name)
      if (id === undefined) continue
      const is = this.isSuspended(id)
      if (is === this.#since.has(id)) continue
      this.#changedMs.set(id, nowMs)
      if (!is) this.#since.delete(id)
      else {
        this.#since.set(id, nowMs)
        if (key === prefix + name) this.#world.later(boundMs + requestMostMs, () => this.#checkInTime(id, nowMs))
      }
    }
  }

  noteNames(): void {
    this.#namesChangedMs = this.#world.clock.monotonicMs()
    for (const id of [...this.#since.keys()]) if (!this.isSuspended(id)) this.#since.delete(id)
  }

  checkCreation(target: AssignmentTarget, beganMs: number): void {
    const sinceMs = this.#since.get(target.principalId)
    if (target.principalType === 'USER' && sinceMs !== undefined && sinceMs < beganMs && this.#areNamesKnown(sinceMs))
      this.#fail(`gives ${describeTarget(target, this.#world)}, who was suspended before its evaluation began`)
  }

  /** Where nothing was lost, refused or late, and nobody stopped anything. */
  #checkInTime(id: string, sinceMs: number): void {
    const { settings, isUntouched, chaos, eventFaults, unreadable, losses, requestsTakeMs } = this.#world
    const isLate = eventFaults.lost + eventFaults.delayed > 0 || requestsTakeMs > 0
    const isSlow = settings.latencyP99Ms > requestMostMs || settings.skewMs > 0
    const isSpoiled = unreadable.refused.length + unreadable.spoiled.length > 0 || losses.hasAny
    if (!isUntouched || chaos.struck.size > 0 || isLate || isSlow || isSpoiled) return
    if (this.#since.get(id) === sinceMs && this.#areNamesKnown(sinceMs))
      this.#checkNothing(id, 'a minute after the upload')
  }

  /** Nobody has been renamed that ssofile may not have heard of: a reconcile has read the directory since. */
  #areNamesKnown(sinceMs: number): boolean {
    return this.#namesChangedMs < sinceMs - reconciledMs
  }

  checkAtRest(): void {
    for (const key of this.#world.keys(prefix))
      if (this.#world.keys(`status/${key}.json`).length === 0) this.#failStatus(`${key} has no status`)
    for (const name of userNames) {
      const id = this.#world.identityStore.idOf('USER', name)
      if (id !== undefined && this.isSuspended(id)) this.#checkNothing(id, 'at rest')
    }
  }

  #checkNothing(id: string, when: string): void {
    for (const target of this.#world.ssoAdmin.assignments().filter(({ principalId }) => principalId === id)) {
      const name = nameOf(target)
      const isLeft = this.#access.find(name).some(({ state }) => state === 'held' || state === 'stuck')
      const account = this.#world.organizations.accountsNow().find((one) => one.id === target.accountId)
      if (this.#access.ownerOf(name)?.of !== 'ours' || isLeft || account?.state !== 'ACTIVE') continue
      this.#fail(`${describeTarget(target, this.#world)} is there ${when}, and its user is suspended`)
    }
  }
}

import type { AssignmentTarget } from '../../../shared/ports/sso-admin.ts'
import type { SimulatedWorld } from '../simulated-world.ts'
import { userNames } from '../small-world.ts'
import { describeTarget, nameOf } from './names.ts'
import { promises } from './violation.ts'
import type { Watched } from './watched.ts'

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
  readonly #watched: Watched
  readonly #world: SimulatedWorld
  /** Since when, by the user's id, where a file began it. */
  readonly #since = new Map<string, number>()
  readonly #changedMs = new Map<string, number>()
  #namesChangedMs = Number.NEGATIVE_INFINITY

  constructor(watched: Watched) {
    this.#watched = watched
    this.#world = watched.world
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

  /** `windowMs`: so long what an evaluation has read is believed. */
  checkCreation(target: AssignmentTarget, windowMs: number): void {
    const sinceMs = this.#since.get(target.principalId)
    const isLong = sinceMs !== undefined && sinceMs <= this.#world.clock.monotonicMs() - windowMs
    if (target.principalType === 'USER' && isLong && this.#areNamesKnown(sinceMs))
      this.#fail(`gives ${describeTarget(target, this.#world)}, who was suspended throughout its evaluation`)
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
    for (const name of userNames) {
      const id = this.#world.identityStore.idOf('USER', name)
      if (id !== undefined && this.isSuspended(id)) this.#checkNothing(id, 'at rest')
    }
  }

  #checkNothing(id: string, when: string): void {
    const { truth } = this.#watched
    for (const target of this.#world.ssoAdmin.assignments().filter(({ principalId }) => principalId === id)) {
      const name = nameOf(target)
      const states = truth.keysOf(name).map((key) => truth.entries.get(key)?.state)
      const isLeft = states.some((state) => state === 'held' || state === 'stuck')
      const account = this.#world.organizations.accountsNow().find((one) => one.id === target.accountId)
      if (!truth.isOurs(name) || isLeft || account?.state !== 'ACTIVE') continue
      this.#fail(`${describeTarget(target, this.#world)} is there ${when}, and its user is suspended`)
    }
  }

  #fail(message: string): void {
    this.#watched.fail(promises.suspended, message)
  }
}

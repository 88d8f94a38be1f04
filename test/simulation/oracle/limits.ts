import { isHindered } from '../at-rest.ts'
import type { Call } from '../chaos.ts'
import { isTarget } from './names.ts'
import { Judge, type Seen } from './watched.ts'

const callsPerSecond = 20
/** A dispatcher looks for a pause every two seconds. A look is a few calls, and each may travel for seconds or be refused. */
const noticedMs = 15_000
const noticedLateMs = 90_000
/** Twice the minute: a slice may be at its end, and calls may travel for seconds. */
const stoppedMs = 120_000

/** Promises 5 and 7: quotas hold, only the leaseholder starts anything, and nobody does under a pause. */
export class LimitsPromise extends Judge {
  protected readonly promise = 'quotas'
  readonly #departedMs: number[] = []
  /** A call was frozen on its way, and nobody could abort it. The next leaseholder may ask for the same. */
  #isAnyHeld = false
  #leaseholder: string | undefined
  #pausedMs: number | undefined

  override noteChange({ key, isRemoved, by }: Seen): void {
    if (key === 'control/pause.json') this.#pausedMs = isRemoved ? undefined : this.nowMs
    // Not a release, and not a theft of the lease.
    const isTaken = key === 'control/dispatcher.json' && this.world.readJson(key)?.holder === 'simulation'
    if (isTaken) this.#leaseholder = by
  }

  /** A call of the product leaves its process. */
  noteDeparture(process: string, { service, operation }: Call): void {
    if (service !== 'sso-admin') return
    const { nowMs } = this
    this.#departedMs.push(nowMs)
    while ((this.#departedMs[0] ?? nowMs) <= nowMs - 1000) this.#departedMs.shift()
    const { length } = this.#departedMs
    if (length > callsPerSecond) this.fail(`${length} calls to SSO Admin left within one second`)
    if (/^(list|describe|get|instance)/.test(operation)) return
    if (this.#leaseholder !== undefined && this.#leaseholder !== process)
      this.fail(`${process} sends ${operation}, although ${this.#leaseholder} has taken the lease`)
    const pausedForMs = nowMs - (this.#pausedMs ?? nowMs)
    if (pausedForMs > (isHindered(this.world) ? noticedLateMs : noticedMs))
      this.fail(`${operation} leaves ${pausedForMs / 1000} seconds after a pause began`, 'pause')
  }

  /** The call is not yet among the requests. */
  override noteCall({ operation, wasHeld }: Call, [target]: readonly unknown[]): void {
    const { ssoAdmin, configuration, chaos } = this.world
    if (operation === 'provisionPermissionSet') {
      const isLate = [...chaos.struck.keys()].some((kind) => ['freeze', 'slow', 'late', 'late-answer'].includes(kind))
      const running = ssoAdmin.provisioningsInProgress()
      if (running >= configuration.limits.provisionings && !isLate)
        this.fail(`${running} provisionings are in progress and one is sent`)
    }
    if (!/^(create|delete)AccountAssignment$/.test(operation) || !isTarget(target)) return
    this.#isAnyHeld ||= wasHeld === true
    const ours = ssoAdmin.outstandingRequests().filter((request) => this.truth.isRequested(request.target))
    if (ours.length >= configuration.limits.outstanding && !this.#isAnyHeld)
      this.fail(`${ours.length} assignment requests are outstanding and ${operation} is sent`)
  }

  /** The owner of the bucket, or too much of its ledger, has been gone for this long. Everything must have stopped. */
  checkStopped(lostMs: number): void {
    if (lostMs < stoppedMs || this.world.chaos.struck.size > 0 || this.world.wasInterrupted) return
    if (this.world.readJson('control/pause.json')?.lost === undefined)
      this.fail(`the ledger is lost for ${lostMs / 1000} seconds, and nothing is stopped`, 'pause')
  }

  /** A restore whose tries may die comes to its end. */
  checkRestored(tries: number, most: number): void {
    if (tries > most) this.fail(`the restore did not come to its end in ${most} tries`, 'convergence')
  }
}

import type { AssignmentTarget } from '../../../shared/ports/sso-admin.ts'
import type { Call } from '../chaos.ts'
import { nameOf } from './assignment-names.ts'
import { LeaseWatch } from './lease.ts'
import { promises } from './violation.ts'
import type { Watched } from './watched.ts'

const callsPerSecond = 20

/**
 * Promise 5: quotas hold. At most twenty calls to SSO Admin leave in a second, no more assignment requests are outstanding
 * than the configuration allows, and only the dispatcher that has the lease starts anything.
 */
export class QuotasPromise {
  readonly #watched: Watched
  readonly #lease = new LeaseWatch()
  readonly #departedMs: number[] = []
  /** Requests by calls that stood still on their way, by the ids of their assignments. */
  readonly #held = new Set<string>()

  constructor(watched: Watched) {
    this.#watched = watched
  }

  noteLease(process: string): void {
    this.#lease.noteWritten(process)
  }

  /** A call to SSO Admin leaves its process. */
  checkDeparture(process: string, call: Call): void {
    const intruding = this.#lease.complain(process, call)
    if (intruding) this.#fail(intruding)
    const nowMs = this.#watched.world.clock.monotonicMs()
    this.#departedMs.push(nowMs)
    while ((this.#departedMs[0] ?? nowMs) <= nowMs - 1000) this.#departedMs.shift()
    const { length } = this.#departedMs
    if (length > callsPerSecond)
      this.#fail(`${length} calls to SSO Admin left within one second, expected at most ${callsPerSecond}`)
  }

  checkOutstanding(kind: 'creation' | 'deletion', target: AssignmentTarget, { wasHeld }: Call): void {
    // Nobody could call it back, and who comes after looked for requests before it.
    if (wasHeld) {
      this.#held.add(nameOf(target))
      return
    }
    this.#held.delete(nameOf(target))
    const { world, access } = this.#watched
    const most = world.configuration.limits.outstanding
    const ours = world.ssoAdmin
      .outstandingRequests()
      .filter((request) => access.isRequested(request.target) && !this.#held.has(nameOf(request.target)))
    if (ours.length >= most)
      this.#fail(`${ours.length} assignment requests are outstanding and a ${kind} is sent, expected at most ${most}`)
  }

  #fail(message: string): void {
    this.#watched.fail(promises.quotas, message)
  }
}

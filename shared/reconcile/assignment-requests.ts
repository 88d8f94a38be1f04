import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import { listAll } from '../ports/page.ts'
import {
  type AssignmentRequest,
  type AssignmentTarget,
  type RequestKind,
  requestKinds,
  type SsoAdmin,
} from '../ports/sso-admin.ts'

/** Few outstanding: ask often, somebody waits. Many: calls are dearer than moments. */
const pollFewMs = 200
const pollManyMs = 500
const fewMost = 4

type Watched = {
  readonly kind: RequestKind
  readonly target: AssignmentTarget | undefined
  readonly wake: Set<() => void>
}

/**
 * The assignment requests that are in progress, ours and those found on start: they count against the 15 outstanding.
 * A request that is no longer listed IN_PROGRESS is over, but what came of it is not known: read the assignment.
 */
export class AssignmentRequests {
  readonly #ssoAdmin: SsoAdmin
  readonly #clock: Clock
  readonly #log: Log
  readonly #watched = new Map<string, Watched>()
  readonly #stopped = new AbortController()
  #polling: Promise<void> | undefined

  constructor(ssoAdmin: SsoAdmin, clock: Clock, log: Log) {
    this.#ssoAdmin = ssoAdmin
    this.#clock = clock
    this.#log = log
  }

  /** Finds what is in progress: a dispatcher before us may have died with requests outstanding. */
  async recover(): Promise<void> {
    for (const kind of requestKinds) {
      for await (const { requestId } of this.#listInProgress(kind)) {
        if (this.#watched.get(requestId)?.target) continue
        const request = await this.#ssoAdmin.describeAssignmentRequest(kind, requestId)
        if (request?.state === 'IN_PROGRESS') this.watch(kind, requestId, request.target)
      }
    }
  }

  watch(kind: RequestKind, requestId: string, target?: AssignmentTarget): void {
    const known = this.#watched.get(requestId)
    if (!known?.target) this.#watched.set(requestId, { kind, target, wake: known?.wake ?? new Set() })
    this.#polling ??= this.#poll()
  }

  /** Requests in progress that nobody here waits for: made before this slice, or given up after five minutes. */
  get unattended(): number {
    return [...this.#watched.values()].filter(({ wake }) => wake.size === 0).length
  }

  /** A request in progress for exactly this assignment, of which we may have missed the answer. */
  findInProgress(target: AssignmentTarget): { kind: RequestKind; requestId: string } | undefined {
    for (const [requestId, { kind, target: other }] of this.#watched) {
      if (other && isSameTarget(target, other)) return { kind, requestId }
    }
    return undefined
  }

  /** Resolves with `over` when the request is no longer in progress, or `still` when `ms` have passed before. */
  async wait(kind: RequestKind, requestId: string, ms: number, target?: AssignmentTarget): Promise<'over' | 'still'> {
    this.watch(kind, requestId, target)
    const watched = this.#watched.get(requestId)
    if (!watched) return 'over'
    const timer = new AbortController()
    await new Promise<void>((resolve) => {
      const wake = () => {
        watched.wake.delete(wake)
        resolve()
      }
      watched.wake.add(wake)
      void this.#clock.sleep(ms, timer.signal).then(wake)
    })
    timer.abort()
    return this.#watched.has(requestId) ? 'still' : 'over'
  }

  /** Ends the polling, at the end of a slice: a request that never ends must not be asked for without the lease. */
  stop(): void {
    this.#stopped.abort()
  }

  async #poll(): Promise<void> {
    const { signal } = this.#stopped
    while (this.#watched.size > 0 && !signal.aborted) {
      await this.#clock.sleep(this.#watched.size <= fewMost ? pollFewMs : pollManyMs, signal)
      if (signal.aborted) break
      for (const kind of requestKinds) {
        // Asked before the list is, so that a request made meanwhile is not taken for over.
        const asked = [...this.#watched].filter(([, watched]) => watched.kind === kind).map(([requestId]) => requestId)
        if (asked.length > 0) await this.#pollKind(kind, asked)
      }
    }
    this.#polling = undefined
  }

  async #pollKind(kind: RequestKind, asked: readonly string[]): Promise<void> {
    try {
      const inProgress = new Set<string>()
      for await (const { requestId } of this.#listInProgress(kind)) inProgress.add(requestId)
      for (const requestId of asked) if (!inProgress.has(requestId)) this.#end(requestId)
    } catch (error) {
      this.#log.warn('the requests in progress could not be listed; they are listed again', { error, kind })
    }
  }

  #end(requestId: string): void {
    const watched = this.#watched.get(requestId)
    this.#watched.delete(requestId)
    for (const wake of [...(watched?.wake ?? [])]) wake()
  }

  #listInProgress(kind: RequestKind): AsyncGenerator<Pick<AssignmentRequest, 'requestId'>> {
    return listAll((nextToken) => this.#ssoAdmin.listAssignmentRequests(kind, 'IN_PROGRESS', nextToken))
  }
}

function isSameTarget(a: AssignmentTarget, b: AssignmentTarget): boolean {
  return (
    a.accountId === b.accountId &&
    a.permissionSetArn === b.permissionSetArn &&
    a.principalId === b.principalId &&
    a.principalType === b.principalType
  )
}

import { isSameAccess } from '../../domain/ledger-entry.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import { listAll } from '../../ports/page.ts'
import { type AssignmentTarget, type RequestKind, requestKinds, type SsoAdmin } from '../../ports/sso-admin.ts'

/** Few outstanding: ask often, somebody waits. Many: calls cost more than moments. */
const pollFewMs = 200
const pollManyMs = 500
const fewMost = 4
/** Up to so many of one kind are described one by one: that tells the outcome at once. */
const describedMost = 2

/** What became of a request. `lost`: Identity Center does not know it any more. */
export type RequestEnd =
  | { readonly outcome: 'SUCCEEDED' | 'lost' }
  | { readonly outcome: 'FAILED'; readonly reason: string }

type Watched = {
  readonly kind: RequestKind
  readonly target: AssignmentTarget | undefined
  readonly waiting: Set<(end: RequestEnd) => void>
}

/**
 * The assignment requests in progress, ours and those found at the start. All count against the 15 outstanding. A request
 * that is not listed IN_PROGRESS any more is described: only its own status proves what became of it.
 */
export class AssignmentRequests {
  readonly #ssoAdmin: SsoAdmin
  readonly #clock: Clock
  readonly #log: Log
  readonly #watched = new Map<string, Watched>()
  #most = 0
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
      for (const requestId of await this.#listInProgress(kind)) {
        if (this.#watched.get(requestId)?.target) continue
        const request = await this.#ssoAdmin.describeAssignmentRequest(kind, requestId)
        if (request?.state === 'IN_PROGRESS') this.watch(kind, requestId, request.target)
      }
    }
  }

  watch(kind: RequestKind, requestId: string, target?: AssignmentTarget): void {
    const known = this.#watched.get(requestId)
    if (!known?.target) this.#watched.set(requestId, { kind, target, waiting: known?.waiting ?? new Set() })
    this.#most = Math.max(this.#most, this.#watched.size)
    this.#polling ??= this.#poll()
  }

  /** How many were in progress at most since this was last asked. */
  takeMost(): number {
    const most = this.#most
    this.#most = this.#watched.size
    return most
  }

  /** Requests in progress that nothing here waits for: made before this slice, or given up after five minutes. */
  get unattended(): number {
    return [...this.#watched.values()].filter(({ waiting }) => waiting.size === 0).length
  }

  /** A request in progress for exactly this assignment. We may have missed its answer. */
  findInProgress(target: AssignmentTarget): { readonly kind: RequestKind; readonly requestId: string } | undefined {
    for (const [requestId, { kind, target: other }] of this.#watched) {
      if (other && isSameTarget(target, other)) return { kind, requestId }
    }
    return undefined
  }

  /** What became of the request, or `still` when it is in progress after `ms`. */
  async wait(
    kind: RequestKind,
    requestId: string,
    ms: number,
    target?: AssignmentTarget,
  ): Promise<RequestEnd | 'still'> {
    this.watch(kind, requestId, target)
    const waiting = this.#watched.get(requestId)?.waiting
    const timer = new AbortController()
    const { promise: ended, resolve: wake } = Promise.withResolvers<RequestEnd>()
    waiting?.add(wake)
    const end = await Promise.race([ended, this.#clock.sleep(ms, timer.signal).then(() => 'still' as const)])
    waiting?.delete(wake)
    timer.abort()
    return end
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
        // Noted before the list is asked for, so that a request made meanwhile is not taken for over.
        const asked = [...this.#watched].filter(([, watched]) => watched.kind === kind).map(([requestId]) => requestId)
        if (asked.length > 0) await this.#pollKind(kind, asked)
      }
    }
    this.#polling = undefined
  }

  async #pollKind(kind: RequestKind, asked: readonly string[]): Promise<void> {
    try {
      const inProgress = asked.length <= describedMost ? new Set<string>() : await this.#listInProgress(kind)
      for (const requestId of asked) if (!inProgress.has(requestId)) await this.#describe(kind, requestId)
    } catch (error) {
      this.#log.warn('the requests in progress could not be read; they are read again', { error, kind })
    }
  }

  async #describe(kind: RequestKind, requestId: string): Promise<void> {
    const request = await this.#ssoAdmin.describeAssignmentRequest(kind, requestId)
    if (request?.state === 'IN_PROGRESS') return
    const watched = this.#watched.get(requestId)
    this.#watched.delete(requestId)
    for (const wake of [...(watched?.waiting ?? [])]) wake(endOf(request))
  }

  async #listInProgress(kind: RequestKind): Promise<ReadonlySet<string>> {
    const pages = (token?: string) => this.#ssoAdmin.listAssignmentRequests(kind, 'IN_PROGRESS', token)
    return new Set((await Array.fromAsync(listAll(pages))).map(({ requestId }) => requestId))
  }
}

function endOf(request: Awaited<ReturnType<SsoAdmin['describeAssignmentRequest']>>): RequestEnd {
  if (request?.state === 'SUCCEEDED') return { outcome: 'SUCCEEDED' }
  if (request?.state !== 'FAILED') return { outcome: 'lost' }
  return { outcome: 'FAILED', reason: request.failureReason ?? 'Identity Center gave no reason' }
}

function isSameTarget(a: AssignmentTarget, b: AssignmentTarget): boolean {
  return isSameAccess(a, b) && a.accountId === b.accountId && a.principalType === b.principalType
}

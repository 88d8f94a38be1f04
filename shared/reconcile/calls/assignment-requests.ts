import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import { listAll } from '../../ports/page.ts'
import type { Ports } from '../../ports/ports.ts'
import { type AssignmentTarget, type RequestKind, requestKinds, type SsoAdmin } from '../../ports/sso-admin.ts'
import { type Patience, RequestSlots, type WaitingIn } from './request-slots.ts'
import { RequestTimes } from './request-times.ts'
import type { CallAnswer } from './send-assignment-call.ts'
import { Signal } from './signal.ts'

/** The end of a request. `lost`: Identity Center does not know it any more. */
export type RequestEnd =
  | { readonly outcome: 'SUCCEEDED' | 'lost' }
  | { readonly outcome: 'FAILED'; readonly reason: string }

type Watched = {
  readonly kind: RequestKind
  readonly target: AssignmentTarget | undefined
  /** Monotonic milliseconds. */
  readonly sinceMs: number
  /** We made it, so we know how long it takes. */
  readonly isOurs: boolean
  readonly waiting: Set<(end: RequestEnd) => void>
}

/**
 * The assignment requests in progress: ours and those found at the start. All count against the 15 outstanding. One page of the
 * List…Status calls shows many requests that SUCCEEDED. It gives no reasons, so FAILED requests are described. Requests on no
 * listing are described too, because AWS does not document the order of listings: only a request's own status proves its end.
 */
export class AssignmentRequests {
  readonly #ssoAdmin: SsoAdmin
  readonly #clock: Clock
  readonly #log: Log
  readonly #watched = new Map<string, Watched>()
  readonly #times = new RequestTimes()
  readonly #slots: RequestSlots
  /** The first page of all requests shows the newest ones, as far as known. */
  #isNewestFirst = true
  #most = 0
  readonly #stopped = new AbortController()
  readonly #left = new AbortController()
  #polling: Promise<void> | undefined
  #recovering: Promise<void> | undefined
  /** Wakes the polling for a new request. */
  readonly #added = new Signal()

  constructor(
    { ssoAdmin, clock, log }: Pick<Ports, 'ssoAdmin' | 'clock' | 'log'>,
    { most, waitingIn }: { readonly most: number; readonly waitingIn: WaitingIn },
  ) {
    this.#ssoAdmin = ssoAdmin
    this.#clock = clock
    this.#log = log
    const inProgress = () => {
      const accounts = [...this.#watched.values()].flatMap(({ target }) => target?.accountId ?? [])
      return { count: this.#watched.size, accounts: new Set(accounts) }
    }
    this.#slots = new RequestSlots({ clock, most, inProgress, waitingIn })
  }

  /**
   * Makes a request when there is a slot, and counts it from its answer on. `undefined`: there was no slot in this time, or the signal was
   * aborted.
   */
  async make(
    kind: RequestKind,
    target: AssignmentTarget,
    patience: Patience,
    send: () => Promise<CallAnswer>,
  ): Promise<CallAnswer | undefined> {
    if (this.#slots.isUnsure) await this.#recoverOnce()
    const end = await this.#slots.take(kind, target, patience)
    if (!end) return undefined
    let answer: CallAnswer | undefined
    try {
      answer = await send()
      if (answer.is === 'accepted') this.#watch(kind, answer.requestId, target, true)
      return answer
    } finally {
      end(answer !== undefined && answer.is !== 'unknown')
    }
  }

  /** Finds requests in progress: an earlier dispatcher may have died with requests outstanding. */
  async recover(): Promise<void> {
    const askedMs = this.#clock.monotonicMs()
    await Promise.all(requestKinds.map((kind) => this.#recoverKind(kind)))
    this.#slots.forgetUnanswered(askedMs)
  }

  /** One search for all callers that need a slot. If the search fails, they wait for a slot as before. */
  #recoverOnce(): Promise<void> {
    this.#recovering ??= this.recover()
      .catch((error: unknown) => this.#log.warn('ssofile could not look for requests without an answer', { error }))
      .finally(() => {
        this.#recovering = undefined
      })
    return this.#recovering
  }

  async #recoverKind(kind: RequestKind): Promise<void> {
    const find = async (requestId: string) => {
      const request = await this.#ssoAdmin.describeAssignmentRequest(kind, requestId)
      if (request?.state === 'IN_PROGRESS') this.watch(kind, requestId, request.target)
    }
    const inProgress = await this.#listInProgress(kind)
    await Promise.all([...inProgress].filter((id) => !this.#watched.get(id)?.target).map(find))
  }

  /** Watches a request that someone made before: it counts until its end. */
  watch(kind: RequestKind, requestId: string, target?: AssignmentTarget): void {
    this.#watch(kind, requestId, target, false)
  }

  #watch(kind: RequestKind, requestId: string, target: AssignmentTarget | undefined, isOurs: boolean): void {
    const known = this.#watched.get(requestId)
    const sinceMs = this.#clock.monotonicMs()
    if (!known) this.#watched.set(requestId, { kind, target, sinceMs, isOurs, waiting: new Set() })
    else if (!known.target) this.#watched.set(requestId, { ...known, target })
    this.#most = Math.max(this.#most, this.#watched.size)
    this.#added.raise()
    this.#polling ??= this.#poll()
  }

  /** The largest number in progress since the last call. */
  takeMost(): number {
    const most = this.#most
    this.#most = this.#watched.size
    return most
  }

  /** Requests in progress that nothing here waits for: older than this slice, or given up after five minutes. */
  get unattended(): number {
    return [...this.#watched.values()].filter(({ waiting }) => waiting.size === 0).length
  }

  /** A request in progress for exactly this assignment. Its answer may be lost. */
  findInProgress(target: AssignmentTarget): { readonly kind: RequestKind; readonly requestId: string } | undefined {
    for (const [requestId, { kind, target: other }] of this.#watched) {
      if (other && isSameTarget(target, other)) return { kind, requestId }
    }
    return undefined
  }

  /** The end of the request, or `still` if it is in progress after `ms`. */
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
    const over = AbortSignal.any([timer.signal, this.#left.signal])
    const end = await Promise.race([ended, this.#clock.sleep(ms, over).then(() => 'still' as const)])
    waiting?.delete(wake)
    timer.abort('ended')
    return end
  }

  /** Ends all waiting: the next slice finds the requests in progress. */
  leave(): void {
    this.#left.abort('left')
  }

  /** Ends the polling at the end of a slice, because a request that never ends must not be polled without the lease. */
  stop(): void {
    this.#stopped.abort('stopped')
  }

  async #poll(): Promise<void> {
    const { signal } = this.#stopped
    let askedMs = this.#clock.monotonicMs()
    while (this.#watched.size > 0 && !signal.aborted) {
      const waitMs = this.#dueMs(askedMs) - this.#clock.monotonicMs()
      if (waitMs > 0) {
        await this.#added.wait(this.#clock, waitMs, signal)
        continue
      }
      askedMs = this.#clock.monotonicMs()
      for (const kind of requestKinds) {
        // Listed before the call, so that a request made meanwhile does not count as over.
        const due = [...this.#watched].filter(([, watched]) => watched.kind === kind && this.#mayBeOver(watched))
        const asked = due.map(([requestId]) => requestId)
        if (asked.length > 0) await this.#pollKind(kind, asked)
      }
    }
    this.#polling = undefined
  }

  #mayBeOver({ sinceMs }: Watched): boolean {
    return sinceMs + this.#times.dueAfterMs <= this.#clock.monotonicMs()
  }

  /** When to ask again, not before an answer may be due. */
  #dueMs(askedMs: number): number {
    const due = [...this.#watched.values()].map(({ sinceMs, target }) => {
      const dueMs = sinceMs + this.#times.dueAfterMs
      const isHoldingUp = target !== undefined && this.#slots.isHeldUp(target.accountId)
      return Math.max(dueMs, askedMs + this.#times.everyMs(Math.max(0, askedMs - sinceMs), isHoldingUp))
    })
    return Math.min(...due)
  }

  async #pollKind(kind: RequestKind, asked: readonly string[]): Promise<void> {
    try {
      const unknown = asked.length === 1 ? asked : await this.#look(kind, asked)
      await Promise.all(unknown.map((id) => this.#describe(kind, id)))
    } catch (error) {
      this.#log.warn('ssofile could not read the requests in progress, and will read them again', { error, kind })
    }
  }

  /** Ends the requests that are listed as SUCCEEDED, and returns those whose outcome the listings do not show. */
  async #look(kind: RequestKind, asked: readonly string[]): Promise<readonly string[]> {
    const unseen = this.#isNewestFirst ? [] : [...asked]
    const failed: string[] = []
    if (this.#isNewestFirst) {
      const { items, nextToken } = await this.#ssoAdmin.listAssignmentRequests(kind, undefined)
      const states = new Map(items.map(({ requestId, state }) => [requestId, state]))
      for (const id of asked) {
        const state = states.get(id)
        if (state === 'SUCCEEDED') this.#end(id, { outcome: 'SUCCEEDED' })
        else if (state === 'FAILED') failed.push(id)
        else if (state === undefined) unseen.push(id)
      }
      // The other pages may be many: AWS does not document how long it keeps requests.
      this.#isNewestFirst = nextToken === undefined || unseen.length <= asked.length / 2
    }
    const inProgress = unseen.length > 0 ? await this.#listInProgress(kind) : new Set<string>()
    return [...failed, ...unseen.filter((id) => !inProgress.has(id))]
  }

  async #describe(kind: RequestKind, requestId: string): Promise<void> {
    const request = await this.#ssoAdmin.describeAssignmentRequest(kind, requestId)
    if (request?.state !== 'IN_PROGRESS') this.#end(requestId, endOf(request))
  }

  #end(requestId: string, end: RequestEnd): void {
    const watched = this.#watched.get(requestId)
    if (!watched) return
    this.#watched.delete(requestId)
    if (watched.isOurs) this.#times.note(this.#clock.monotonicMs() - watched.sinceMs)
    this.#slots.offer()
    for (const wake of [...watched.waiting]) wake(end)
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
  const isSameAccess = a.principalId === b.principalId && a.permissionSetArn === b.permissionSetArn
  return isSameAccess && a.accountId === b.accountId && a.principalType === b.principalType
}

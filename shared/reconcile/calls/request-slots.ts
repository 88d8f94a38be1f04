import type { AccountId } from '../../domain/organization/account-id.ts'
import type { Clock } from '../../ports/clock.ts'
import type { AssignmentTarget, RequestKind } from '../../ports/sso-admin.ts'

/** How long to wait for a slot. `goesFirst`: before all others of its kind. */
export type Patience = { readonly ms: number; readonly signal: AbortSignal; readonly goesFirst?: boolean }

type Waiting = Pick<Patience, 'goesFirst'> & {
  readonly kind: RequestKind
  readonly accountId: AccountId
  readonly take: () => void
}

/** How many hints wait in an account behind the prepared ones. */
export type WaitingIn = (accountId: AccountId) => number

type InProgress = { readonly count: number; readonly accounts: ReadonlySet<AccountId> }

type Terms = {
  readonly clock: Clock
  readonly most: number
  readonly inProgress: () => InProgress
  readonly waitingIn: WaitingIn
}

/**
 * Decides which caller may make the next request. Only a limited number of requests are outstanding, and one for each account (IAM Identity
 * Center User Guide, "Quotas and limits"; "one role update at a time per account"). A caller asks for a slot only when everything is
 * prepared, so a free slot is used at once. Revocations go first, those of a person who must have no access before the others; then the
 * oldest caller. If another account has more than twice as much work, its caller and the oldest one alternate, because the longest backlog
 * takes longest.
 */
export class RequestSlots {
  readonly #clock: Clock
  readonly #most: number
  readonly #inProgress: () => InProgress
  readonly #waitingIn: WaitingIn
  /** The oldest caller first. */
  #waiting: readonly Waiting[] = []
  #isTurnOfLongest = false
  /** The accounts of calls that are being made. */
  readonly #taken = new Map<symbol, AccountId>()
  /** When calls ended without an answer. Each may have become a request, and counts as one until requests are searched. */
  #unansweredMs: readonly number[] = []

  constructor({ clock, most, inProgress, waitingIn }: Terms) {
    this.#clock = clock
    this.#most = most
    this.#inProgress = inProgress
    this.#waitingIn = waitingIn
  }

  /**
   * Returns a function to call when the call has ended, with whether it was answered. `undefined`: there was no slot for `ms`,
   * or `signal` was aborted.
   */
  async take(
    kind: RequestKind,
    { accountId }: Pick<AssignmentTarget, 'accountId'>,
    { ms, signal, goesFirst }: Patience,
  ): Promise<((isAnswered: boolean) => void) | undefined> {
    const slot = Symbol(accountId)
    const { promise: taken, resolve } = Promise.withResolvers<'taken'>()
    const take = () => {
      this.#taken.set(slot, accountId)
      resolve('taken')
    }
    const waiting: Waiting = { kind, accountId, goesFirst, take }
    this.#waiting = [...this.#waiting, waiting]
    this.offer()
    if (!this.#taken.has(slot)) {
      const over = new AbortController()
      const timer = this.#clock.sleep(ms, AbortSignal.any([signal, over.signal])).then(() => 'over' as const)
      await Promise.race([taken, timer])
      over.abort('over')
      this.#waiting = this.#waiting.filter((one) => one !== waiting)
      if (!this.#taken.has(slot)) return undefined
    }
    return (isAnswered) => {
      this.#taken.delete(slot)
      if (!isAnswered) this.#unansweredMs = [...this.#unansweredMs, this.#clock.monotonicMs()]
      this.offer()
    }
  }

  /**
   * The requests in progress were read at `askedMs` (monotonic): they include earlier unanswered calls that became requests.
   * Later calls may be missing.
   */
  forgetUnanswered(askedMs: number): void {
    this.#unansweredMs = this.#unansweredMs.filter((ms) => ms >= askedMs)
    this.offer()
  }

  /** Gives free slots to waiting callers. Call it whenever a request ends. */
  offer(): void {
    for (let next = this.#next(); next; next = this.#next()) {
      const given = next
      this.#waiting = this.#waiting.filter((one) => one !== given)
      given.take()
    }
  }

  /** Slots are free, and the account's next request waits only for the one in progress there. */
  isHeldUp(accountId: AccountId): boolean {
    return this.#isFree && this.#waiting.some((one) => one.accountId === accountId)
  }

  /** No slot is free, but an unanswered call may hold one for nothing: search for requests. */
  get isUnsure(): boolean {
    return this.#unansweredMs.length > 0 && !this.#isFree
  }

  get #isFree(): boolean {
    return this.#inProgress().count + this.#taken.size + this.#unansweredMs.length < this.#most
  }

  #next(): Waiting | undefined {
    if (!this.#isFree) return undefined
    const busy = this.#inProgress().accounts.union(new Set(this.#taken.values()))
    const free = this.#waiting.filter(({ accountId }) => !busy.has(accountId))
    const revocations = free.filter(({ kind }) => kind === 'deletion')
    const revocation = revocations.find(({ goesFirst }) => goesFirst) ?? revocations[0]
    if (revocation) return revocation
    const [oldest] = free
    const longest = this.#longestOf(free)
    if (!oldest || !longest || this.#waitingIn(longest.accountId) <= 2 * this.#waitingIn(oldest.accountId))
      return oldest
    this.#isTurnOfLongest = !this.#isTurnOfLongest
    return this.#isTurnOfLongest ? longest : oldest
  }

  #longestOf(free: readonly Waiting[]): Waiting | undefined {
    const behind = free.map(({ accountId }) => this.#waitingIn(accountId))
    return free[behind.indexOf(Math.max(...behind))]
  }
}

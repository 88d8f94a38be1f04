import type { AccountId } from '../../domain/account-id.ts'
import type { Clock } from '../../ports/clock.ts'
import type { AssignmentTarget, RequestKind } from '../../ports/sso-admin.ts'

/** A call that got no answer may have become a request. It counts as one until requests are looked for, but not longer. */
const unansweredMs = 60_000

type Waiting = { readonly kind: RequestKind; readonly accountId: AccountId; readonly take: () => void }

/** What is in progress now. */
type InProgress = { readonly count: number; readonly accounts: ReadonlySet<AccountId> }

/**
 * Who may make the next request: at most so many are outstanding, and one for each account (IAM Identity Center User
 * Guide, "Quotas and limits"; "one role update at a time per account"). Everything is prepared before a slot is asked
 * for, so that a slot is free for no longer than it takes to notice. Revocations first, then who has waited longest.
 */
export class RequestSlots {
  readonly #clock: Clock
  readonly #most: number
  readonly #inProgress: () => InProgress
  #waiting: readonly Waiting[] = []
  /** Of calls that are being made. */
  readonly #taken = new Map<symbol, AccountId>()
  #unansweredMs: readonly number[] = []

  constructor({ clock, most, inProgress }: { clock: Clock; most: number; inProgress: () => InProgress }) {
    this.#clock = clock
    this.#most = most
    this.#inProgress = inProgress
  }

  /** What must be called when the call has ended, with whether it was answered. `undefined`: there was no slot for `ms`, or `signal` was aborted. */
  async take(
    kind: RequestKind,
    { accountId }: Pick<AssignmentTarget, 'accountId'>,
    { ms, signal }: { readonly ms: number; readonly signal: AbortSignal },
  ): Promise<((isAnswered: boolean) => void) | undefined> {
    const slot = Symbol(accountId)
    const { promise: taken, resolve } = Promise.withResolvers<'taken'>()
    const take = () => {
      this.#taken.set(slot, accountId)
      resolve('taken')
    }
    const waiting: Waiting = { kind, accountId, take }
    this.#waiting = [...this.#waiting, waiting]
    this.offer()
    if (!this.#taken.has(slot)) {
      const over = new AbortController()
      const timer = this.#clock.sleep(ms, AbortSignal.any([signal, over.signal])).then(() => 'over' as const)
      await Promise.race([taken, timer])
      over.abort()
      this.#waiting = this.#waiting.filter((one) => one !== waiting)
      if (!this.#taken.has(slot)) return undefined
    }
    return (isAnswered) => {
      this.#taken.delete(slot)
      if (!isAnswered) this.#unansweredMs = [...this.#unansweredMs, this.#clock.monotonicMs()]
      this.offer()
    }
  }

  /** What is in progress was looked for: calls without an answer are found among it, or came to nothing. */
  forgetUnanswered(): void {
    this.#unansweredMs = []
    this.offer()
  }

  /** Gives free slots to those who wait. To be called whenever a request is over. */
  offer(): void {
    const isRevocation = ({ kind }: Waiting) => kind === 'deletion'
    const revocations = this.#waiting.filter(isRevocation)
    const others = this.#waiting.filter((one) => !isRevocation(one))
    for (const next of [...revocations, ...others]) {
      const { count, accounts } = this.#inProgress()
      const sinceMs = this.#clock.monotonicMs() - unansweredMs
      this.#unansweredMs = this.#unansweredMs.filter((ms) => ms > sinceMs)
      if (count + this.#taken.size + this.#unansweredMs.length >= this.#most) return
      if (accounts.has(next.accountId) || [...this.#taken.values()].includes(next.accountId)) continue
      this.#waiting = this.#waiting.filter((one) => one !== next)
      next.take()
    }
  }
}

import type { Clock } from '../../ports/clock.ts'
import { Signal } from './signal.ts'

/** The first goes first: a revocation never waits behind a listing. None of the others starves: see `shareOfLater`. */
export type Priority = 'revocation' | 'grant' | 'poll' | 'background'
const order: readonly Priority[] = ['revocation', 'grant', 'poll', 'background']
/** Of four calls that are no revocations, one goes to the priorities that wait behind the first. They take turns. */
const shareOfLater = 4

/** After a refusal the rate is multiplied by `decrease` at once, and grows by `increasePerSecond` each second. */
const decrease = 0.5
const increasePerSecond = 1

/**
 * Commands that only look (`who`, `plan`, `doctor`) hold no lease and make at most this many calls a second. A new holder of
 * the lease does not know these calls, nor the call by which a command finds its instance: they count as made just before.
 */
export const looksMost = 12

/** The rate that AWS serves to all callers together. (IAM Identity Center User Guide, "Quotas and limits".) */
const servedMost = 20

/** `places`: how many calls it may cause. */
type Waiting = { readonly start: () => void; readonly places: number }

/** Allows for the resolution of clocks and timers. */
const marginMs = 10

/**
 * Lets at most `perSecond` calls arrive in any rolling second. AWS counts arrivals. We only know that a call arrives
 * between its start and its end, so its place is free again one second after its end.
 * Source: IAM Identity Center User Guide, "Quotas and limits": 20 per second over all SSO Admin operations together.
 */
export class RateLimiter {
  readonly #clock: Clock
  readonly #most: number
  readonly #windowMs: number
  #underWay = 0
  /** When the calls of the last second ended, oldest first. */
  readonly #endedMs: number[]
  readonly #waiting: Record<Priority, Waiting[]> = { revocation: [], grant: [], poll: [], background: [] }
  readonly #ended = new Signal()
  #pausedUntilMs = 0
  /** The reduced rate after the last refusal, and the time of that refusal. */
  #lowered: { readonly most: number; readonly atMs: number } | undefined
  #pumping = false
  /** Calls since a later priority had its turn. */
  #sinceLater = 0
  /** The later priority whose turn was longest ago comes first. */
  #turns: readonly Priority[] = ['background', 'poll', 'grant']

  /** `before`: how many calls others may have made in the last second; AWS's rate must have room for them. */
  constructor(clock: Clock, perSecond: number, { before = 0 }: { readonly before?: number } = {}) {
    this.#clock = clock
    this.#most = Math.max(1, Math.floor(perSecond))
    // A rate below one call a second needs a longer window.
    this.#windowMs = (1000 * this.#most) / perSecond + marginMs
    const taken = Math.min(Math.max(0, before - (servedMost - this.#most)), this.#most - 1)
    this.#endedMs = Array.from({ length: taken }, () => clock.monotonicMs())
  }

  /** Resolves when the call may start. Call the result when the call has ended. */
  async acquire(priority: Priority, places = 1): Promise<() => void> {
    await new Promise<void>((start) => {
      this.#waiting[priority].push({ start, places })
      void this.#pump()
    })
    return () => {
      this.#underWay -= places
      const nowMs = this.#clock.monotonicMs()
      for (let place = 0; place < places; place++) this.#endedMs.push(nowMs)
      this.#ended.raise()
    }
  }

  /** Makes a call in its turn. `places`: more than one if the call may cause several requests. */
  async run<T>(priority: Priority, call: () => Promise<T>, places = 1): Promise<T> {
    const end = await this.acquire(priority, places)
    try {
      return await call()
    } finally {
      end()
    }
  }

  /** Starts nothing for this long, because the service says that the rate is exceeded: others call it too. */
  pause(ms: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, this.#clock.monotonicMs() + ms)
  }

  /**
   * The service says that the rate is exceeded: others call it too. Starts nothing for this long, then half as much as before,
   * and one more call a second each second. So all callers get about equal shares (additive increase, multiplicative decrease).
   * Refusals within one second count once.
   */
  slowDown(pauseMs: number): void {
    const nowMs = this.#clock.monotonicMs()
    if (!this.#lowered || nowMs - this.#lowered.atMs >= this.#windowMs)
      this.#lowered = { most: Math.max(1, this.perSecond * decrease), atMs: nowMs }
    this.pause(pauseMs)
  }

  /** The present limit of calls a second. */
  get perSecond(): number {
    if (!this.#lowered) return this.#most
    const { most, atMs } = this.#lowered
    return Math.min(this.#most, most + (increasePerSecond * (this.#clock.monotonicMs() - atMs)) / 1000)
  }

  /**
   * Resolves when none of our calls counts any more. Call it before releasing the lease, so that the next holder has the full
   * rate.
   */
  async rest(): Promise<void> {
    const last = this.#endedMs.at(-1)
    if (last !== undefined) await this.#clock.sleep(last + this.#windowMs - this.#clock.monotonicMs())
  }

  async #pump(): Promise<void> {
    if (this.#pumping) return
    this.#pumping = true
    for (let next = this.#next(); next; next = this.#next()) {
      const places = this.#waiting[next][0]?.places ?? 1
      const waitMs = this.#waitMs(places)
      if (waitMs > 0) {
        await this.#ended.wait(this.#clock, waitMs)
        continue
      }
      this.#underWay += places
      if (next !== 'revocation') this.#countTurn(next)
      this.#waiting[next].shift()?.start()
    }
    this.#pumping = false
  }

  #next(): Priority | undefined {
    const [first, ...later] = order.filter((priority) => this.#waiting[priority].length > 0)
    const isTurnOfLater = first !== 'revocation' && this.#sinceLater === shareOfLater - 1
    const next = isTurnOfLater ? this.#turns.find((priority) => later.includes(priority)) : undefined
    return next ?? first
  }

  #countTurn(next: Priority): void {
    const isTurnOfLater = this.#sinceLater === shareOfLater - 1
    this.#sinceLater = isTurnOfLater ? 0 : this.#sinceLater + 1
    if (isTurnOfLater) this.#turns = [...this.#turns.filter((priority) => priority !== next), next]
  }

  #waitMs(places: number): number {
    const nowMs = this.#clock.monotonicMs()
    while ((this.#endedMs[0] ?? nowMs) + this.#windowMs <= nowMs) this.#endedMs.shift()
    const pauseMs = Math.max(this.#pausedUntilMs - nowMs, 0)
    const used = this.#underWay + this.#endedMs.length
    // If the rate is lower than its places, it starts alone.
    if (used === 0 || used + places <= Math.floor(this.perSecond)) return pauseMs
    // If calls under way take all places, the first that ends raises `#ended`.
    const roomMs = (this.#endedMs[0] ?? nowMs) + this.#windowMs - nowMs
    return Math.max(roomMs, pauseMs)
  }
}

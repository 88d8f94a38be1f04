import type { VirtualClock } from '../../../shared/memory/virtual-clock.ts'

/** From asking for an account live to what is done about it. */
const evaluationMostMs = 60_000
/** One listing of Identity Center may serve many evaluations, for so long. */
const sharedLookMs = 31_000

/** When each process looked at what it then acts on. */
export class Evaluations {
  readonly #clock: VirtualClock
  /** When a process last asked for a ledger entry: it asks for links at the same time. */
  readonly #askedMs = new Map<string, number>()
  /** When a process asked for a ledger entry, which may begin an evaluation, and when it was given. */
  readonly #readings = new Map<string, readonly { readonly askedMs: number; readonly givenMs: number }[]>()
  /** When a ledger entry was last written: that a deletion begins is, and then the call may be repeated for minutes. */
  readonly #writtenMs = new Map<string, number>()
  /** When a process last asked for an account live: an evaluation goes on. */
  readonly #askedLiveMs = new Map<string, number>()

  /** How far the listings of Identity Center lag behind at most. */
  readonly #readLagMs: number

  constructor(clock: VirtualClock, readLagMs = 0) {
    this.#clock = clock
    this.#readLagMs = readLagMs
  }

  noteAsked(process: string, key: string): void {
    this.#askedMs.set(`${process} ${key}`, this.#clock.monotonicMs())
  }

  noteRead(process: string, key: string): void {
    const reader = `${process} ${key}`
    const givenMs = this.#clock.monotonicMs()
    const askedMs = this.#askedMs.get(reader) ?? givenMs
    this.#readings.set(reader, [...(this.#readings.get(reader) ?? []).slice(-7), { askedMs, givenMs }])
  }

  noteAskedLive(process: string, accountId: string): void {
    this.#askedLiveMs.set(`${process} ${accountId}`, this.#clock.monotonicMs())
  }

  noteWritten(key: string): void {
    this.#writtenMs.set(key, this.#clock.monotonicMs())
  }

  /** When the process looked what is there before it last read one of these entries; never: at the end of time. */
  lookedMs(process: string, keys: readonly string[]): number {
    const readings = keys.flatMap((key) => this.#readings.get(`${process} ${key}`)?.at(-1)?.askedMs ?? [])
    return readings.length > 0 ? Math.max(...readings) - sharedLookMs - this.#readLagMs : Number.POSITIVE_INFINITY
  }

  /** When the evaluation began that leads to a call now: entries are read again later on, after the account was. */
  beganMs(process: string, keys: readonly string[], accountId: string): number {
    const nowMs = this.#clock.monotonicMs()
    const liveMs = this.#askedLiveMs.get(`${process} ${accountId}`) ?? Number.NEGATIVE_INFINITY
    const readings = keys.flatMap((key) => {
      const writtenMs = this.#writtenMs.get(key) ?? nowMs
      // What it was given after it wrote that the deletion begins, it has not decided by.
      const given = (this.#readings.get(`${process} ${key}`) ?? []).filter(({ givenMs }) => givenMs <= writtenMs)
      return given.map(({ askedMs }) => askedMs)
    })
    const before = readings.filter((askedMs) => askedMs <= liveMs && nowMs - liveMs < evaluationMostMs)
    return Math.max(...(before.length > 0 ? before : readings.length > 0 ? readings : [nowMs]))
  }
}

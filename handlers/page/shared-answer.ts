import type { Clock } from '../../shared/ports/clock.ts'

/** One read serves all callers within this time. A failed read serves no later caller. */
export class SharedAnswer<T> {
  readonly #read: () => Promise<T>
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #servesMs: number
  #last: { readonly answer: Promise<T>; readonly atMs: number } | undefined

  constructor(read: () => Promise<T>, clock: Pick<Clock, 'monotonicMs'>, servesMs: number) {
    this.#read = read
    this.#clock = clock
    this.#servesMs = servesMs
  }

  get(): Promise<T> {
    const nowMs = this.#clock.monotonicMs()
    if (this.#last && nowMs - this.#last.atMs < this.#servesMs) return this.#last.answer
    const answer = this.#read()
    this.#last = { answer, atMs: nowMs }
    answer.catch(() => {
      this.#last = undefined
    })
    return answer
  }
}

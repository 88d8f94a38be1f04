import type { Ports } from '../../ports/ports.ts'
import { isServiceError } from '../../ports/service-error.ts'
import { type Repetition, repeatPatiently } from './repeat-patiently.ts'

class LateError extends Error {
  override readonly name = 'LateError'
}

/** One time limit for all calls together, from the first call on, so that a hanging call delays nobody longer. */
export class CallBudget {
  readonly #ports: Pick<Ports, 'clock' | 'randomness'>
  readonly #budgetMs: number
  readonly #repetition: Omit<Repetition, 'signal'>
  #untilMs: number | undefined

  constructor(
    ports: Pick<Ports, 'clock' | 'randomness'>,
    { budgetMs, ...repetition }: Omit<Repetition, 'signal'> & { readonly budgetMs: number },
  ) {
    this.#ports = ports
    this.#budgetMs = budgetMs
    this.#repetition = repetition
  }

  /** The answer of a call, retried patiently; or the error code, which is `no answer in time` when the time is up. */
  async ask<T>(call: () => Promise<T>): Promise<{ readonly is: T } | { readonly code: string }> {
    try {
      return { is: await this.#within(call) }
    } catch (error) {
      if (error instanceof LateError) return { code: 'no answer in time' }
      if (!isServiceError(error)) throw error
      return { code: error.code }
    }
  }

  async #within<T>(call: () => Promise<T>): Promise<T> {
    const { clock } = this.#ports
    this.#untilMs ??= clock.monotonicMs() + this.#budgetMs
    const leftMs = this.#untilMs - clock.monotonicMs()
    if (leftMs <= 0) throw new LateError()
    const over = new AbortController()
    const late = clock.sleep(leftMs, over.signal).then(() => {
      throw new LateError()
    })
    try {
      return await Promise.race([
        repeatPatiently(this.#ports, { ...this.#repetition, signal: over.signal }, call),
        late,
      ])
    } finally {
      over.abort()
    }
  }
}

import type { Clock } from './clock.ts'

/** Asks once and remembers the answer. Callers in the meantime share the same question. A failure is not remembered. */
export function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined
  return () => {
    if (answer !== undefined) return answer
    const asked = ask()
    answer = asked
    asked.catch(() => {
      if (answer === asked) answer = undefined
    })
    return asked
  }
}

/** The same for each question. `answers`: a caller that clears them asks again. */
export function onceEach<Question extends readonly (string | undefined)[], T>(
  ask: (...question: Question) => Promise<T>,
  answers = new Map<string, Promise<T>>(),
): (...question: Question) => Promise<T> {
  return (...question) => {
    const name = question.join('\n')
    const known = answers.get(name)
    if (known !== undefined) return known
    const asked = ask(...question)
    answers.set(name, asked)
    asked.catch(() => {
      if (answers.get(name) === asked) answers.delete(name)
    })
    return asked
  }
}

type KeptAnswer<T> = { readonly answer: Promise<T>; readonly sinceMs: number; readonly ageMs: number }

/** Answers, with the instant before each question. Callers share a fresh one. A failure is not remembered. */
export class KeptAnswers<T> {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #most: number
  readonly #kept = new Map<string, { readonly answer: Promise<T>; readonly sinceMs: number }>()

  /** `most`: when it has so many answers, it forgets all of them. */
  constructor(clock: Pick<Clock, 'monotonicMs'>, most = Infinity) {
    this.#clock = clock
    this.#most = most
  }

  find(key: string): KeptAnswer<T> | undefined {
    const kept = this.#kept.get(key)
    return kept && { ...kept, ageMs: this.#clock.monotonicMs() - kept.sinceMs }
  }

  /** Without `isFresh` it always asks. */
  ask(key: string, ask: () => Promise<T>, isFresh: (known: KeptAnswer<T>) => boolean = () => false): Promise<T> {
    const known = this.find(key)
    if (known && isFresh(known)) return known.answer
    if (this.#kept.size >= this.#most) this.#kept.clear()
    const asked = { sinceMs: this.#clock.monotonicMs(), answer: ask() }
    this.#kept.set(key, asked)
    asked.answer.catch(() => {
      if (this.#kept.get(key) === asked) this.#kept.delete(key)
    })
    return asked.answer
  }

  set(key: string, value: T): void {
    this.#kept.set(key, { sinceMs: this.#clock.monotonicMs(), answer: Promise.resolve(value) })
  }

  delete(key: string): void {
    this.#kept.delete(key)
  }
}

/** Like `once`, but asks again when `ms` milliseconds have passed. */
export function onceIn<T>(ms: number, clock: Pick<Clock, 'monotonicMs'>, ask: () => Promise<T>): () => Promise<T> {
  const answers = new KeptAnswers<T>(clock)
  return () => answers.ask('', ask, ({ ageMs }) => ageMs < ms)
}

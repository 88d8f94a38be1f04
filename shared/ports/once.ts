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

/** Like `once`, but asks again when `ms` milliseconds have passed. */
export function onceIn<T>(ms: number, clock: Pick<Clock, 'monotonicMs'>, ask: () => Promise<T>): () => Promise<T> {
  let current: { readonly sinceMs: number; readonly answer: Promise<T> } | undefined
  return () => {
    const nowMs = clock.monotonicMs()
    if (current && nowMs - current.sinceMs < ms) return current.answer
    const asked = { sinceMs: nowMs, answer: ask() }
    current = asked
    asked.answer.catch(() => {
      if (current === asked) current = undefined
    })
    return asked.answer
  }
}

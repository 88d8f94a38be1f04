import { count } from '../../../shared/domain/text/count.ts'
import type { Counted } from '../../../shared/ports/progress.ts'

/** The pace of the first moments tells nothing. */
const paceFromMs = 2_000

/** What is being done, how many of how many, and how long the rest takes at the pace so far. */
export function renderProgress(step: string, counted: Counted | undefined, elapsedMs: number): string {
  if (counted === undefined) return `${step} …`
  const { done, of } = counted
  const figures = `${step}: ${done.toLocaleString('en')} of ${of.toLocaleString('en')}`
  if (done === 0 || done >= of || elapsedMs < paceFromMs) return figures
  return `${figures}, about ${renderSpan((elapsedMs / done) * (of - done))} left`
}

function renderSpan(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  return seconds < 90 ? count(seconds, 'second') : count(Math.round(seconds / 60), 'minute')
}

import { renderInstant } from '../../../domain/text/instant.ts'
import { type Hours, hourMs, listHours } from './hours.ts'

/** Never unused in a time that is not watched: before `since`, and in the gaps. Exact to the hour. */
export type Watched = {
  readonly since?: string | undefined
  /** Everything since then: the end of the last gap. */
  readonly countedSince?: string | undefined
  readonly gaps: readonly { readonly from: string; readonly to: string }[]
}

/** Whether every use since then was counted, so that no use means nobody. Exact to the hour. */
export function isWatchedSince({ countedSince }: Watched, since: Date): boolean {
  return countedSince !== undefined && Date.parse(countedSince) <= since.getTime()
}

/** The watching call comes every hour, and CloudTrail may take an hour to deliver it. */
const silentHours = 3

/** From the hours with a watching call. */
export function watchedUntil(heard: Hours, now: Date): Watched {
  // The hour of the first call after a silence is watched only in part.
  const endOf = (hour: number) => render(Math.min(hour + hourMs, now.getTime()))
  const starts = listHours(heard).map((at) => at.getTime())
  const [first] = starts
  const gaps = starts.flatMap((from, index) => {
    const next = starts[index + 1]
    const isSilent = Math.floor(((next ?? now.getTime()) - from) / hourMs) > silentHours
    return isSilent ? [{ from: render(from), to: next === undefined ? renderInstant(now) : endOf(next) }] : []
  })
  const since = first === undefined ? undefined : endOf(first)
  return { since, countedSince: gaps.at(-1)?.to ?? since, gaps }
}

const render = (ms: number): string => renderInstant(new Date(ms))

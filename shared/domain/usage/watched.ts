import * as z from 'zod'
import { record } from '../json/record.ts'
import { renderInstant } from '../text/instant.ts'

const span = record({ from: z.iso.datetime(), to: z.iso.datetime() })
export type Span = { readonly from: string; readonly to: string }

/** The times that were watched, ascending. */
export const watchedTime = record({ v: z.literal(1), spans: z.array(span) })
export type WatchedTime = z.infer<typeof watchedTime>

/** Never unused in a time that is not watched: before `since`, and in the gaps. */
export type Watched = { readonly since?: string; readonly gaps: readonly Span[] }

/** The watching call comes every hour, and CloudTrail may take an hour to deliver it. */
const silenceMs = 3 * 60 * 60_000

/** Joins an instant that was watched to the spans near it. */
export function hear({ spans }: Pick<WatchedTime, 'spans'>, at: string): WatchedTime {
  const sorted = [...spans, { from: at, to: at }].sort((a, b) => (a.from < b.from ? -1 : 1))
  const joined: Span[] = []
  for (const next of sorted) {
    const last = joined.at(-1)
    const to = [next.to, last?.to ?? ''].sort().at(-1) ?? next.to
    if (last === undefined || isGap(last.to, next.from)) joined.push(next)
    else joined.splice(-1, 1, { from: last.from, to })
  }
  return { v: 1, spans: joined }
}

export function watchedUntil({ spans }: Pick<WatchedTime, 'spans'>, now: Date): Watched {
  const [first] = spans
  const ends = [...spans.slice(1).map(({ from }) => from), renderInstant(now)]
  const gaps = spans.map(({ to }, index) => ({ from: to, to: ends[index] ?? to }))
  return { ...(first && { since: first.from }), gaps: gaps.filter(({ from, to }) => isGap(from, to)) }
}

function isGap(from: string, to: string): boolean {
  return Date.parse(to) - Date.parse(from) > silenceMs
}

/** Without the times that ended before this date. A time that began before it begins there. */
export function forgetSpans(watched: WatchedTime, date: string): WatchedTime {
  const start = `${date}T00:00:00.000Z`
  const kept = watched.spans.filter(({ to }) => to >= start)
  return { ...watched, spans: kept.map(({ from, to }) => ({ from: from < start ? start : from, to })) }
}

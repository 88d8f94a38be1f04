import * as z from 'zod'
import { record } from '../../../domain/json/record.ts'
import { renderCsv } from '../../../domain/text/render-csv.ts'

/** One person's way from a request to access, or from leaving until no access is left. */
export type Passage = {
  readonly what: 'joined' | 'left'
  readonly month: string
  readonly person: string
  readonly personId: string
  /** The link, membership or request that asked for the access; or why the person left: `suspended`, or `left` the directory. */
  readonly by: string
  readonly from: string
  /** Absent: the way is not finished. */
  readonly until?: string | undefined
}

const count = z.int().min(0)
/** Times in seconds. Absent: nobody finished. */
const times = record({
  people: count,
  /** How many of these are not done yet. */
  open: count,
  p50: count.optional(),
  p95: count.optional(),
  worst: count.optional(),
})
export type LifecycleTimes = z.infer<typeof times>

/** `reports/lifecycle/<month>.json` */
export const lifecycleSummary = record({
  v: z.literal(1),
  month: z.string(),
  madeAt: z.iso.datetime(),
  joined: times,
  left: times,
  /** At that time: links, groups and permission sets whose owner is suspended, disabled or gone. Absent: unknown. */
  orphans: count.optional(),
  /** At that time: links that still exist after their `expiresAt`. */
  expired: count,
})
export type LifecycleSummary = z.infer<typeof lifecycleSummary>

type AbsenceEvent = { readonly at: string; readonly event: 'suspended' | 'restored' | 'left' | 'back' }
/** `back`: from this time, neither a file nor the directory says that the person has left. */
export type Absence = { readonly from: string; readonly by: 'suspended' | 'left'; back?: string }

/** An absence begins with the first of the two causes and ends when both are gone. */
export function listAbsences(events: readonly AbsenceEvent[]): readonly Absence[] {
  const absences: Absence[] = []
  const causes = new Set<string>()
  for (const { at, event } of events.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))) {
    const isThere = causes.size === 0
    if (event === 'suspended' || event === 'left') {
      causes.add(event)
      if (isThere) absences.push({ from: at, by: event })
      continue
    }
    causes.delete(event === 'restored' ? 'suspended' : 'left')
    const last = absences.at(-1)
    if (!isThere && causes.size === 0 && last) last.back = at
  }
  return absences
}

function secondsOf({ from, until }: Pick<Passage, 'from' | 'until'>): number | undefined {
  return until === undefined ? undefined : Math.max(0, Math.round((Date.parse(until) - Date.parse(from)) / 1000))
}

/** Percentiles by the nearest rank. */
export function summarizeTimes(passages: readonly Passage[]): LifecycleTimes {
  const seconds = passages.flatMap((one) => secondsOf(one) ?? []).sort((a, b) => a - b)
  const rank = (part: number) => seconds[Math.ceil(part * seconds.length) - 1]
  const known = { people: passages.length, open: passages.length - seconds.length }
  return seconds.length === 0 ? known : { ...known, p50: rank(0.5), p95: rank(0.95), worst: rank(1) }
}

/** Joiners first, then by the time of the beginning. */
export function renderPassages(passages: readonly Passage[]): string {
  const sorted = passages.toSorted((a, b) =>
    `${a.what} ${a.from} ${a.person}` < `${b.what} ${b.from} ${b.person}` ? -1 : 1,
  )
  return renderCsv([
    ['person', 'person id', 'what', 'from', 'until', 'seconds', 'by'],
    ...sorted.map((one) => {
      const { person, personId, what, from, until = '', by } = one
      return [person, personId, what, from, until, String(secondsOf(one) ?? ''), by]
    }),
  ])
}

export function describeLifecycle({
  joined,
  left,
  orphans,
  expired,
}: LifecycleSummary): readonly (readonly [string, string])[] {
  return [
    ['Joining to access', describeTimes(joined)],
    ['Leaving to nothing left', describeTimes(left)],
    ['Owners who are gone', orphans === undefined ? 'not known' : String(orphans)],
    ['Expired links still there', String(expired)],
  ]
}

function describeTimes({ people, open, p50, p95, worst }: LifecycleTimes): string {
  const who = people === 1 ? '1 person' : people === 0 ? 'nobody' : `${people} people`
  const notDone = open === 0 ? '' : `, ${open} not done`
  if (p50 === undefined || p95 === undefined || worst === undefined) return who + notDone
  return `p50 ${duration(p50)}, p95 ${duration(p95)}, worst ${duration(worst)} (${who}${notDone})`
}

function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`
}

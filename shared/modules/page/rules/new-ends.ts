import { count, hoursOf, sayInstant } from './say.ts'

type Extended = {
  /** When the access ends now. */
  readonly endsAt: string
  /** What the eligibility allows, counted from the grant of the extension. */
  readonly longest: string
  readonly nowMs: number
}
export type NewEnd = { readonly value: string; readonly label: string }

const hourMs = 60 * 60_000
const most = 'most'

/** The ends that an extension can have: all after the present one, and within what the eligibility allows. */
export function newEndsOf({ endsAt, longest, nowMs }: Extended): readonly NewEnd[] {
  const endMs = Date.parse(endsAt)
  const mostMs = nowMs + hoursOf(longest) * hourMs
  if (!(mostMs > endMs)) return []
  const later = [1, 2].map((hours) => ({ hours, atMs: endMs + hours * hourMs })).filter(({ atMs }) => atMs < mostMs)
  return [
    ...later.map(({ hours, atMs }) => {
      const value = new Date(atMs).toISOString()
      return { value, label: `+${count(hours, 'hour')}: ${sayInstant(value)}` }
    }),
    {
      value: most,
      label: `As long as possible: ${sayInstant(new Date(mostMs).toISOString())}`,
    },
  ]
}

/** The hours from now to a chosen end, in whole minutes; empty: none is chosen. */
export function hoursUntil(chosen: string, { longest, nowMs }: Pick<Extended, 'longest' | 'nowMs'>): string {
  if (chosen === '') return ''
  if (chosen === most) return String(hoursOf(longest))
  // The end may not come before the chosen one, nor after the last one possible.
  const hours = Math.ceil((Date.parse(chosen) - nowMs) / 60_000) / 60
  return String(Math.min(hours, hoursOf(longest)))
}

import * as z from 'zod'

const minuteMs = 60_000
const [hourMs, dayMs] = [60 * minuteMs, 24 * 60 * minuteMs]
export const durationMostDays = 30

/** Milliseconds of `PT8H`, `PT1H30M`, `P7D` or `P1DT12H` in ISO 8601. `undefined`: another text, zero, or over 30 days. */
export function parseIsoDuration(text: string): number | undefined {
  const match = /^P(?:(\d{1,2})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?)?$/.exec(text)
  if (match === null || text.endsWith('T')) return undefined
  const [, days = '0', hours = '0', minutes = '0'] = match
  const ms = Number(days) * dayMs + Number(hours) * hourMs + Number(minutes) * minuteMs
  return ms > 0 && ms <= durationMostDays * dayMs ? ms : undefined
}

/** The shortest form: 90 minutes are `PT1H30M`. Days only if they are whole. */
export function renderIsoDuration(ms: number): string {
  if (ms > 0 && ms % dayMs === 0) return `P${ms / dayMs}D`
  const minutes = Math.round(ms / minuteMs)
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60]
  return `PT${hours > 0 ? `${hours}H` : ''}${rest > 0 || hours === 0 ? `${rest}M` : ''}`
}

/** For fields of files. The text stays as written. */
export const isoDuration = z
  .string()
  .max(20)
  .refine((text) => parseIsoDuration(text) !== undefined)
export const isoDurationForm = 'hours and minutes, or days, as in "PT8H", "PT1H30M" or "P7D", at most 30 days'

/** The duration of a text as people write it, such as `8h`, `8 hours`, `90 min` or `2 days`. `undefined`: another text. */
export function durationOf(text: string): string | undefined {
  const [, digits = '', unit = ''] = /^(\d{1,5})\s*(m|h|d)(?:in|ins|inutes?|r|rs|ours?|ay|ays)?$/i.exec(text) ?? []
  const unitMs = { m: minuteMs, h: hourMs, d: dayMs }[unit.toLowerCase()]
  if (unitMs === undefined) return undefined
  const duration = renderIsoDuration(Number(digits) * unitMs)
  return parseIsoDuration(duration) === undefined ? undefined : duration
}

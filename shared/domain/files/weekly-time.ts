import * as z from 'zod'

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

/** Some hours of some days of every week, in a time zone. `until` before `from`: into the next day. */
export const weeklyTime = z
  .strictObject({
    days: z.array(z.enum(weekdays)).min(1).max(7),
    from: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
    until: z.string().regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/),
    zone: z.string().max(64).refine(isZone),
  })
  .refine(({ from, until }) => from !== until)
export type WeeklyTime = Readonly<z.infer<typeof weeklyTime>>

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }) !== undefined
  } catch {
    return false
  }
}

/** Whether it is that time, by the clocks of its zone. `from` is included, `until` is not. */
export function isAtTime({ days, from, until, zone }: WeeklyTime, at: Date): boolean {
  const { day, minute } = onClocks(zone, at)
  const [start, end] = [minuteOf(from), minuteOf(until)]
  const isOn = (index: number) => days.some((one) => one === weekdays[(index + 7) % 7])
  if (start < end) return isOn(day) && minute >= start && minute < end
  return (isOn(day) && minute >= start) || (isOn(day - 1) && minute < end)
}

/** A clock for each time zone. Making a clock takes longer than judging the rest of an eligibility. */
const clocks = new Map<string, Intl.DateTimeFormat>()

function clockOf(zone: string): Intl.DateTimeFormat {
  const known = clocks.get(zone)
  if (known) return known
  const made = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  })
  clocks.set(zone, made)
  return made
}

function onClocks(zone: string, at: Date): { readonly day: number; readonly minute: number } {
  const format = clockOf(zone)
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]))
  const day = weekdays.map(String).indexOf(parts.get('weekday')?.toLowerCase() ?? '')
  return { day, minute: minuteOf(`${parts.get('hour')}:${parts.get('minute')}`) }
}

function minuteOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return hours * 60 + minutes
}

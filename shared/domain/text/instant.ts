import * as z from 'zod'

// With an offset, the first and the last days of the calendar lie outside it in UTC. Their text form has a year of six digits (`+010000-…`),
// which sorts before all others.
const firstMs = Date.parse('0000-01-01T00:00:00.000Z')
const lastMs = Date.parse('9999-12-31T23:59:59.999Z')

function within(at: Date): Date {
  return new Date(Math.min(Math.max(at.getTime(), firstMs), lastMs))
}

/**
 * The form of instants in keys and bodies: UTC with milliseconds, so text order is time order. An instant outside the years 0000 to 9999
 * becomes the nearest one in them.
 */
export function renderInstant(at: Date): string {
  return within(at).toISOString()
}

/** The instant of what came before something that happens now: history is read in the order of its instants. */
export function renderJustBefore(now: Date): string {
  return renderInstant(new Date(now.getTime() - 1))
}

/** The end of a session lies that far ahead: rounding adds up to one minute, and the end of temporary access adds two. */
const aheadMostMs = 3 * 60_000

/** Whether an instant of a record that operators may write lies in the future. Nothing that ssofile writes there does. */
export function isAhead(at: string, now: Date): boolean {
  return Date.parse(at) - now.getTime() > aheadMostMs
}

/**
 * An instant that people write in a file: ISO 8601 with an offset, with or without seconds. The calendar is checked: there is no 30
 * February. HR systems write 9999-12-31 for "no end", in any time zone. A text outside the years 0000 to 9999 in UTC becomes the nearest
 * instant in them; any other text stays the same.
 */
export const givenInstant = z
  .union([z.iso.datetime({ offset: true }), z.iso.datetime({ offset: true, precision: -1 })])
  .overwrite((text) => {
    const at = new Date(text)
    return within(at).getTime() === at.getTime() ? text : renderInstant(at)
  })

import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { Refusal } from './refusal.ts'

/** An instant, or a day (its beginning, UTC). Throws Refusal. */
export function parseInstant(text: string): Date {
  const isInstant = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text)
  const instant = new Date(text)
  if (isInstant && !Number.isNaN(instant.getTime())) return instant
  throw new Refusal(
    `received the instant '${quote(text)}', expected a date or a time with its offset, such as 2026-03-03 or 2026-03-03T10:00:00Z`,
  )
}

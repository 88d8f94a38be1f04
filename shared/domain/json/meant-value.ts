import { durationOf } from '../text/iso-duration.ts'
import type { JsonValue } from './strict-json.ts'

/** The value of a field, if ssofile can compute it from another one. */
export type Wanted = 'a list' | 'a number' | 'true or false' | 'a duration' | 'a scope'

/**
 * The value that the author most likely meant, as JSON. `undefined`: nobody can say.
 *
 * | wanted        | received                  | meant                    |
 * | ------------- | ------------------------- | ------------------------ |
 * | a list        | `"Billing-ps"`            | `["Billing-ps"]`         |
 * | a number      | `"14"`                    | `14`                     |
 * | true or false | `"true"`, `"yes"`         | `true`                   |
 * | a duration    | `"8h"`, `"90 minutes"`    | `"PT8H"`, `"PT1H30M"`    |
 * | a scope       | `"233000000001"`          | `"account%233000000001"` |
 */
export function meantValue(wanted: Wanted | undefined, value: JsonValue): string | undefined {
  const text = typeof value === 'string' ? value.trim() : undefined
  switch (wanted) {
    case 'a list':
      return text ? `[${JSON.stringify(value)}]` : undefined
    case 'a number':
      return text && /^(0|[1-9]\d{0,8})$/.test(text) ? text : undefined
    case 'true or false':
      if (text === undefined) return undefined
      if (/^(true|yes)$/i.test(text)) return 'true'
      return /^(false|no)$/i.test(text) ? 'false' : undefined
    case 'a duration': {
      const duration = text && durationOf(text)
      return duration && `"${duration}"`
    }
    case 'a scope':
      return text && scopeOf(text)
    case undefined:
      return undefined
    default:
      return wanted satisfies never
  }
}

function scopeOf(text: string): string | undefined {
  if (/^\d{12}$/.test(text)) return `"account%${text}"`
  if (/^ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}$/.test(text)) return `"ou_id%${text}"`
  return /^(r-[a-z0-9]{4,32}|root|all)$/.test(text) ? '"root%all"' : undefined
}

import { InvalidArgumentError } from 'commander'
import { durationMostDays, parseIsoDuration } from '../../../shared/domain/text/iso-duration.ts'

/** A parser for an option that takes a duration, such as `4h`, `90m`, `1h30m` or `2d`; answers ISO 8601. */
export function parseDuration(text: string): string {
  const [, days, hours, minutes] = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?$/i.exec(text) ?? []
  const time = `${hours === undefined ? '' : `${hours}H`}${minutes === undefined ? '' : `${minutes}M`}`
  const iso = `P${days === undefined ? '' : `${days}D`}${time === '' ? '' : `T${time}`}`
  const written = iso === 'P' ? text : iso
  if (parseIsoDuration(written) !== undefined) return written
  throw new InvalidArgumentError(
    `expected hours, minutes or days, such as 4h, 1h30m or 2d, at most ${durationMostDays}d`,
  )
}

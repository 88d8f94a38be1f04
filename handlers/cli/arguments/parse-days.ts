import { InvalidArgumentError } from 'commander'
import { unusedDaysMost } from '../../../shared/domain/account-facts/tracked-days.ts'

/** A parser for an option that takes days, such as `90d`. */
export function parseDays(text: string): number {
  const days = Number(/^(\d+)d$/.exec(text)?.[1])
  if (days >= 1 && days <= unusedDaysMost) return days
  throw new InvalidArgumentError(`expected days from 1d to ${unusedDaysMost}d, such as 90d: IAM keeps no older data`)
}

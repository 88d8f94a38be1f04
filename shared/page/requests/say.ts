const minuteMs = 60_000
const units = [
  ['day', 24 * 60],
  ['hour', 60],
  ['minute', 1],
] as const

/** The age in the largest unit: `3 hours ago`. */
export function sayAge(fromMs: number, nowMs: number): string {
  const minutes = Math.floor((nowMs - fromMs) / minuteMs)
  const [unit, length] = units.find(([, least]) => minutes >= least) ?? []
  return unit === undefined ? 'just now' : `${count(Math.floor(minutes / length), unit)} ago`
}

/** `PT1H30M` as `1 hour 30 minutes`; other text stays unchanged. */
export function sayDuration(iso: string): string {
  const [, ...numbers] = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$/.exec(iso) ?? []
  const parts = units.flatMap(([unit], place) => (numbers[place] ? count(Number(numbers[place]), unit) : []))
  return parts.join(' ') || iso
}

/** `account%233000000002` as `account 233000000002`, and so on. */
export function sayScope(scope: string, accountName?: string): string {
  const [kind = '', ...rest] = scope.split('%')
  const value = rest.join('%')
  if (kind === 'root') return 'all accounts'
  if (kind === 'account') return accountName ? `${accountName} (${value})` : `account ${value}`
  if (kind === 'ou_id') return `accounts of ${value}`
  if (kind === 'account_tag') return `accounts with the tag ${value.replace('^', ' = ')}`
  return kind === 'select' ? `accounts that the selector ${value} chooses` : scope
}

/** In the reader's time zone and language. */
export function sayInstant(instant: string): string {
  const date = new Date(instant)
  if (Number.isNaN(date.getTime())) return instant
  return date.toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' })
}

function count(number: number, unit: string): string {
  return `${number} ${unit}${number === 1 ? '' : 's'}`
}

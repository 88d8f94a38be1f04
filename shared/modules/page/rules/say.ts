const minuteMs = 60_000
const units = [
  ['day', 24 * 60],
  ['hour', 60],
  ['minute', 1],
] as const

/** The age in the largest unit: `3 hours ago`. */
export function sayAge(fromMs: number, nowMs: number): string {
  const told = sayLargest(nowMs - fromMs)
  return told === undefined ? 'just now' : `${told} ago`
}

/** The rest in two units: `2 hours 5 minutes`. */
export function sayRest(untilMs: number, nowMs: number): string {
  const minutes = Math.floor((untilMs - nowMs) / minuteMs)
  if (minutes < 1) return 'less than a minute'
  const parts = units.flatMap(([unit, length], place) => {
    const larger = units[place - 1]?.[1]
    const number = Math.floor((larger === undefined ? minutes : minutes % larger) / length)
    return number > 0 ? [count(number, unit)] : []
  })
  return parts.slice(0, 2).join(' ')
}

function sayLargest(ms: number): string | undefined {
  const minutes = Math.floor(ms / minuteMs)
  const [unit, length] = units.find(([, least]) => minutes >= least) ?? []
  return unit === undefined ? undefined : count(Math.floor(minutes / length), unit)
}

/** `PT1H30M` as `1 hour 30 minutes`; other text stays unchanged. */
export function sayDuration(iso: string): string {
  const [, ...numbers] = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$/.exec(iso) ?? []
  const parts = units.flatMap(([unit], place) => (numbers[place] ? count(Number(numbers[place]), unit) : []))
  return parts.join(' ') || iso
}

/** `PT1H30M` in hours. */
export function hoursOf(iso: string): number {
  const [, days = 0, hours = 0, minutes = 0] = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$/.exec(iso) ?? []
  return Number(days) * 24 + Number(hours) + Number(minutes) / 60
}

/** `account%233000000002` as `ledger-prod (233000000002)`, or as `account 233000000002` without its name, and so on. */
export function sayScope(scope: string, accounts: Readonly<Record<string, string>> = {}): string {
  const [kind = '', ...rest] = scope.split('%')
  const value = rest.join('%')
  if (kind === 'root') return 'all accounts'
  if (kind === 'account') return accounts[value] ? `${accounts[value]} (${value})` : `account ${value}`
  if (kind === 'ou_id') return `accounts of ${value}`
  if (kind === 'account_tag') return `accounts with the tag ${value.replace('^', ' = ')}`
  return kind === 'select' ? `accounts that the selector ${value} chooses` : scope
}

/** In the reader's time zone. */
export function sayInstant(instant: string | undefined): string {
  if (!instant) return ''
  const date = new Date(instant)
  if (Number.isNaN(date.getTime())) return instant
  return date.toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' })
}

export function sayDay(instant: string | undefined): string {
  return !instant ? '' : new Date(instant).toLocaleDateString('en-GB', { dateStyle: 'medium' })
}

/** The beginning of access. `knownSince`: ssofile saw it then for the first time. */
export function saySince({ since, knownSince }: { readonly since?: string; readonly knownSince?: string }): string {
  return sayDay(since) || (knownSince ? `known since ${sayDay(knownSince)}` : 'not known')
}

/** The last two units of a path: under an account, the whole one takes several lines. */
export function sayUnits(path: string): string {
  const units = path.split('/')
  return units.length > 2 ? `…/${units.slice(-2).join('/')}` : path
}

export function count(number: number, unit: string): string {
  return `${number.toLocaleString('en-US')} ${unit}${number === 1 ? '' : 's'}`
}

/** The parts of a link. A name may contain percent signs. */
export function partsOf(linkData: string) {
  const [kind = '', value = '', permissionSet = '', ...rest] = linkData.split('%')
  return {
    scope: `${kind}%${value}`,
    account: kind === 'account' ? value : undefined,
    permissionSet,
    user: rest.slice(0, -2).join('%'),
  }
}

import { matchesTicketPattern } from '../../../domain/text/glob.ts'
import { saysSomething } from '../../../domain/text/says-something.ts'
import { hoursOf, sayDuration } from './say.ts'
import type { ToldEligibility } from './told.ts'

export type AskFields = {
  /** `account%233000000002`, another scope as links write it, or the 12 digits of an account. */
  readonly scope: string
  readonly permissionSet: string
  readonly hours: string
  readonly reason: string
  readonly ticket: string
  readonly incident: string
  /** Local time as `2026-11-28T09:00`; empty: as soon as it is granted. */
  readonly startsAt: string
}
export const noFields: AskFields = {
  scope: '',
  permissionSet: '',
  hours: '1',
  reason: '',
  ticket: '',
  incident: '',
  startsAt: '',
}

export type AskFaults = { readonly [field in keyof AskFields]?: string }

/** All faults that the person can see at once, each at its field. ssofile decides whether the person is eligible. */
export function findFaults(fields: AskFields, eligibility: ToldEligibility | undefined): AskFaults {
  const hours = Number(fields.hours.replace(',', '.'))
  const longest = eligibility?.longest
  const faults: Record<keyof AskFields, string | undefined> = {
    scope: scopeFault(scopeOf(fields)),
    permissionSet:
      fields.permissionSet === '' || /[*?%]/.test(fields.permissionSet)
        ? 'Choose one permission set; its name has no *, ? or %.'
        : undefined,
    hours: !(hours > 0)
      ? 'Write how many hours, such as 4 or 0.5.'
      : longest !== undefined && hours > hoursOf(longest)
        ? `At most ${sayDuration(longest)}.`
        : undefined,
    reason: needed('reason', fields, eligibility),
    ticket: needed('ticket', fields, eligibility) ?? ticketFault(fields.ticket, eligibility?.ticketPattern),
    incident: needed('incident', fields, eligibility),
    startsAt:
      fields.startsAt === '' || !Number.isNaN(Date.parse(fields.startsAt)) ? undefined : 'Write a date and a time.',
  }
  return Object.fromEntries(Object.entries(faults).filter(([, text]) => text !== undefined))
}

function scopeFault(scope: string): string | undefined {
  const [, digits] = /^(?:account%)?(\d+)$/.exec(scope) ?? []
  if (digits !== undefined && digits.length !== 12)
    return `An account has 12 digits; this has ${digits.length}.${digits.length < 12 ? ' Spreadsheets drop leading zeros.' : ''}`
  return /^[a-z_]+%[^%]*$/.test(scope) ? undefined : 'Choose an account.'
}

function needed(name: 'reason' | 'ticket' | 'incident', fields: AskFields, eligibility: ToldEligibility | undefined) {
  const isMissing = eligibility?.needs.includes(name) === true && !saysSomething(fields[name])
  return isMissing ? `Write the ${name}: this access needs one.` : undefined
}

function ticketFault(ticket: string, pattern: string | undefined): string | undefined {
  if (pattern === undefined || ticket.trim() === '') return undefined
  return matchesTicketPattern(pattern)(ticket.trim()) ? undefined : `Write it like ${pattern}.`
}

/** The body of `POST /requests`. */
export function askFor(fields: AskFields, user: string, action: 'ask' | 'extend'): object {
  const { permissionSet, hours, startsAt, reason, ticket, incident } = fields
  const minutes = Math.round(Number(hours.replace(',', '.')) * 60)
  const texts = Object.entries({ reason, ticket, incident }).map(([name, text]) => [name, text.trim()] as const)
  const requestDetails = {
    duration: renderDuration(minutes),
    ...Object.fromEntries(texts.filter(([, text]) => text !== '')),
    ...(startsAt === '' ? {} : { startsAt: new Date(startsAt).toISOString() }),
  }
  return { action, linkData: `${scopeOf(fields)}%${permissionSet}%${user}%USER%ssofile`, requestDetails }
}

function scopeOf({ scope }: AskFields): string {
  return /^\d{12}$/.test(scope.trim()) ? `account%${scope.trim()}` : scope.trim()
}

/** Hours and minutes in ISO 8601. */
function renderDuration(minutes: number): string {
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60]
  return `PT${hours > 0 ? `${hours}H` : ''}${rest > 0 ? `${rest}M` : ''}`
}

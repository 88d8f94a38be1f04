import { findPlace, type OfferedScope } from './find-place.ts'

export type AskFields = {
  readonly where: string
  readonly permissionSet: string
  readonly hours: string
  readonly reason: string
  readonly ticket: string
  readonly incident: string
  /** As a browser's field for date and time has it: in local time, without an offset. */
  readonly startsAt: string
}

type Asking = {
  readonly user: string
  /** Those that the form offers. */
  readonly places: readonly OfferedScope[]
  readonly action?: 'ask' | 'extend'
}
type AskBody =
  | { readonly ok: true; readonly body: object }
  | { readonly ok: false; readonly field: keyof AskFields; readonly message: string }

/** What `POST /requests` takes; whether the person is eligible, ssofile decides. */
export function askFor(
  { where, permissionSet, hours, startsAt, ...texts }: AskFields,
  { user, places, action = 'ask' }: Asking,
): AskBody {
  const place = findPlace(where, places)
  if (!place.ok) return { ok: false, field: 'where', message: place.message }
  if (permissionSet === '' || /[*?%]/.test(permissionSet))
    return { ok: false, field: 'permissionSet', message: 'Write the name of one permission set, without * and ?.' }
  const minutes = Math.round(Number(hours.replace(',', '.')) * 60)
  if (!(minutes > 0)) return { ok: false, field: 'hours', message: 'Write how many hours, such as 4 or 0.5.' }
  const given = Object.entries(texts).flatMap(([name, text]) => (text.trim() === '' ? [] : [[name, text.trim()]]))
  const requestDetails = {
    duration: renderDuration(minutes),
    ...Object.fromEntries(given),
    ...(startsAt === '' ? {} : { startsAt: new Date(startsAt).toISOString() }),
  }
  const linkData = `${place.scope}%${permissionSet}%${user}%USER%ssofile`
  return { ok: true, body: { action, linkData, requestDetails } }
}

/** In hours and minutes, as ISO 8601 writes it. */
function renderDuration(minutes: number): string {
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60]
  return `PT${hours > 0 ? `${hours}H` : ''}${rest > 0 ? `${rest}M` : ''}`
}

import { findPlace, type OfferedScope } from './find-place.ts'

export type AskFields = {
  readonly where: string
  readonly permissionSet: string
  readonly hours: string
  readonly reason: string
  readonly ticket: string
  readonly incident: string
  /** In the form of a browser's field for date and time: local time, without an offset. */
  readonly startsAt: string
}

type Asking = {
  readonly user: string
  /** The places that the form offers. */
  readonly places: readonly OfferedScope[]
  readonly action?: 'ask' | 'extend'
}
type AskBody =
  | { readonly ok: true; readonly body: object }
  | { readonly ok: false; readonly field: keyof AskFields; readonly message: string }

/** The body of `POST /requests`; ssofile decides whether the person is eligible. */
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

/** Hours and minutes in ISO 8601. */
function renderDuration(minutes: number): string {
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60]
  return `PT${hours > 0 ? `${hours}H` : ''}${rest > 0 ? `${rest}M` : ''}`
}

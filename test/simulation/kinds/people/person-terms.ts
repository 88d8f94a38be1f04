/** A person's file in the plainest form. Shares no code with the product. */
export type PersonTerms = {
  readonly profile: Readonly<Record<string, string>>
  readonly startsMs: number
  readonly endsMs: number
}
export type PersonFile = PersonTerms | 'none' | 'invalid'
export type Phase = 'none' | 'invalid' | 'not begun' | 'in force' | 'ended'

const fieldsOfProfile = [
  'displayName',
  'givenName',
  'familyName',
  'email',
  'title',
  'department',
  'userType',
  'manager',
]

/** The files of this simulation are valid, or lack a contractor's end, or end before they begin, or are no JSON. */
export function readPersonFile(text: string | undefined): PersonFile {
  if (text === undefined) return 'none'
  try {
    const body: Readonly<Record<string, string>> = JSON.parse(text)
    const startsMs = Date.parse(body.startsAt ?? '1970-01-01')
    const endsMs = Date.parse(body.endsAt ?? '9999-01-01')
    const lacksEnd = body.userType === 'contractor' && (body.endsAt === undefined || body.sponsor === undefined)
    if (lacksEnd || endsMs <= startsMs) return 'invalid'
    const profile = fieldsOfProfile.flatMap((field) => (body[field] === undefined ? [] : [[field, body[field]]]))
    return { profile: Object.fromEntries(profile), startsMs, endsMs }
  } catch {
    return 'invalid'
  }
}

export function phaseAt(file: PersonFile, atMs: number): Phase {
  if (typeof file === 'string') return file
  if (atMs < file.startsMs) return 'not begun'
  return atMs < file.endsMs ? 'in force' : 'ended'
}

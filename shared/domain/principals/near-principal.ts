import { nearMatcher } from '../text/near-match.ts'

type Listed = { readonly name: string; readonly displayName?: string | undefined }

/**
 * The name of the group or user that a person most likely meant. In this order: the only one with this display name; the near match; the
 * user name that is near up to its `@` (`kenji.ito` for `kenji.ito@acme.example`); the same again for the name decoded as in a URL. A hint
 * for people: never act on it.
 */
export function nearPrincipal(received: string, principals: Iterable<Listed>): string | undefined {
  return principalMatcher(principals)(received)
}

/** Like `nearPrincipal`, for many names. The principals are prepared once. */
export function principalMatcher(principals: Iterable<Listed>): (received: string) => string | undefined {
  const listed = [...principals]
  const all = listed.map(({ name }) => name)
  const displayed = Map.groupBy(listed, ({ displayName = '' }) => displayName.toLowerCase())
  const wholeOf = new Map<string, string>()
  for (const name of all.toSorted().reverse()) if (name.includes('@')) wholeOf.set(name.replace(/@.*$/s, ''), name)
  const matchWhole = nearMatcher(all)
  const matchPart = nearMatcher(wholeOf.keys())
  const match = (received: string) => {
    const [only, ...others] = received === '' ? [] : (displayed.get(received.toLowerCase()) ?? [])
    if (only && others.length === 0) return only.name
    const near = matchWhole(received)
    if (near !== undefined || received.includes('@')) return near
    const part = matchPart(received)
    return part === undefined ? undefined : wholeOf.get(part)
  }
  return (received) => match(received) ?? (isEncoded.test(received) ? match(decode(received)) : undefined)
}

const isEncoded = /%[0-9a-f]{2}/i

/** Returns text that is not valid in a URL as it is. */
function decode(received: string): string {
  try {
    return decodeURIComponent(received)
  } catch {
    return received
  }
}

/** The end of a sentence about a missing name. Empty: no name is near. */
export function renderNear(received: string, near: string | undefined): string {
  if (near === undefined) return ''
  const isSame = near.normalize('NFC') === received.normalize('NFC')
  return `; did you mean '${near}'?${isSame ? ' It is the same letters in another Unicode form.' : ''}`
}

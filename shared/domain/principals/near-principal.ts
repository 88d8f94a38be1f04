import { nearMatcher } from '../text/near-match.ts'

/**
 * The group or user that a person most likely meant: the near match, else the user name that is near up to its `@`
 * (`kenji.ito` for `kenji.ito@acme.example`). A hint for people: never act on it.
 */
export function nearPrincipal(received: string, names: Iterable<string>): string | undefined {
  return principalMatcher(names)(received)
}

/** The same for many names among the same ones, which are prepared once. */
export function principalMatcher(names: Iterable<string>): (received: string) => string | undefined {
  const all = [...names]
  const wholeOf = new Map<string, string>()
  for (const name of all.toSorted().reverse()) if (name.includes('@')) wholeOf.set(name.replace(/@.*$/s, ''), name)
  const matchWhole = nearMatcher(all)
  const matchPart = nearMatcher(wholeOf.keys())
  return (received) => {
    const near = matchWhole(received)
    if (near !== undefined || received.includes('@')) return near
    const part = matchPart(received)
    return part === undefined ? undefined : wholeOf.get(part)
  }
}

/** The end of a sentence that says that a name is missing; empty: nothing is near. */
export function renderNear(received: string, near: string | undefined): string {
  if (near === undefined) return ''
  const isSame = near.normalize('NFC') === received.normalize('NFC')
  return `; did you mean '${near}'?${isSame ? ' It is the same letters in another Unicode form.' : ''}`
}

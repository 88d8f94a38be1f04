/** What stands between the percent signs of a link or ledger key, as text, not yet judged. */
export type LinkFields = Readonly<Record<'scope' | 'value' | 'permissionSet' | 'principal' | 'type' | 'suffix', string>>

/** A folder is what stands before the last `/` before the first `%`. */
export function splitFolder(name: string): { readonly folder: string | undefined; readonly rest: string } {
  const percent = name.indexOf('%')
  const slash = name.lastIndexOf('/', percent === -1 ? name.length : percent)
  return slash === -1
    ? { folder: undefined, rest: name }
    : { folder: name.slice(0, slash), rest: name.slice(slash + 1) }
}

/** Three fields from the left, two from the right, the principal between. `undefined`: fewer than six. Linear time. */
export function splitLinkFields(rest: string): LinkFields | undefined {
  const first = rest.indexOf('%')
  const second = first === -1 ? -1 : rest.indexOf('%', first + 1)
  const third = second === -1 ? -1 : rest.indexOf('%', second + 1)
  const last = rest.lastIndexOf('%')
  const beforeLast = last < 1 ? -1 : rest.lastIndexOf('%', last - 1)
  if (third === -1 || beforeLast <= third) return undefined
  return {
    scope: rest.slice(0, first),
    value: rest.slice(first + 1, second),
    permissionSet: rest.slice(second + 1, third),
    principal: rest.slice(third + 1, beforeLast),
    type: rest.slice(beforeLast + 1, last),
    suffix: rest.slice(last + 1),
  }
}

export function joinLinkFields({ scope, value, permissionSet, principal, type, suffix }: LinkFields): string {
  return [scope, value, permissionSet, principal, type, suffix].join('%')
}

/** The texts between the percent signs of a link or ledger key, not parsed yet. */
export type LinkFields = Readonly<Record<'scope' | 'value' | 'permissionSet' | 'principal' | 'type' | 'suffix', string>>

/** The folder is the text before the last `/` that precedes the first `%`. */
export function splitFolder(name: string): { readonly folder: string | undefined; readonly rest: string } {
  const percent = name.indexOf('%')
  const slash = name.lastIndexOf('/', percent === -1 ? name.length : percent)
  return slash === -1
    ? { folder: undefined, rest: name }
    : { folder: name.slice(0, slash), rest: name.slice(slash + 1) }
}

/** Three fields from the left, two from the right, the principal between them. `undefined`: fewer than six. Linear time. */
export function splitLinkFields(rest: string): LinkFields | undefined {
  const match = /^([^%]*)%([^%]*)%([^%]*)%(.*)%([^%]*)%([^%]*)$/s.exec(rest)
  if (match === null) return undefined
  const [, scope = '', value = '', permissionSet = '', principal = '', type = '', suffix = ''] = match
  return { scope, value, permissionSet, principal, type, suffix }
}

export function joinLinkFields({ scope, value, permissionSet, principal, type, suffix }: LinkFields): string {
  return [scope, value, permissionSet, principal, type, suffix].join('%')
}

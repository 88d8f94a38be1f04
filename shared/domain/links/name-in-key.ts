/**
 * A name as it stands in a key under `history/` or `changes/`: a `/` would reach into another name's listing. `/` becomes
 * `%2F`; so that no other name looks like that, a `%2F` in a name becomes `%252F`, a `%252F` becomes `%25252F`, and so on.
 * All other names stay as they are. No two names become one.
 */
export function renderNameInKey(name: string): string {
  return name.replace(/%(?=(?:25)*2F)/g, '%25').replaceAll('/', '%2F')
}

/** The name that stands so in a key. */
export function parseNameInKey(text: string): string {
  return text.replaceAll('%2F', '/').replace(/%25(?=(?:25)*2F)/g, '%')
}

/**
 * A name as a part of a key. A `/` would reach into another name's listing, so `/` becomes `%2F`. To keep names apart, a `%2F` in a name
 * becomes `%252F`, a `%252F` becomes `%25252F`, and so on. All other names stay as they are.
 */
export function withoutSlashes(name: string): string {
  return name.replace(/%(?=(?:25)*2F)/g, '%25').replaceAll('/', '%2F')
}

/** The name that `withoutSlashes` was given; of a name that `renderNameInKey` cut, the beginning and a hash. */
export function parseNameInKey(text: string): string {
  return text.replaceAll('%2F', '/').replace(/%25(?=(?:25)*2F)/g, '%')
}

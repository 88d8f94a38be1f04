import { createHash } from 'node:crypto'

/**
 * S3 allows keys of 1,024 bytes (S3 User Guide, "Naming Amazon S3 objects"), and Identity Center names of 1,024 letters ("Identity Store API
 * Reference", Group). This leaves room for what stands beside a name in a key.
 */
const nameMostBytes = 850

/**
 * A name in a key of ssofile's. A `/` would reach into another name's listing, so `/` becomes `%2F`. To keep names apart, a `%2F` in a name
 * becomes `%252F`, a `%252F` becomes `%25252F`, and so on. All other names stay as they are, unless they are too long: these end with `…` and
 * a hash. So compare names in this form.
 */
export function renderNameInKey(name: string): string {
  const whole = withoutSlashes(name)
  if (Buffer.byteLength(whole) <= nameMostBytes) return whole
  const end = `…${createHash('sha256').update(name).digest('hex').slice(0, 32)}`
  const letters = [...name].slice(0, nameMostBytes)
  while (Buffer.byteLength(withoutSlashes(letters.join('')) + end) > nameMostBytes) letters.pop()
  return withoutSlashes(letters.join('')) + end
}

function withoutSlashes(name: string): string {
  return name.replace(/%(?=(?:25)*2F)/g, '%25').replaceAll('/', '%2F')
}

/** Only the beginning of a name that is too long. */
export function parseNameInKey(text: string): string {
  return text.replaceAll('%2F', '/').replace(/%25(?=(?:25)*2F)/g, '%')
}

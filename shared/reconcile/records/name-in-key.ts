import { createHash } from 'node:crypto'
import { withoutSlashes } from '../../domain/links/name-in-key.ts'

/**
 * Keys have at most 1,024 bytes, and names of Identity Center 1,024 letters ("Identity Store API Reference", Group). This leaves room for
 * what stands beside a name in a key.
 */
const nameMostBytes = 850

/** A name in a key of ssofile's. A name that is too long ends with `…` and a hash, so compare names in this form. */
export function renderNameInKey(name: string): string {
  const whole = withoutSlashes(name)
  if (Buffer.byteLength(whole) <= nameMostBytes) return whole
  const end = `…${createHash('sha256').update(name).digest('hex').slice(0, 32)}`
  const letters = [...name].slice(0, nameMostBytes)
  while (Buffer.byteLength(withoutSlashes(letters.join('')) + end) > nameMostBytes) letters.pop()
  return withoutSlashes(letters.join('')) + end
}

import * as z from 'zod'
import { jsonNames } from '../json/json-names.ts'
import { type Complaint, quote } from '../statuses/complaint.ts'

/** The name in `selectors/<name>.json`, and in the links that use the selector. */
export const selectorName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/)
  .brand<'SelectorName'>()
export type SelectorName = z.infer<typeof selectorName>

/** Names of eligibilities have the same form. */
export const nameForm = '1 to 64 letters (A to Z, a to z), digits, _ or -, the first a letter or a digit'
export const selectorNameForm = `the name of a selector: ${nameForm}`

/** The fault in the name of a file `<prefix><name>.json`, of a selector or an eligibility. */
export function complainAboutName(key: string, prefix: string, expected: string): Complaint | undefined {
  const name = jsonNames(prefix).nameIn(key)
  if (selectorName.safeParse(name).success) return undefined
  return {
    object: key,
    received: `the name '${quote(name)}'`,
    expected,
    remedy: `upload it again under ${prefix} with another name, then delete this one`,
  }
}

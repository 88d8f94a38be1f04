import * as z from 'zod'

/** Of the file `selectors/<name>.json`, and in the links that name it. */
export const selectorName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/)
  .brand<'SelectorName'>()
export type SelectorName = z.infer<typeof selectorName>

/** Eligibilities have such names, too. */
export const nameForm = '1 to 64 letters (A to Z, a to z), digits, _ or -, the first a letter or a digit'
export const selectorNameForm = `the name of a selector: ${nameForm}`

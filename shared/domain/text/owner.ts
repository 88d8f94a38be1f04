import * as z from 'zod'
import type { JsonRule } from '../json/json-faults.ts'

const ownerMost = 256

/** The owner of a link, group or permission set: a user name or a group's name, exactly as in links, or any text. */
export const ownerText = z
  .string()
  .min(1)
  .max(ownerMost)
  .regex(/^\P{Cc}*$/u)

export const ownerRule: JsonRule = {
  expected: `one line of text, 1 to ${ownerMost} characters`,
  remedy: () => 'write who answers for it: a user name or the name of a group, or leave the field out',
}

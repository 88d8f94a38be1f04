import { type JsonRule, rule } from '../json/json-faults.ts'
import { line } from './one-line.ts'

const ownerMost = 256

/** The owner of a link, group or permission set: a user name or a group's name, exactly as in links, or any text. */
export const ownerText = line(ownerMost).min(1)

export const ownerRule: JsonRule = rule(
  `one line of text, 1 to ${ownerMost} characters`,
  'write who answers for it: a user name or the name of a group, or leave the field out',
)

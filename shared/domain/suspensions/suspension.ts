import * as z from 'zod'
import { type JsonRules, rule } from '../json/json-faults.ts'
import { parseJsonFile } from '../json/parse-json.ts'
import { isFolderMarker } from '../links/link.ts'
import { isNameOf, type PrincipalName, principalName } from '../principals/principal.ts'
import { type Parsed, parsed, quote, refused } from '../statuses/complaint.ts'
import { line, lineRule } from '../text/one-line.ts'

export const suspensionPrefix = 'suspended/'
export const suspensionMostBytes = 4 * 1024
/** Identity Store API Reference, CreateUser: a UserName has at most 128 characters. */
const nameMost = 128

/** The optional content of a suspension. The file suspends the user by being there, even if it is empty or invalid. */
export const suspensionSchema = z.strictObject({ reason: line(1000).optional(), ticket: line(200).optional() })
export type SuspensionBody = z.infer<typeof suspensionSchema>

/** While this object exists, ssofile gives the user nothing. */
export function suspensionKey(name: PrincipalName): string {
  return suspensionPrefix + name
}

/** The user name in a key under `suspended/`, spelled as in links, without `principalSuffix`. A folder marker names nobody. */
export function parseSuspensionKey(key: string): Parsed<PrincipalName> {
  const text = key.slice(suspensionPrefix.length)
  const name = principalName.safeParse(text)
  const isName = isNameOf('USER', text) && !isFolderMarker(key)
  if (key.startsWith(suspensionPrefix) && name.success && isName) return parsed(name.data)
  return refused({
    object: key,
    received: `the name '${quote(text)}'`,
    expected: `suspended/<user name>, the exact user name: at most ${nameMost} printable characters in Unicode normal form NFC`,
    remedy: 'suspend the person with ssofile suspend, which finds the name; delete this one',
  })
}

export function parseSuspensionBody(key: string, body: Uint8Array, sizeBytes = body.length): Parsed<SuspensionBody> {
  if (sizeBytes === 0) return parsed({})
  const limit = { mostBytes: suspensionMostBytes, remedy: 'shorten the reason' }
  return parseJsonFile({ key, body, sizeBytes }, limit, suspensionSchema, suspensionRules)
}

export const suspensionRules: JsonRules = {
  $: rule(
    'one JSON object with the fields reason or ticket, or an empty file',
    'write { "reason": "…", "ticket": "…" }, or upload an empty file',
  ),
  '$.reason': lineRule(1000),
  '$.ticket': lineRule(200),
}

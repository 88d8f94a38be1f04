import * as z from 'zod'
import type { JsonRules } from '../json/json-faults.ts'
import { parseJsonFile } from '../json/parse-json.ts'
import { record } from '../json/record.ts'
import { principalId } from '../principals/identity-center-ids.ts'
import { isNameOf, type PrincipalName, principalName } from '../principals/principal.ts'
import { type Parsed, parsed, quote, refused } from '../statuses/complaint.ts'
import { ownerRule, ownerText } from '../text/owner.ts'

export const groupPrefix = 'groups/'
export const groupMostBytes = 16 * 1024
const ending = '.json'
/** A key has room for fewer than the 1,024 characters of a DisplayName. */
const nameMostBytes = 700
/** Identity Store API Reference, "CreateGroup": no group can be called so. */
const reserved: ReadonlySet<string> = new Set(['Administrator', 'AWSAdministrators'])

/** What the file of a group says. The name of the file is the name of the group. */
export const groupFileSchema = z.strictObject({
  /** For editors. */
  $schema: z.string().optional(),
  /** Identity Store API Reference, "CreateGroup". */
  description: z
    .string()
    .min(1)
    .max(1024)
    .regex(/^[\p{L}\p{M}\p{S}\p{N}\p{P}\t\n\r ]+$/u)
    .optional(),
  owner: ownerText.optional(),
})
export type GroupFile = z.infer<typeof groupFileSchema>

export function groupKey(name: PrincipalName): string {
  return `${groupPrefix}${name}${ending}`
}

/** The group that a key under `groups/` names: exactly as in links, without `principalSuffix`. */
export function parseGroupKey(key: string): Parsed<PrincipalName> {
  return parseGroupNameIn(groupPrefix, key)
}

export function parseGroupNameIn(prefix: string, key: string): Parsed<PrincipalName> {
  const text = key.slice(prefix.length, -ending.length)
  const isName =
    isNameOf('GROUP', text) && !text.includes('/') && Buffer.byteLength(text) <= nameMostBytes && !reserved.has(text)
  const name = principalName.safeParse(text)
  if (key.startsWith(prefix) && key.endsWith(ending) && name.success && isName) return parsed(name.data)
  return refused({
    object: key,
    received: `the name '${quote(key.slice(prefix.length))}'`,
    expected: `${prefix}<group>.json, the exact name of a group: at most ${nameMostBytes} bytes of letters, marks, digits, symbols, punctuation and spaces, in NFC, without / and invisible characters, and not one of ${[...reserved].join(', ')}`,
    remedy: 'upload it again under such a name, then delete this one',
  })
}

/** An empty file says nothing, and asks for the group all the same. */
export function parseGroupFile(key: string, body: Uint8Array, sizeBytes = body.length): Parsed<GroupFile> {
  if (sizeBytes === 0) return parsed({})
  const limit = { mostBytes: groupMostBytes, remedy: 'shorten the description' }
  return parseJsonFile({ key, body, sizeBytes }, limit, groupFileSchema, groupRules)
}

export const groupRules: JsonRules = {
  $: {
    expected: 'one JSON object with the fields description or owner, or an empty file',
    remedy: () => 'write { "description": "…", "owner": "…" }, or upload an empty file',
  },
  '$.$schema': { expected: 'a text', remedy: () => 'write the path of the schema' },
  '$.description': {
    expected: '1 to 1024 characters without control characters',
    remedy: () => 'write it in double quotes, or leave the field out',
  },
  '$.owner': ownerRule,
}

/** One object for each group that ssofile made or adopted: `owned_groups/<name>`. Written before the group is made. */
export const ownedGroupPrefix = 'owned_groups/'
export const ownedGroup = record({
  v: z.literal(1),
  /** Absent while the answer of the create is not known. */
  id: principalId.optional(),
  /** It was there before: it is never deleted. */
  isAdopted: z.boolean(),
  claimedAt: z.iso.datetime(),
  /** As it was last written, or found. */
  description: z.string().optional(),
})
export type OwnedGroup = z.infer<typeof ownedGroup>

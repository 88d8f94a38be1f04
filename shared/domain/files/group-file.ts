import * as z from 'zod'
import { type JsonRules, rule } from '../json/json-faults.ts'
import { parseJsonFile } from '../json/parse-json.ts'
import { record } from '../json/record.ts'
import { principalId } from '../principals/identity-center-ids.ts'
import { isNameOf, type PrincipalName, principalName } from '../principals/principal.ts'
import { type Parsed, parsed, quote, refused } from '../statuses/complaint.ts'
import { ownerRule, ownerText } from '../text/owner.ts'

export const groupPrefix = 'groups/'
export const groupMostBytes = 16 * 1024
const ending = '.json'
/** A DisplayName may have 1,024 characters. A key has no room for so many. */
const nameMostBytes = 700
/** Identity Store API Reference, "CreateGroup": AWS reserves these names. */
const reserved: ReadonlySet<string> = new Set(['Administrator', 'AWSAdministrators'])

/** The content of a group's file. The file's name is the group's name. */
export const groupFileSchema = z.strictObject({
  /** Editors use it. */
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

/** The group name in a key under `groups/`, spelled as in links, without `principalSuffix`. */
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

/** An empty file is valid: it asks for the group and says nothing more. */
export function parseGroupFile(key: string, body: Uint8Array, sizeBytes = body.length): Parsed<GroupFile> {
  if (sizeBytes === 0) return parsed({})
  const limit = { mostBytes: groupMostBytes, remedy: 'shorten the description' }
  return parseJsonFile({ key, body, sizeBytes }, limit, groupFileSchema, groupRules)
}

export const groupRules: JsonRules = {
  $: rule(
    'one JSON object with the fields description or owner, or an empty file',
    'write { "description": "…", "owner": "…" }, or upload an empty file',
  ),
  '$.$schema': rule('a text', 'write the path of the schema'),
  '$.description': rule(
    '1 to 1024 characters without control characters',
    'write it in double quotes, or leave the field out',
  ),
  '$.owner': ownerRule,
}

/** One object for each group that ssofile made or adopted: `owned_groups/<name>`. ssofile writes it before it makes the group. */
export const ownedGroupPrefix = 'owned_groups/'
export const ownedGroup = record({
  v: z.literal(1),
  /** Absent until the answer to the create is known. */
  id: principalId.optional(),
  /** The group existed before, so ssofile never deletes it. */
  isAdopted: z.boolean(),
  claimedAt: z.iso.datetime(),
  /** The description that ssofile last wrote or found. */
  description: z.string().optional(),
})
export type OwnedGroup = z.infer<typeof ownedGroup>

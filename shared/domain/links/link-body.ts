import * as z from 'zod'
import { givenApproval, requestDigest } from '../files/access-request.ts'
import {
  complainAboutJson,
  faultsOfIssues,
  isJsonObject,
  type JsonRule,
  type JsonRules,
  rule,
} from '../json/json-faults.ts'
import { record } from '../json/record.ts'
import { type JsonValue, parseStrictJson } from '../json/strict-json.ts'
import { decodeStrictUtf8 } from '../json/strict-utf8.ts'
import { principalId } from '../principals/identity-center-ids.ts'
import { type JsonFault, type Parsed, parsed, quote, refused } from '../statuses/complaint.ts'
import { givenInstant } from '../text/instant.ts'
import { ownerRule, ownerText } from '../text/owner.ts'
import { temporaryPrefix } from './link.ts'

export const linkBodyMostBytes = 16 * 1024

const reasonMost = 1000
const ticketMost = 200
const line = /^[^\p{Cc}]*$/u
const instant = givenInstant.transform((text) => new Date(text))

/** The optional content of a link. `expiresAt` must be later than `notBefore`. */
export const linkBodySchema = z.strictObject({
  /** Editors use it. */
  $schema: z.string().optional(),
  /** From this time on the link counts as absent. */
  expiresAt: instant.optional(),
  /** Before this time the link counts as absent. */
  notBefore: instant.optional(),
  reason: z.string().max(reasonMost).regex(line).optional(),
  ticket: z.string().max(ticketMost).regex(line).optional(),
  incident: z.string().max(ticketMost).regex(line).optional(),
  owner: ownerText.optional(),
})

/** The request of a temporary link, and the people who approved it. `user`: a user's id in the identity store. */
const grantedRequest = record({
  digest: requestDigest,
  user: principalId,
  eligibility: z.string(),
  approvedBy: z.array(givenApproval),
  endsSessions: z.boolean().optional(),
})
/** A link that ssofile writes for a request, under `links_data/temporary/`. Each of them ends. */
const temporaryLinkBody = record({
  ...linkBodySchema.omit({ $schema: true }).shape,
  expiresAt: instant,
  request: grantedRequest,
})
export type TemporaryLinkBody = z.infer<typeof temporaryLinkBody>
export type LinkBody = Omit<z.infer<typeof linkBodySchema>, '$schema'> & {
  readonly request?: TemporaryLinkBody['request'] | undefined
}

export const linkBodyRules: JsonRules = {
  $: rule(
    'one JSON object with the fields expiresAt, notBefore, reason, ticket, incident or owner, or an empty file',
    'write { "expiresAt": "2026-12-24T18:00:00+01:00", "reason": "…" }, or upload an empty file',
  ),
  '$.$schema': rule('a text', 'write the path of the schema'),
  '$.expiresAt': instantRule('expiresAt'),
  '$.notBefore': instantRule('notBefore'),
  '$.reason': lineRule(reasonMost),
  '$.ticket': lineRule(ticketMost),
  '$.incident': lineRule(ticketMost),
  '$.owner': ownerRule,
}

const ofRequest: JsonRule = rule(
  'the digest of the granted request',
  `delete it: only ssofile writes under ${temporaryPrefix}; to ask for temporary access: ssofile request`,
)
const temporaryLinkRules: JsonRules = { ...linkBodyRules, '$.request': ofRequest }

/**
 * The content of a link. An empty body, or one with only spaces and line ends, says nothing. Any other invalid body is refused, even
 * plain text: a misread expiry must not become permanent access. `sizeBytes`: the object's size, since a body that is too large is not
 * read.
 */
export function parseLinkBody(key: string, body: Uint8Array, sizeBytes = body.length): Parsed<LinkBody> {
  if (sizeBytes > linkBodyMostBytes) {
    return refused({
      object: key,
      received: `a body of ${sizeBytes} bytes`,
      expected: `at most ${linkBodyMostBytes} bytes`,
      remedy: 'shorten the reason, or upload the link as an empty file',
    })
  }
  const text = decodeStrictUtf8(key, body)
  if (!text.ok) return text
  const content = text.value.replace(/^[ \t\r\n]+/, '')
  if (content === '' && !isTemporary(key)) return parsed({})
  const document = parseStrictJson(key, body)
  if (document.ok) return linkBodyOf(key, document.value)
  if (/^[[{"]/.test(content)) return document
  return refused({
    object: key,
    received: `text that is not JSON, beginning with '${quote(content.slice(0, 60))}'`,
    expected: 'an empty file, or one JSON object such as { "expiresAt": "2026-12-24T18:00:00+01:00", "reason": "…" }',
    remedy: 'upload the link again as an empty file, or with the text in its field, as in { "reason": "…" }',
  })
}

function isTemporary(key: string): boolean {
  return key.startsWith(temporaryPrefix)
}

function linkBodyOf(key: string, document: JsonValue): Parsed<LinkBody> {
  const said = (isTemporary(key) ? temporaryLinkBody : linkBodySchema).safeParse(document)
  if (!said.success) {
    const rules = isTemporary(key) ? temporaryLinkRules : linkBodyRules
    return refused(complainAboutJson(key, faultsOfIssues(said.error.issues, document, rules)))
  }
  const { $schema: _, ...content } = { $schema: undefined, ...said.data }
  const { expiresAt, notBefore } = content
  if (expiresAt === undefined || notBefore === undefined || expiresAt > notBefore) return parsed(content)
  const written = isJsonObject(document) ? document : {}
  const neverInForce: JsonFault = {
    path: ['expiresAt'],
    received: `'${written.expiresAt}'`,
    expected: `an instant after notBefore ('${written.notBefore}')`,
    remedy: 'correct the one that is wrong; a link is in force from notBefore until expiresAt',
  }
  return refused(complainAboutJson(key, [neverInForce]))
}

function instantRule(field: string): JsonRule {
  return {
    expected: 'a date, time and offset in ISO 8601, such as "2026-12-24T18:00:00+01:00" or "2026-12-24T17:00:00Z"',
    remedy: (value) => instantRemedy(field, value),
  }
}

/** The nearest valid form. Only the writer knows the offset: a guess may be hours off. */
function instantRemedy(field: string, value: JsonValue | undefined): string {
  const text = typeof value === 'string' && value.length < 50 ? value.trim() : ''
  const clear = text
    .replace(/^(\d{4}-\d\d-\d\d)[Tt ](?=\d)/, '$1T')
    .replace(/ ?z$/i, 'Z')
    .replace(/ ?([+-]\d\d):?(\d\d)?$/, (offset, hours, minutes = '00') =>
      text.includes(':') ? `${hours}:${minutes}` : offset,
    )
  if (instant.safeParse(clear).success) return `write "${clear}"`
  if (instant.safeParse(`${text}T00:00:00Z`).success) return `add time and offset: "${text}T00:00:00Z" is midnight UTC`
  if (instant.safeParse(`${clear}Z`).success)
    return `add the offset: "${clear}Z" if it is UTC, else +hh:mm or -hh:mm for Z`
  if (/^\d{4}-\d\d-\d\d/.test(text)) return 'write a day and a time that exist, in the form of the example'
  return `write ${field} in that form, or leave the field out if the link has no such limit`
}

function lineRule(most: number): JsonRule {
  return {
    expected: `one line of text, at most ${most} characters, without control characters`,
    remedy: (value) =>
      typeof value === 'string' && value.length > most
        ? `shorten it to ${most} characters`
        : 'write it in one line in double quotes, or leave the field out',
    alphabet: line,
  }
}

/** `expiresAt` is inclusive: at that instant the link has expired. */
export function isInForce({ expiresAt, notBefore }: LinkBody, at: Date): 'in-force' | 'not-yet' | 'expired' {
  if (expiresAt !== undefined && at >= expiresAt) return 'expired'
  if (notBefore !== undefined && at < notBefore) return 'not-yet'
  return 'in-force'
}

import * as z from 'zod'
import { type JsonRules, optional, rule } from '../json/json-faults.ts'
import { parseJsonFile } from '../json/parse-json.ts'
import { record } from '../json/record.ts'
import { type Link, parseLinkKey, temporaryPrefix } from '../links/link.ts'
import { type PrincipalId, principalId } from '../principals/identity-center-ids.ts'
import { type Parsed, parsed, quote, refused } from '../statuses/complaint.ts'
import { givenInstant } from '../text/instant.ts'
import { isoDuration, isoDurationForm, parseIsoDuration } from '../text/iso-duration.ts'
import { line, lineRule } from '../text/one-line.ts'

export const requestPrefix = 'requests/'
export const requestMostBytes = 16 * 1024

/** Identifies one upload of a request. An approval is for exactly one upload. */
export const requestDigest = z
  .string()
  .regex(/^[0-9a-f]{32}$/)
  .brand<'RequestDigest'>()
export type RequestDigest = z.infer<typeof requestDigest>

/** Identifies the accounts of a requested scope. An approval may name the accounts that it is for. */
export const scopeDigest = requestDigest.brand<'ScopeDigest'>()
export type ScopeDigest = z.infer<typeof scopeDigest>

/** Events in the history of one upload. After one of these, ssofile grants nothing more for it. */
export const finalEvents = ['denied', 'lapsed', 'withdrawn', 'finished', 'ended'] as const

/** An approval that counts. `user`: its author's id in the identity store. `name`: the UserName at that time. `at`: by S3's clock. */
export const givenApproval = record({
  user: principalId,
  name: z.string().optional(),
  at: z.iso.datetime(),
})
export type GivenApproval = Readonly<z.infer<typeof givenApproval>>

/** The body of `requests/<user id>/<link>`. */
export const accessRequestSchema = z.strictObject({
  /** Editors use it. */
  $schema: z.string().optional(),
  duration: isoDuration,
  reason: line(1000).optional(),
  ticket: line(200).optional(),
  incident: line(200).optional(),
  /** Absent: the access begins when it is granted. */
  startsAt: givenInstant.optional(),
})

export type AccessRequest = {
  readonly durationMs: number
  readonly reason?: string
  readonly ticket?: string
  readonly incident?: string
  readonly startsAt?: Date
}

/** The user who asks, and the link that ssofile writes under `links_data/temporary/` if it grants the request. */
export type RequestPath = { readonly key: string; readonly userId: PrincipalId; readonly link: Link }

export function renderRequestKey(userId: string, temporaryLink: string): string {
  return `${requestPrefix}${userId}/${temporaryLink.slice(temporaryPrefix.length)}`
}

/** The user id in a key under `requests/` or `approvals/`, valid or not. This user may write there. */
export function userInKey(key: string): string {
  return key.split('/', 2)[1] ?? ''
}

/**
 * The name of an event in `changes/`: the request, the digest of the upload, and for an approval the approver's id and the accounts, if
 * they may change. S3 dates uploads in whole seconds, so two events may have one instant. Earlier versions recorded the request alone.
 */
export type UploadName = {
  readonly key: string
  readonly digest?: RequestDigest | undefined
  readonly by?: string | undefined
  readonly scope?: ScopeDigest | undefined
}

export function renderUploadName({ key, digest, by, scope }: UploadName): string {
  return [key, digest, by, scope].filter((part) => part !== undefined).join('%')
}

export function parseUploadName(name: string): UploadName {
  const [, key = name, digest, by, scope] =
    /^(.*%ssofile)%([0-9a-f]{32})(?:%([^%/]+))?(?:%([0-9a-f]{32}))?$/s.exec(name) ?? []
  return { key, digest: requestDigest.safeParse(digest).data, by, scope: scopeDigest.safeParse(scope).data }
}

/** Parses a key under `requests/`: the requester's id, and a link in its usual grammar, without a folder. */
export function parseRequestKey(key: string): Parsed<RequestPath> {
  const id = userInKey(key)
  const userId = principalId.safeParse(id)
  if (!key.startsWith(requestPrefix) || !userId.success)
    return refused({
      object: key,
      received: `the user id '${quote(id)}'`,
      expected: 'requests/<user id>/<link>, with your id in the identity store of IAM Identity Center',
      remedy: 'ask with ssofile request, which finds your user id; delete this one',
    })
  const name = key.slice(requestPrefix.length + id.length + 1)
  const place = `${requestPrefix}${id}/`
  if (name.split('%', 1)[0]?.includes('/'))
    return refused({
      object: key,
      received: `a folder before the link ('${quote(name)}')`,
      expected: `the link directly under ${place}`,
      remedy: 'ask for it without the folder: temporary access has one of its own; delete this one',
    })
  const link = parseLinkKey(temporaryPrefix + name, [])
  if (!link.ok) {
    const { received, expected, remedy } = link.complaint
    const here = (text: string) => text.replaceAll(temporaryPrefix, place)
    return refused({ object: key, received: here(received), expected: here(expected), remedy: here(remedy) })
  }
  return parsed({ key, userId: userId.data, link: link.value })
}

export function parseRequestBody(key: string, body: Uint8Array, sizeBytes = body.length): Parsed<AccessRequest> {
  const limit = { mostBytes: requestMostBytes, remedy: 'shorten the reason' }
  const read = parseJsonFile({ key, body, sizeBytes }, limit, accessRequestSchema, accessRequestRules)
  if (!read.ok) return read
  const { $schema: _, duration, startsAt, ...said } = read.value
  const durationMs = parseIsoDuration(duration) ?? 0
  return parsed({ durationMs, ...said, ...(startsAt === undefined ? {} : { startsAt: new Date(startsAt) }) })
}

/** The message for each field of a request that breaks a rule. */
export const accessRequestRules: JsonRules = {
  $: rule(
    'one JSON object with duration, and perhaps reason, ticket, incident and startsAt',
    'write { "duration": "PT4H", "reason": "…" }',
  ),
  '$.$schema': optional('the path of the schema'),
  '$.duration': {
    expected: `the duration of the access: ${isoDurationForm}`,
    remedy: (value) => (value === undefined ? 'add it, such as "duration": "PT4H"' : 'write it as in "PT4H"'),
  },
  '$.reason': lineRule(1000),
  '$.ticket': lineRule(200),
  '$.incident': lineRule(200),
  '$.startsAt': rule(
    'a date, time and offset in ISO 8601, such as "2026-12-24T18:00:00+01:00"',
    'write it in that form, or leave the field out to begin at once',
  ),
}

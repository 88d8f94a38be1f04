import * as z from 'zod'
import { type JsonRules, optional, rule } from '../json/json-faults.ts'
import { parseJsonFile } from '../json/parse-json.ts'
import { type PrincipalId, principalId } from '../principals/identity-center-ids.ts'
import { type Parsed, parsed, quote, refused } from '../statuses/complaint.ts'
import { line, lineRule } from '../text/one-line.ts'
import { type RequestDigest, requestDigest, scopeDigest, userInKey } from './access-request.ts'

export const approvalPrefix = 'approvals/'
export const approvalMostBytes = 4 * 1024

/** The body of `approvals/<user id>/<digest of the request>`. */
export const approvalSchema = z.strictObject({
  /** Editors use it. */
  $schema: z.string().optional(),
  decision: z.enum(['approve', 'deny']),
  comment: line(1000).optional(),
  /** The accounts that its author was shown, by their digest in the status of the request. Absent: those of the status before this upload. */
  scope: scopeDigest.optional(),
})
export type Approval = Omit<z.infer<typeof approvalSchema>, '$schema'>

/** The approver, and the upload of a request. */
export type ApprovalPath = { readonly userId: PrincipalId; readonly digest: RequestDigest }

export function renderApprovalKey({ userId, digest }: ApprovalPath): string {
  return `${approvalPrefix}${userId}/${digest}`
}

export function parseApprovalKey(key: string): Parsed<ApprovalPath> {
  const id = userInKey(key)
  const userId = principalId.safeParse(id)
  const name = key.slice(approvalPrefix.length + id.length + 1)
  const digest = requestDigest.safeParse(name)
  if (key.startsWith(approvalPrefix) && userId.success && digest.success)
    return parsed({ userId: userId.data, digest: digest.data })
  return refused({
    object: key,
    received: `the name '${quote(key.slice(approvalPrefix.length))}'`,
    expected: 'approvals/<user id>/<digest of the request>, a digest of 32 hexadecimal digits',
    remedy: 'approve with ssofile approve, which finds your user id and the digest; delete this one',
  })
}

export function parseApprovalBody(key: string, body: Uint8Array, sizeBytes = body.length): Parsed<Approval> {
  const limit = { mostBytes: approvalMostBytes, remedy: 'shorten the comment' }
  const read = parseJsonFile({ key, body, sizeBytes }, limit, approvalSchema, approvalRules)
  if (!read.ok) return read
  const { $schema: _, ...said } = read.value
  return parsed(said)
}

/** The message for each field of an approval that breaks a rule. */
export const approvalRules: JsonRules = {
  $: rule(
    'one JSON object with decision, and perhaps comment and scope',
    'write { "decision": "approve" } or { "decision": "deny", "comment": "…" }',
  ),
  '$.$schema': optional('the path of the schema'),
  '$.decision': rule('"approve" or "deny"', 'write one of the two'),
  '$.comment': lineRule(1000),
  '$.scope': rule(
    'the digest of the accounts, 32 hexadecimal digits, from request.scope in the status of the request',
    'take it from there, or leave the field out',
  ),
}

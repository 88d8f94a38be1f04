import * as z from 'zod'
import type { JsonRules } from '../json/json-faults.ts'
import { parseJsonFile } from '../json/parse-json.ts'
import { type PrincipalId, principalId } from '../principals/identity-center-ids.ts'
import { type Parsed, parsed, quote, refused } from '../statuses/complaint.ts'
import { type RequestDigest, requestDigest, userInKey } from './access-request.ts'

export const approvalPrefix = 'approvals/'
export const approvalMostBytes = 4 * 1024

/** The body of `approvals/<user id>/<digest of the request>`. */
export const approvalSchema = z.strictObject({
  /** Editors use it. */
  $schema: z.string().optional(),
  decision: z.enum(['approve', 'deny']),
  comment: z
    .string()
    .max(1000)
    .regex(/^\P{Cc}*$/u)
    .optional(),
})
export type Approval = { readonly decision: 'approve' | 'deny'; readonly comment?: string | undefined }

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
  const { decision, comment } = read.value
  return parsed({ decision, comment })
}

/** The message for each field of an approval that breaks a rule. */
export const approvalRules: JsonRules = {
  $: {
    expected: 'one JSON object with decision, and perhaps comment',
    remedy: () => 'write { "decision": "approve" } or { "decision": "deny", "comment": "…" }',
  },
  '$.$schema': { expected: 'the path of the schema', remedy: () => 'correct it, or leave it out' },
  '$.decision': { expected: '"approve" or "deny"', remedy: () => 'write one of the two' },
  '$.comment': {
    expected: 'one line of text, at most 1000 characters, without control characters',
    remedy: () => 'write it in one line in double quotes, or leave the field out',
  },
}

import * as z from 'zod'
import { accessRequestSchema, requestDigest } from '../../shared/domain/files/access-request.ts'
import { approvalRules, approvalSchema } from '../../shared/domain/files/approval-file.ts'
import { decisionRules, decisionSchema, itemDigest, verdicts } from '../../shared/domain/files/decision-file.ts'
import type { JsonRules } from '../../shared/domain/json/json-faults.ts'
import { selectorName } from '../../shared/domain/scopes/selector-name.ts'

const linkData = z.string().min(1)
const { $schema: _, ...approvalFields } = approvalSchema.shape

/** `POST /requests`. `requestDetails`: the content of the request's file. */
export const requestRequest = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('ask'), linkData, requestDetails: accessRequestSchema }),
  /** Extends granted access: it lasts until its end, and continues if somebody approves this. */
  z.strictObject({ action: z.literal('extend'), linkData, requestDetails: accessRequestSchema }),
  /** Takes back a waiting extension, and leaves the granted access. */
  z.strictObject({ action: z.literal('withdraw'), linkData }),
  z.strictObject({
    action: z.literal('finish'),
    linkData,
    /** The author of the request, by the id in the identity store; absent: the caller. */
    user: z.string().min(1).optional(),
  }),
])

/** The API judges the details as the resulting file. */
export const requestEnvelope = z.discriminatedUnion('action', [
  requestRequest.options[0].extend({ requestDetails: z.json() }),
  requestRequest.options[1].extend({ requestDetails: z.json() }),
  requestRequest.options[2],
  requestRequest.options[3],
])
export type RequestRequest = z.infer<typeof requestEnvelope>

/** `POST /approvals`. `digest`: the digest of the request, from its status. */
export const approvalRequest = z.strictObject({ digest: requestDigest, ...approvalFields })
export type ApprovalRequest = z.infer<typeof approvalRequest>

/** `POST /decisions`: one decision on each of these items of a review. */
export const decisionsRequest = z.strictObject({
  review: selectorName,
  verdict: z.enum(verdicts),
  digests: z.array(itemDigest).min(1).max(100),
  comment: decisionSchema.shape.comment,
})
export type DecisionsRequest = z.infer<typeof decisionsRequest>

export const requestRules: JsonRules = {
  $: {
    expected: 'one JSON object with the fields action, linkData and requestDetails',
    remedy: () =>
      'write { "action": "ask", "linkData": "account%111122223333%Admin%ana@example.com%USER%ssofile", "requestDetails": { "duration": "PT4H" } }',
  },
  '$.action': { expected: '"ask", "extend", "withdraw" or "finish"', remedy: () => 'write one of the four' },
  '$.linkData': {
    expected: 'the name of a link of your own user, without a folder',
    remedy: () => 'write it such as "account%111122223333%Admin%ana@example.com%USER%ssofile"',
  },
  '$.requestDetails': {
    expected: 'the content of a request file',
    remedy: () => 'write { "duration": "PT4H", "reason": "…" }',
  },
  '$.user': {
    expected: 'the id of a user in the identity store',
    remedy: () => 'leave it out for your own request',
  },
}

export const decisionsRules: JsonRules = {
  ...decisionRules,
  $: {
    expected: 'one JSON object with review, verdict, digests and perhaps comment',
    remedy: () => 'write { "review": "quarter", "verdict": "keep", "digests": ["…"] }',
  },
  '$.review': { expected: 'the name of a review', remedy: () => 'take it from GET /reviews' },
  '$.verdict': { expected: '"keep" or "revoke"', remedy: () => 'write one of the two' },
  '$.digests': { expected: 'a list of 1 to 100 digests of items', remedy: () => 'send more in another request' },
  '$.digests.[]': { expected: '32 hexadecimal digits', remedy: () => 'take them from GET /reviews' },
}

export const approvalRequestRules: JsonRules = {
  ...approvalRules,
  $: {
    expected: 'one JSON object with digest, decision and perhaps comment',
    remedy: () => 'write { "digest": "…", "decision": "approve" }',
  },
  '$.digest': {
    expected: 'the digest of a request, 32 hexadecimal digits, from its status',
    remedy: () => 'take request.digest from the status of the request: GET /requests?of=waiting',
  },
}

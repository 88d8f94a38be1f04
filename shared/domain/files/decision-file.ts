import * as z from 'zod'
import { type JsonRules, optional, rule } from '../json/json-faults.ts'
import { parseJsonFile } from '../json/parse-json.ts'
import { type PrincipalId, principalId } from '../principals/identity-center-ids.ts'
import { selectorName } from '../scopes/selector-name.ts'
import { type Parsed, parsed, quote, refused } from '../statuses/complaint.ts'
import { line, lineRule } from '../text/one-line.ts'
import { userInKey } from './access-request.ts'

export const decisionPrefix = 'decisions/'
export const decisionMostBytes = 4 * 1024

/** Identifies one item of one run of a review. An edited item has another digest. */
export const itemDigest = z
  .string()
  .regex(/^[0-9a-f]{32}$/)
  .brand<'ItemDigest'>()
export type ItemDigest = z.infer<typeof itemDigest>

export const verdicts = ['keep', 'revoke'] as const
export type Verdict = (typeof verdicts)[number]

/** The body of a decision. It may also be empty. */
export const decisionSchema = z.strictObject({
  /** Editors use it. */
  $schema: z.string().optional(),
  comment: line(1_000).optional(),
})
export type DecisionFile = Pick<z.infer<typeof decisionSchema>, 'comment'>

/** The reviewer, the review, and the item as it was shown. */
export type DecisionPath = {
  readonly userId: PrincipalId
  readonly review: string
  readonly digest: ItemDigest
  readonly verdict: Verdict
}

export function decisionKey({ userId, review, digest, verdict }: DecisionPath): string {
  return `${decisionPrefix}${userId}/${review}/${digest}%${verdict}`
}

export function parseDecisionKey(key: string): Parsed<DecisionPath> {
  const userId = principalId.safeParse(userInKey(key)).data
  const [, review, text, verdict] = /^decisions\/[^/]+\/([^/]+)\/([0-9a-f]{32})%(keep|revoke)$/.exec(key) ?? []
  const digest = itemDigest.safeParse(text).data
  const named = verdicts.find((one) => one === verdict)
  if (userId && selectorName.safeParse(review).success && review && digest && named)
    return parsed({ userId, review, digest, verdict: named })
  return refused({
    object: key,
    received: `the name '${quote(key.slice(decisionPrefix.length))}'`,
    expected: 'decisions/<user id>/<review>/<the 32 characters of the digest of the item>%keep, or %revoke',
    remedy: 'decide with ssofile review decide, which finds your user id and the digest; delete this one',
  })
}

export function renderDecisionFile({ comment }: DecisionFile): string {
  return comment === undefined ? '' : `${JSON.stringify({ comment }, undefined, 2)}\n`
}

export function parseDecisionFile(key: string, body: Uint8Array, sizeBytes = body.length): Parsed<DecisionFile> {
  if (sizeBytes === 0) return parsed({})
  const limit = { mostBytes: decisionMostBytes, remedy: 'shorten the comment' }
  const read = parseJsonFile({ key, body, sizeBytes }, limit, decisionSchema, decisionRules)
  return read.ok ? parsed({ comment: read.value.comment }) : read
}

export const decisionRules: JsonRules = {
  $: rule('one JSON object with comment, or an empty file', 'write { "comment": "…" }, or upload an empty file'),
  '$.$schema': optional('the path of the schema'),
  '$.comment': lineRule(1_000),
}

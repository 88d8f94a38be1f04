import * as z from 'zod'
import { membershipPrefix, parseMembershipAnywhere } from '../files/membership-file.ts'
import { parseJsonFile } from '../json/parse-json.ts'
import { linkPrefix, parseLinkAnywhere } from '../links/link.ts'
import { parseLinkBody } from '../links/link-body.ts'
import { accountId } from '../organization/account-id.ts'
import { parsePermissionSetFile } from '../permission-sets/permission-set-file.ts'
import { type Complaint, type Parsed, parsed } from '../statuses/complaint.ts'
import { givenInstant } from '../text/instant.ts'
import {
  judgeLinkByPolicies,
  judgeMembershipByPolicies,
  judgePermissionSetByPolicies,
  nameOf,
  noObjection,
  type Verdict,
} from './judge-by-policies.ts'
import { judgeRevocationByPolicies } from './minimum.ts'
import type { Guardrails } from './policy-file.ts'

const text = z.string().min(1).max(1100)
const policyTest = z.strictObject({
  title: text,
  /** The key of a link, a membership or a permission set. */
  input: text,
  /** The content of the file. Absent: it is empty. */
  body: z.record(z.string(), z.unknown()).optional(),
  uploadedAt: givenInstant.optional(),
  /** Absent: nobody knows. */
  uploader: text.optional(),
  /** All accounts that the link reaches. */
  accounts: z.array(accountId).optional(),
  /** The link is deleted, and this many people keep a permission set for which a minimum counts people. Absent: the link is uploaded. */
  peopleLeft: z.int().min(0).optional(),
  /** The other permission sets of the people of its principal. */
  overlaps: z
    .array(z.strictObject({ person: text.optional(), permissionSet: text, account: accountId, group: text.optional() }))
    .optional(),
  /** Keys of the links that name the group of a membership. */
  links: z.array(text).optional(),
  expect: z.enum(['accepted', 'warned', 'refused']),
  /** The rules that object, as `policies/<file>.json#<id>`. Absent: any. */
  rules: z.array(text).optional(),
})
export type PolicyTest = Readonly<z.infer<typeof policyTest>>

export const policyTestFileSchema = z.strictObject({
  /** Editors use it. */
  $schema: z.string().optional(),
  tests: z.array(policyTest).max(1000),
})

export const policyTestFileMostBytes = 1024 * 1024

/** A test without `failure` passed. */
export type PolicyTestResult = { readonly title: string; readonly rules: readonly string[]; readonly failure?: string }

export function parsePolicyTests(
  key: string,
  body: Uint8Array,
  sizeBytes = body.length,
): Parsed<readonly PolicyTest[]> {
  const limit = { mostBytes: policyTestFileMostBytes, remedy: 'divide it into several files' }
  const read = parseJsonFile({ key, body, sizeBytes }, limit, policyTestFileSchema, {})
  return read.ok ? parsed(read.value.tests) : read
}

/** Judges the input of a test with the code that judges all inputs. `rules` of the result: the rules that objected. */
export function runPolicyTest(test: PolicyTest, guardrails: Guardrails): PolicyTestResult {
  const { title } = test
  const judged = judge(test, guardrails)
  if (!judged.ok) return { title, rules: [], failure: `its input is not valid: ${tell(judged.complaint)}` }
  const { refusals, warnings } = judged.value
  const rules = [...new Set([...refusals, ...warnings].map(nameOf))].sort()
  const verdict = refusals.length > 0 ? 'refused' : warnings.length > 0 ? 'warned' : 'accepted'
  const objections = rules.length === 0 ? '' : ` by ${rules.join(', ')}`
  if (verdict !== test.expect)
    return { title, rules, failure: `it is ${verdict}${objections}, expected ${test.expect}` }
  const expected = test.rules && [...test.rules].sort()
  if (expected === undefined || JSON.stringify(expected) === JSON.stringify(rules)) return { title, rules }
  return { title, rules, failure: `it is ${verdict}${objections}, expected by ${expected.join(', ') || 'none'}` }
}

function judge({ input, body, ...test }: PolicyTest, guardrails: Guardrails): Parsed<Verdict> {
  const bytes = new TextEncoder().encode(body === undefined ? '' : JSON.stringify(body))
  const upload = {
    uploadedAt: new Date(test.uploadedAt ?? 0),
    uploader: test.uploader === undefined ? ('nobody knows' as const) : { name: test.uploader },
  }
  if (input.startsWith(membershipPrefix)) {
    const membership = parseMembershipAnywhere(input)
    const said = parseLinkBody(input, bytes)
    if (!membership.ok) return membership
    if (!said.ok) return said
    const links = (test.links ?? []).flatMap((key) => {
      const link = parseLinkAnywhere(key)
      return link.ok ? [link.value] : []
    })
    return parsed(
      judgeMembershipByPolicies(guardrails, { membership: membership.value, body: said.value, links, ...upload }),
    )
  }
  if (!input.startsWith(linkPrefix)) {
    const file = parsePermissionSetFile(input, bytes)
    return file.ok ? parsed(judgePermissionSetByPolicies(guardrails, file.value)) : file
  }
  const link = parseLinkAnywhere(input)
  if (!link.ok) return link
  if (test.peopleLeft !== undefined) {
    const { peopleLeft: left } = test
    const { permissionSet } = link.value
    const verdicts = (test.accounts ?? []).map((accountId) =>
      judgeRevocationByPolicies(guardrails, { accountId, permissionSet }, left),
    )
    const [refusals, warnings] = [verdicts.flatMap((one) => one.refusals), verdicts.flatMap((one) => one.warnings)]
    return parsed({ ...noObjection, refusals, warnings })
  }
  const said = parseLinkBody(input, bytes)
  if (!said.ok) return said
  const verdict = judgeLinkByPolicies(guardrails, {
    link: link.value,
    body: said.value,
    ...upload,
    accounts: test.accounts ?? [],
    overlaps: test.overlaps ?? [],
  })
  return parsed(verdict)
}

function tell({ received, expected }: Complaint): string {
  return `received ${received}, expected ${expected}`
}

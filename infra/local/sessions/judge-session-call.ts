import * as z from 'zod'
import { oneOrMore } from '../../../shared/domain/iam-policies/allows-everything.ts'
import { evaluatePolicy } from '../../../shared/domain/iam-policies/evaluate-policy.ts'
import { parsePolicyJson } from '../../../shared/domain/iam-policies/policy-json.ts'
import type { PersonSession } from '../../../shared/memory/iam/person-sessions.ts'

export type SessionCall = {
  /** As policies name it: `s3:GetObject`. */
  readonly action: string
  readonly resource: string
}

const denial = z.object({
  Effect: z.literal('Deny'),
  Action: oneOrMore,
  Resource: oneOrMore,
  Condition: z.record(z.string(), z.record(z.string(), oneOrMore)).optional(),
})
const policy = z.object({ Statement: z.union([z.array(z.unknown()), z.unknown().transform((one) => [one])]) })
const aboutEffect = z.object({ Effect: z.string() })

/**
 * Whether the inline policy of a session's role denies a call. What it allows is not judged here, nor its managed policies:
 * in the local system everybody may call what is there. Throws for a denial that is not understood.
 */
export function isDenied(inlinePolicy: string | undefined, session: PersonSession, call: SessionCall): boolean {
  const { Statement } = policy.parse(parsePolicyJson(inlinePolicy ?? '{"Statement":[]}'))
  const denials = Statement.filter((one) => aboutEffect.parse(one).Effect === 'Deny').map((one) => denial.parse(one))
  const statements = denials.map(({ Action, Condition, ...others }) => ({
    ...others,
    Sid: '',
    Principal: '*' as const,
    // Actions have no case. (IAM User Guide, "IAM JSON policy elements: Action".)
    Action: Action.map((one) => one.toLowerCase()),
    Condition,
  }))
  const { account, roleName, userId, issuedAt } = session
  const request = {
    principal: `arn:aws:iam::${account}:role/aws-reserved/sso.amazonaws.com/${roleName}`,
    action: call.action.toLowerCase(),
    resource: call.resource,
    context: {
      'aws:PrincipalAccount': account,
      'aws:TokenIssueTime': issuedAt.toISOString(),
      'identitystore:UserId': userId,
    },
  }
  return evaluatePolicy({ Version: '2012-10-17', Statement: statements }, request) === 'denied'
}

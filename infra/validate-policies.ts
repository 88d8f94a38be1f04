import * as z from 'zod'
import { SignedApi, type SignsAs } from '../shared/aws/signed-api.ts'
import type { TemplatePolicy } from './template-policies.ts'

const answer = z.object({
  findings: z.array(
    z.object({
      findingType: z.string(),
      issueCode: z.string(),
      findingDetails: z.string(),
      learnMoreLink: z.string().optional(),
    }),
  ),
})

/** `isGrave`: IAM would refuse the policy, or it admits too many. */
export type PolicyFinding = { readonly of: string; readonly told: string; readonly isGrave: boolean }
export type Validation = { readonly findings: readonly PolicyFinding[] } | { readonly refused: string }

/**
 * The findings of IAM Access Analyzer on each policy. It is free, and changes nothing. `refused`: these credentials may not ask it. (IAM
 * Access Analyzer API Reference, "ValidatePolicy": POST /policy/validation.)
 */
export async function validatePolicies(
  policies: readonly TemplatePolicy[],
  { url, as }: { readonly url: URL; readonly as?: SignsAs },
): Promise<Validation> {
  const analyzer = new SignedApi(url, as, 'access-analyzer')
  const findings: PolicyFinding[] = []
  for (const { of, type, document } of policies) {
    const body = JSON.stringify({ locale: 'EN', policyDocument: document, policyType: type })
    const call = { method: 'POST', path: '/policy/validation', query: {}, body } as const
    const reply = await analyzer.call(call, AbortSignal.timeout(30_000)).catch((error: unknown) => String(error))
    if (typeof reply === 'string') return { refused: `IAM Access Analyzer could not be asked: ${reply}` }
    if (reply.status === 403) return { refused: 'these credentials may not: allow access-analyzer:ValidatePolicy' }
    if (reply.status !== 200)
      return { refused: `IAM Access Analyzer answered ${reply.status}: ${reply.body.slice(0, 300)}` }
    for (const one of answer.parse(JSON.parse(reply.body)).findings)
      findings.push({
        of,
        told: `${one.findingType} ${one.issueCode}: ${one.findingDetails}`,
        isGrave: one.findingType === 'ERROR' || one.findingType === 'SECURITY_WARNING',
      })
  }
  return { findings }
}

import { AccessAnalyzerClient, CheckNoNewAccessCommand, ValidatePolicyCommand } from '@aws-sdk/client-accessanalyzer'
import * as z from 'zod'
import { policyFindingTypes } from '../domain/iam-policies/access-check.ts'
import type { PolicyChecker } from '../ports/policy-checker.ts'
import { answerOf, parseAnswer } from './answers.ts'
import { type AwsPortsOptions, clientSettings } from './aws-ports.ts'

const service = 'access-analyzer'
const policyType = 'IDENTITY_POLICY'
const finding = z.object({ findingType: z.enum(policyFindingTypes), issueCode: z.string(), findingDetails: z.string() })
const reason = z.object({ description: z.string().optional(), statementId: z.string().optional() })

/** IAM Access Analyzer over the SDK, with the caller's credentials; tries each call once. */
export function openAwsPolicyChecker(endpoint?: AwsPortsOptions['endpoint']): PolicyChecker {
  const client = new AccessAnalyzerClient(clientSettings(endpoint))
  return {
    async validatePolicy(policyDocument, nextToken) {
      const input = { locale: 'EN' as const, policyDocument, policyType, nextToken } as const
      const answer = await answerOf(service, client.send(new ValidatePolicyCommand(input)))
      const findings = parseAnswer({ service, member: 'findings' }, z.array(finding), answer.findings)
      const items = findings.map(({ findingType: type, issueCode: code, findingDetails: told }) => ({
        type,
        code,
        told,
      }))
      return { items, nextToken: answer.nextToken }
    },
    async checkNoNewAccess(existingPolicyDocument, newPolicyDocument) {
      const input = { existingPolicyDocument, newPolicyDocument, policyType } as const
      const answer = await answerOf(service, client.send(new CheckNoNewAccessCommand(input)))
      const result = parseAnswer({ service, member: 'result' }, z.enum(['PASS', 'FAIL']), answer.result)
      const reasons = parseAnswer({ service, member: 'reasons' }, z.array(reason), answer.reasons ?? [])
      return {
        isNew: result === 'FAIL',
        reasons: reasons.flatMap(({ description, statementId }) =>
          description === undefined || statementId === undefined || description.includes(statementId)
            ? (description ?? [])
            : `${description} (${statementId})`,
        ),
      }
    },
  }
}

import {
  AccessAnalyzerClient,
  GetGeneratedPolicyCommand,
  StartPolicyGenerationCommand,
} from '@aws-sdk/client-accessanalyzer'
import { IAMClient } from '@aws-sdk/client-iam'
import * as z from 'zod'
import type { PolicyGenerator } from '../ports/policy-generator.ts'
import { answerOf, parseAnswer } from './answers.ts'
import { type AwsPortsOptions, clientSettings } from './aws-ports.ts'
import { listPermissionSetRoles } from './list-permission-set-roles.ts'

const service = 'access-analyzer'
const text = z.string().min(1)
const details = z.object({
  status: z.enum(['IN_PROGRESS', 'SUCCEEDED', 'FAILED', 'CANCELED']),
  jobError: z.object({ code: z.string(), message: z.string() }).optional(),
})
const result = z.object({
  properties: z.object({
    isComplete: z.boolean().default(false),
    principalArn: text,
    cloudTrailProperties: z.object({ startTime: z.date().optional(), endTime: z.date().optional() }).default({}),
  }),
  generatedPolicies: z.array(z.object({ policy: text })).default([]),
})

/** Policies from CloudTrail's records, over the SDK, with the caller's credentials; tries each call once. */
export function openAwsPolicyGenerator(endpoint?: AwsPortsOptions['endpoint']): PolicyGenerator {
  const settings = clientSettings(endpoint)
  const [analyzer, iam] = [new AccessAnalyzerClient(settings), new IAMClient(settings)]
  return {
    listPermissionSetRoles: (nextToken) => listPermissionSetRoles(iam, nextToken),
    async startPolicyGeneration({ principalArn, trailArn, accessRole, from, to, token }) {
      const trails = [{ cloudTrailArn: trailArn, allRegions: true }]
      const input = {
        policyGenerationDetails: { principalArn },
        cloudTrailDetails: { accessRole, startTime: from, endTime: to, trails },
        clientToken: token,
      }
      const { jobId } = await answerOf(service, analyzer.send(new StartPolicyGenerationCommand(input)))
      return parseAnswer({ service, member: 'jobId' }, text, jobId)
    },
    async getGeneratedPolicy(jobId) {
      const input = { jobId, includeResourcePlaceholders: true }
      const answer = await answerOf(service, analyzer.send(new GetGeneratedPolicyCommand(input)))
      const { status, jobError } = parseAnswer({ service, member: 'jobDetails' }, details, answer.jobDetails)
      if (status === 'FAILED') return { status, ...(jobError ?? { code: 'unknown', message: 'AWS does not say why' }) }
      if (status !== 'SUCCEEDED') return { status }
      const member = { service, member: 'generatedPolicyResult' } as const
      const { properties, generatedPolicies } = parseAnswer(member, result, answer.generatedPolicyResult)
      const { isComplete, principalArn, cloudTrailProperties } = properties
      const policies = generatedPolicies.map(({ policy }) => policy)
      const { startTime: from, endTime: to } = cloudTrailProperties
      return { status, principalArn, from, to, isComplete, policies }
    },
  }
}

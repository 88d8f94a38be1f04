import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import * as z from 'zod'
import type { MemoryIam } from '../../shared/memory/iam/memory-iam.ts'
import type { PolicyChecker } from '../../shared/ports/policy-checker.ts'
import type { PolicyGenerator } from '../../shared/ports/policy-generator.ts'
import { isServiceError, ServiceError } from '../../shared/ports/service-error.ts'
import { parseBody } from './parse-body.ts'
import { signerOf } from './request-signer.ts'

const service = 'access-analyzer'
const criterion = z.object({ eq: z.tuple([z.string()]) }).optional()
const listFindings = z.object({
  analyzerArn: z.string(),
  filter: z.strictObject({ status: criterion, resourceOwnerAccount: criterion }).default({}),
  nextToken: z.string().optional(),
})
/** "policyDocument" and "policyType" are required. (IAM Access Analyzer API Reference, "ValidatePolicy", "CheckNoNewAccess".) */
const policyType = z.literal('IDENTITY_POLICY')
const validation = z.strictObject({ locale: z.string().optional(), policyDocument: z.string(), policyType })
const comparison = z.strictObject({ existingPolicyDocument: z.string(), newPolicyDocument: z.string(), policyType })
/** `cloudTrailDetails`: "Required: No", but this model needs it. (IAM Access Analyzer API Reference, "StartPolicyGeneration".) */
const generation = z.object({
  policyGenerationDetails: z.object({ principalArn: z.string() }),
  cloudTrailDetails: z.object({
    accessRole: z.string(),
    startTime: z.coerce.date(),
    endTime: z.coerce.date().optional(),
    trails: z.tuple([z.object({ cloudTrailArn: z.string(), allRegions: z.boolean().optional() })]),
  }),
  clientToken: z.string().default(randomUUID),
})
const operations: Readonly<Record<string, string>> = {
  'GET /analyzer': 'ListAnalyzers',
  'POST /findingv2': 'ListFindings',
  'POST /policy/validation': 'ValidatePolicy',
  'POST /policy/check-no-new-access': 'CheckNoNewAccess',
  'PUT /policy/generation': 'StartPolicyGeneration',
  'GET /policy/generation/': 'GetGeneratedPolicy',
}
const statuses: Readonly<Record<string, number>> = {
  ServiceQuotaExceededException: 402,
  ConflictException: 409,
  AccessDeniedException: 403,
  ResourceNotFoundException: 404,
  UnprocessableEntityException: 422,
  ThrottlingException: 429,
}
const madeAt = '2025-01-01T00:00:00Z'

/** The operation of a request signed for IAM Access Analyzer; `undefined`: it is for another service. */
export function accessAnalyzerOperationOf(request: FastifyRequest): string | undefined {
  if (signerOf(request)?.service !== service) return undefined
  const path = `${request.method} ${request.url.split('?')[0]}`.replace(/(\/generation\/)[^/]+$/, '$1')
  return (Object.hasOwn(operations, path) ? operations[path] : undefined) ?? 'Unknown'
}

/**
 * Serves the reads of IAM Access Analyzer, and its policies from CloudTrail, to sessions in accounts, and its checks of policies to
 * anybody. It does not check which actions the role of a session allows. (Its API Reference, "ListAnalyzers", "ListFindingsV2",
 * "ValidatePolicy", "CheckNoNewAccess", "StartPolicyGeneration" and "GetGeneratedPolicy".)
 */
export function addAccessAnalyzer(app: FastifyInstance, iam: MemoryIam): void {
  app.addHook('preValidation', async (request, reply) => {
    const operation = accessAnalyzerOperationOf(request)
    if (operation === undefined) return
    reply.header('x-amzn-requestid', randomUUID()).type('application/json')
    try {
      return reply.send(Buffer.from(JSON.stringify(await answer(iam, operation, request))))
    } catch (error) {
      if (!isServiceError(error) && !(error instanceof z.ZodError)) throw error
      const code = isServiceError(error) ? error.code : 'ValidationException'
      reply.code(statuses[code] ?? 400)
      return reply.header('x-amzn-errortype', code).send(Buffer.from(JSON.stringify({ message: error.message })))
    }
  })
}

async function answer(iam: MemoryIam, operation: string, request: FastifyRequest): Promise<object> {
  const { accessAnalyzer, policyChecker } = iam
  if (operation === 'ValidatePolicy') return validate(policyChecker, request)
  if (operation === 'CheckNoNewAccess') return compare(policyChecker, request)
  const { accessKeyId = '', region = '' } = signerOf(request) ?? {}
  const account = iam.sessionOf(accessKeyId)?.account
  if (account === undefined)
    throw new ServiceError(service, 'AccessDeniedException', 'Only sessions in accounts may ask')
  if (operation === 'StartPolicyGeneration') return startGeneration(iam.policyGenerations.in(account), request)
  if (operation === 'GetGeneratedPolicy') return generated(iam.policyGenerations.in(account), request)
  if (operation === 'ListAnalyzers') {
    const page = accessAnalyzer.listAnalyzers(account, region, tokenOf(request))
    const analyzers = page.items.map(({ arn, name, type, status }) => ({ arn, name, type, status, createdAt: madeAt }))
    return { analyzers, nextToken: page.nextToken }
  }
  if (operation !== 'ListFindings') throw new ServiceError(service, 'UnknownOperationException', 'Unknown operation')
  const { analyzerArn, filter, nextToken } = listFindings.parse(parseBody(request.body))
  const [status, owner] = [filter.status?.eq[0], filter.resourceOwnerAccount?.eq[0]]
  const page = accessAnalyzer.listFindings(account, analyzerArn, { status, owner, nextToken })
  const findings = page.items.map(({ id, resource, kind, owner: resourceOwnerAccount, status: now }) => ({
    id,
    resource,
    resourceType: resource.includes(':role/') ? 'AWS::IAM::Role' : 'AWS::IAM::User',
    findingType: kind,
    resourceOwnerAccount,
    status: now,
    analyzedAt: madeAt,
    createdAt: madeAt,
    updatedAt: madeAt,
  }))
  return { findings, nextToken: page.nextToken }
}

async function validate(checker: PolicyChecker, request: FastifyRequest): Promise<object> {
  const { policyDocument } = validation.parse(parseBody(request.body))
  const page = await checker.validatePolicy(policyDocument, tokenOf(request))
  const findings = page.items.map(({ type, code, told }) => ({
    findingDetails: told,
    findingType: type,
    issueCode: code,
    learnMoreLink: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html',
    locations: [],
  }))
  return { findings, nextToken: page.nextToken }
}

async function compare(checker: PolicyChecker, request: FastifyRequest): Promise<object> {
  const { existingPolicyDocument, newPolicyDocument } = comparison.parse(parseBody(request.body))
  const { isNew, reasons } = await checker.checkNoNewAccess(existingPolicyDocument, newPolicyDocument)
  const told = isNew ? 'grant new access' : 'do not grant new access'
  const message = `The modified permissions ${told} compared to your existing policy.`
  return { result: isNew ? 'FAIL' : 'PASS', message, reasons: reasons.map((description) => ({ description })) }
}

async function startGeneration(generator: PolicyGenerator, request: FastifyRequest): Promise<object> {
  const { policyGenerationDetails, cloudTrailDetails, clientToken } = generation.parse(parseBody(request.body))
  const { accessRole, startTime, endTime = new Date(), trails } = cloudTrailDetails
  const jobId = await generator.startPolicyGeneration({
    principalArn: policyGenerationDetails.principalArn,
    trailArn: trails[0].cloudTrailArn,
    accessRole,
    from: startTime,
    to: endTime,
    token: clientToken,
  })
  return { jobId }
}

async function generated(generator: PolicyGenerator, request: FastifyRequest): Promise<object> {
  const jobId = decodeURIComponent(request.url.split('?')[0]?.split('/').at(-1) ?? '')
  const job = await generator.getGeneratedPolicy(jobId)
  const jobError = job.status === 'FAILED' ? { code: job.code, message: job.message } : undefined
  const jobDetails = { jobId, status: job.status, startedOn: madeAt, jobError }
  if (job.status !== 'SUCCEEDED') return { jobDetails }
  const cloudTrailProperties = { startTime: job.from, endTime: job.to, trailProperties: [] }
  return {
    jobDetails: { ...jobDetails, completedOn: madeAt },
    generatedPolicyResult: {
      properties: { isComplete: job.isComplete, principalArn: job.principalArn, cloudTrailProperties },
      generatedPolicies: job.policies.map((policy) => ({ policy })),
    },
  }
}

function tokenOf(request: FastifyRequest): string | undefined {
  return new URL(request.url, 'http://local').searchParams.get('nextToken') ?? undefined
}

import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import * as z from 'zod'
import type { MemoryIam } from '../../shared/memory/iam/memory-iam.ts'
import { isServiceError, ServiceError } from '../../shared/ports/service-error.ts'
import { parseBody } from './account-access-service.ts'
import { signerOf } from './request-signer.ts'

const service = 'access-analyzer'
const criterion = z.object({ eq: z.tuple([z.string()]) }).optional()
const listFindings = z.object({
  analyzerArn: z.string(),
  filter: z.strictObject({ status: criterion, resourceOwnerAccount: criterion }).default({}),
  nextToken: z.string().optional(),
})
const madeAt = '2025-01-01T00:00:00Z'

/** The operation of a request that is signed for IAM Access Analyzer; `undefined`: it is for another service. */
export function accessAnalyzerOperationOf(request: FastifyRequest): string | undefined {
  if (signerOf(request)?.service !== service) return undefined
  const path = `${request.method} ${request.url.split('?')[0]}`
  return path === 'GET /analyzer' ? 'ListAnalyzers' : path === 'POST /findingv2' ? 'ListFindings' : 'Unknown'
}

/** Serves what is read of IAM Access Analyzer to sessions in accounts. (Its API Reference, "ListAnalyzers" and "ListFindingsV2".) */
export function addAccessAnalyzer(app: FastifyInstance, iam: MemoryIam): void {
  app.addHook('preValidation', async (request, reply) => {
    const operation = accessAnalyzerOperationOf(request)
    if (operation === undefined) return
    reply.header('x-amzn-requestid', randomUUID()).type('application/json')
    try {
      return reply.send(Buffer.from(JSON.stringify(answer(iam, operation, request))))
    } catch (error) {
      if (!isServiceError(error) && !(error instanceof z.ZodError)) throw error
      const code = isServiceError(error) ? error.code : 'ValidationException'
      reply.code(code === 'AccessDeniedException' ? 403 : code === 'ResourceNotFoundException' ? 404 : 400)
      return reply.header('x-amzn-errortype', code).send(Buffer.from(JSON.stringify({ message: error.message })))
    }
  })
}

function answer(iam: MemoryIam, operation: string, request: FastifyRequest): object {
  const { accessAnalyzer } = iam
  const { accessKeyId = '', region = '' } = signerOf(request) ?? {}
  const account = iam.sessionOf(accessKeyId)?.account
  if (account === undefined)
    throw new ServiceError(service, 'AccessDeniedException', 'Only sessions in accounts may ask')
  if (operation === 'ListAnalyzers') {
    const nextToken = new URL(request.url, 'http://local').searchParams.get('nextToken') ?? undefined
    const page = accessAnalyzer.listAnalyzers(account, region, nextToken)
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

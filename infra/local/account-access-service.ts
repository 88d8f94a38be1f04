import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import * as z from 'zod'
import { applicationArn, roleArn } from '../../shared/domain/assignments/entitlement.ts'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import { principalId } from '../../shared/domain/principals/identity-center-ids.ts'
import type {
  EntitlementRecord,
  MemoryAccountAccess,
} from '../../shared/memory/account-access/memory-account-access.ts'
import { ServiceError } from '../../shared/ports/service-error.ts'
import type { Principal } from '../../shared/ports/sso-admin.ts'
import type { CallRecorder } from './json-services/json-services.ts'
import { recordCall } from './json-services/record-call.ts'
import { parseBody } from './parse-body.ts'
import { signerOf } from './request-signer.ts'

// Shapes of the service's model (Account Access API Reference, 2018-05-10).
const principal = z
  .object({
    identityCenter: z.union([z.strictObject({ userId: principalId }), z.strictObject({ groupId: principalId })]),
  })
  .transform(
    ({ identityCenter: one }): Principal =>
      'userId' in one
        ? { principalId: one.userId, principalType: 'USER' }
        : { principalId: one.groupId, principalType: 'GROUP' },
  )
const paging = { maxResults: z.int().min(1).max(100).optional(), nextToken: z.string().optional() }
const listEntitlements = z.object({
  applicationArn,
  filter: z.object({
    principalRole: z
      .object({ principal: principal.optional(), roleArn: roleArn.optional(), account: accountId.optional() })
      .optional(),
  }),
  ...paging,
})
const createEntitlement = z.object({
  applicationArn,
  entitlement: z.object({ principalRole: z.object({ principal, roleArn }) }),
})
const createApplication = z.object({
  identitySource: z.object({ identityCenter: z.object({ instanceArn: z.string() }) }),
})

type Call = { readonly body: unknown; readonly named: string; readonly query: URLSearchParams }
type Operation = {
  readonly name: string
  /** CloudTrail's name for the rest of the path; default: `entitlementId`. */
  readonly named?: string
  /** A deletion answers nothing. */
  readonly answer: (model: MemoryAccountAccess, call: Call) => unknown
}

/** By method and the first part of the path. */
const operations: Readonly<Record<string, Operation>> = {
  'POST applications': {
    name: 'CreateApplication',
    answer: (model, { body }) => {
      createApplication.parse(body)
      return { applicationArn: model.createApplication() }
    },
  },
  'DELETE applications': {
    name: 'DeleteApplication',
    named: 'applicationArn',
    answer: (model, { named }) => model.deleteApplication(applicationArn.parse(named)),
  },
  'POST applications-list': {
    name: 'ListApplications',
    answer: (model) => ({
      applications: model
        .applications()
        .map(({ arn, createdAt }) => ({ applicationArn: arn, createdAt, updatedAt: createdAt })),
    }),
  },
  'POST entitlements': {
    name: 'CreateEntitlement',
    answer: (model, { body }) => {
      const { applicationArn: application, entitlement } = createEntitlement.parse(body)
      const { principal: holder, roleArn: role } = entitlement.principalRole
      return { entitlementId: model.createEntitlement(application, { ...holder, roleArn: role }) }
    },
  },
  'DELETE entitlements': {
    name: 'DeleteEntitlement',
    answer: (model, { named, query }) =>
      model.deleteEntitlement(applicationArn.parse(query.get('applicationArn')), named),
  },
  'POST entitlements-list': {
    name: 'ListEntitlements',
    answer: (model, { body }) => {
      const { applicationArn: application, filter, maxResults: most = 100, nextToken } = listEntitlements.parse(body)
      const { principal: holder, roleArn: role, account } = filter.principalRole ?? {}
      const wanted = { principal: holder, roleArn: role, accountId: account }
      const page = model.entitlements(application, wanted, { nextToken, most })
      return { entitlements: page.items.map(renderEntitlement), nextToken: page.nextToken }
    },
  },
}

/** The operation of a request signed for account access manager; `undefined`: it is for another service. */
export function accountAccessOperationOf(request: FastifyRequest): string | undefined {
  return signerOf(request)?.service === 'account-access' ? (findOperation(request)?.name ?? 'Unknown') : undefined
}

function recordIn(
  { clock, onCall }: CallRecorder,
  request: FastifyRequest,
  { operation, asked, answer }: { readonly operation: string; readonly asked: unknown; readonly answer: unknown },
): void {
  const userAgent = request.headers['user-agent'] ?? ''
  const call = recordCall(
    'account-access',
    { operation, userAgent, body: asked, answer: { status: 200, body: JSON.stringify(answer) } },
    clock.now(),
    // No hook has described the request yet.
    { accessKeyId: signerOf(request)?.accessKeyId, sourceIpAddress: request.ip, person: undefined },
  )
  if (call) onCall(call)
}

/**
 * Serves account access manager by its REST protocol. S3 has the same paths, so the signature's service decides. Add it after the hook that
 * checks the rights of a caller. (Smithy, "AWS restJson1 protocol".)
 */
export function addAccountAccess(app: FastifyInstance, model: MemoryAccountAccess, recorder?: CallRecorder): void {
  app.addHook('preValidation', async (request, reply) => {
    if (accountAccessOperationOf(request) === undefined) return
    const operation = findOperation(request)
    const url = new URL(request.url, 'http://local')
    const named = decodeURIComponent(url.pathname.split('/').slice(2).join('/'))
    reply.header('x-amzn-requestid', randomUUID()).type('application/json')
    try {
      if (operation === undefined)
        throw new ServiceError('account-access', 'UnknownOperationException', 'Unknown operation')
      const answer = operation.answer(model, { body: parseBody(request.body), named, query: url.searchParams })
      const isEmpty = request.method === 'DELETE'
      const asked = isEmpty
        ? JSON.stringify({ [operation.named ?? 'entitlementId']: named, ...Object.fromEntries(url.searchParams) })
        : request.body
      if (recorder) recordIn(recorder, request, { operation: operation.name, asked, answer: isEmpty ? {} : answer })
      return reply.code(isEmpty ? 204 : 200).send(isEmpty ? undefined : Buffer.from(JSON.stringify(answer)))
    } catch (error) {
      const refusal = asRefusal(error)
      reply.code(statuses[refusal.code] ?? 400).header('x-amzn-errortype', refusal.code)
      return reply.send(Buffer.from(JSON.stringify({ message: refusal.message })))
    }
  })
}

const statuses: Readonly<Record<string, number>> = {
  AccessDeniedException: 403,
  ResourceNotFoundException: 404,
  ConflictException: 409,
  ServiceQuotaExceededException: 402,
  ThrottlingException: 429,
  InternalServerException: 500,
  UnknownOperationException: 404,
}

function asRefusal(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error
  if (error instanceof z.ZodError || error instanceof SyntaxError)
    return new ServiceError('account-access', 'ValidationException', error.message)
  throw error
}

function findOperation({ method, url }: FastifyRequest): Operation | undefined {
  const key = `${method} ${/^\/([a-z-]*)/.exec(url)?.[1] ?? ''}`
  return Object.hasOwn(operations, key) ? operations[key] : undefined
}

function renderEntitlement({
  id,
  createdAt,
  accountId: account,
  roleArn: role,
  principalId: of,
  principalType,
}: EntitlementRecord) {
  const identityCenter = principalType === 'USER' ? { userId: of } : { groupId: of }
  return {
    entitlementId: id,
    entitlement: { principalRole: { principal: { identityCenter }, roleArn: role, account } },
    createdAt,
  }
}

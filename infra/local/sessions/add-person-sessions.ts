import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import * as z from 'zod'
import { evaluatePolicy } from '../../../shared/domain/iam-policies/evaluate-policy.ts'
import { oneOrMore } from '../../../shared/domain/iam-policies/policy-statement.ts'
import { parseLooseJson } from '../../../shared/domain/json/loose-json.ts'
import { accountId } from '../../../shared/domain/organization/account-id.ts'
import {
  arnOfSession,
  type PersonSession,
  type PersonSessions,
  type SessionRequest,
} from '../../../shared/memory/iam/person-sessions.ts'
import { useNames } from '../../../shared/modules/usage/rules/use.ts'
import type { CalledService } from '../../../shared/ports/service-error.ts'
import type { PortalUse } from '../events/usage-events.ts'
import { refuse } from '../faults/render-refusal.ts'
import { serviceCallOf } from '../faults/service-call.ts'
import { additionalRegion, localRegion } from '../local-account.ts'
import { signerOf } from '../request-signer.ts'
import { parseS3Request } from '../s3/s3-request.ts'

const region = z.enum([localRegion, additionalRegion]).default(localRegion)
const asked = z.strictObject({
  user: z.string().min(1),
  permissionSet: z.string().min(1),
  account: accountId,
  /** How it is used: `Federate` opens the account in the portal. */
  event: z.enum(useNames).default('GetRoleCredentials'),
  region,
})
/** Also what a token has: it is valid in its Region alone. */
const signingIn = z.strictObject({ user: z.string().min(1), region })
/** SSO Portal API Reference, "GetRoleCredentials". */
const wanted = z.object({ role_name: z.string(), account_id: accountId })
const bearer = 'x-amz-sso_bearer_token'

/**
 * The access portal: `POST /_ssofile/sessions` `{ user, permissionSet, account }` answers credentials if this user has this access now.
 * Calls with them are refused if the provisioned role denies them. `POST /_ssofile/portal` `{ user, region }` is `aws sso login`: its token works
 * for `aws sso get-role-credentials`, by a person's CLI or by an application. `onUse` is told of each use.
 */
export function addPersonSessions(
  app: FastifyInstance,
  sessions: PersonSessions,
  onUse: (use: Omit<PortalUse, 'at' | 'identityStoreId'>) => void,
): void {
  const issue = (request: FastifyRequest, of: SessionRequest, use: Pick<PortalUse, 'name' | 'region'>) => {
    const session = sessions.issue(of)
    const { permissionSet } = of
    const userAgent = request.headers['user-agent'] ?? '-'
    if (session) onUse({ ...use, session, permissionSet, sourceIpAddress: request.ip, userAgent })
    return session
  }
  app.post('/_ssofile/portal', async (request, reply) => {
    const body = signingIn.safeParse(parseBody(request.body))
    if (!body.success) return reply.code(400).send({ received: request.body, expected: '{ user, region } as JSON' })
    return { accessToken: Buffer.from(JSON.stringify(body.data)).toString('base64url') }
  })
  app.get('/federation/credentials', async (request, reply) => {
    const query = wanted.safeParse(request.query)
    if (!query.success) return refuseAtPortal(reply, 400, 'InvalidRequestException', 'Required parameters are missing')
    const sent = Buffer.from(String(request.headers[bearer] ?? ''), 'base64url').toString()
    const token = signingIn.safeParse(parseLooseJson(sent))
    if (!token.success) return refuseAtPortal(reply, 401, 'UnauthorizedException', 'Session token not found or invalid')
    const { account_id: account, role_name: permissionSet } = query.data
    const { user, region } = token.data
    const session = issue(request, { user, permissionSet, account }, { name: 'GetRoleCredentials', region })
    if (session === undefined) return refuseAtPortal(reply, 403, 'ForbiddenException', 'No access')
    const { accessKeyId, expiresAt } = session
    const secrets = { secretAccessKey: 'local', sessionToken: `local ${accessKeyId}` }
    return { roleCredentials: { accessKeyId, ...secrets, expiration: expiresAt.getTime() } }
  })
  app.post('/_ssofile/sessions', async (request, reply) => {
    const body = asked.safeParse(parseBody(request.body))
    if (!body.success)
      return reply.code(400).send({ received: request.body, expected: '{ user, permissionSet, account } as JSON' })
    const session = issue(request, body.data, { name: body.data.event, region: body.data.region })
    if (session === undefined) {
      const { user, permissionSet, account } = body.data
      const received = `${user} with ${permissionSet} in ${account}`
      return reply.code(403).send({ received, expected: 'a user who has this permission set in this account now' })
    }
    return {
      accessKeyId: session.accessKeyId,
      secretAccessKey: 'local',
      sessionToken: `local ${session.accessKeyId}`,
      issuedAt: session.issuedAt.toISOString(),
      expiresAt: session.expiresAt.toISOString(),
      arn: arnOfSession(session),
      userId: session.userId,
    }
  })
  app.addHook('preValidation', async (request, reply) => {
    const session = sessions.of(signerOf(request)?.accessKeyId)
    return session && refuseDenied(session, sessions, request, reply)
  })
}

function refuseAtPortal(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  return reply.code(status).header('x-amzn-errortype', code).send({ message })
}

function codeOf(service: CalledService, refused: 'expired' | 'gone' | 'denied'): string {
  const isOlder = ['s3', 'sqs', 'sts', 'iam', 'sns'].includes(service)
  switch (refused) {
    case 'expired':
      return isOlder ? 'ExpiredToken' : 'ExpiredTokenException'
    case 'gone':
      if (service === 's3') return 'InvalidAccessKeyId'
      return isOlder ? 'InvalidClientTokenId' : 'UnrecognizedClientException'
    case 'denied':
      return isOlder ? 'AccessDenied' : 'AccessDeniedException'
    default:
      return refused satisfies never
  }
}

function refuseDenied(
  session: PersonSession,
  sessions: PersonSessions,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply | undefined {
  const isApi = request.url.startsWith('/api/')
  const call = isApi ? { service: 'execute-api' as const, operation: 'Invoke' } : serviceCallOf(request)
  // "No permissions are required to perform this operation", even if a policy denies it. (STS API Reference.)
  if (call === undefined || (call.service === 'sts' && call.operation === 'GetCallerIdentity')) return undefined
  const action = `${prefixOf(call.service)}:${verbs[call.operation] ?? call.operation}`
  const state = sessions.stateOf(session)
  const region = signerOf(request)?.region ?? localRegion
  const asks = { action, resource: resourceOf(request), region, sourceIp: request.ip }
  const isRefused = state !== 'valid' || isDenied(sessions.policyOf(session), session, asks)
  if (!isRefused) return undefined
  const refused = state === 'valid' ? 'denied' : state
  const message = {
    expired: 'The security token included in the request is expired',
    gone: 'The security token included in the request is invalid',
    denied: `User: ${arnOfSession(session)} is not authorized to perform: ${action} with an explicit deny in an identity-based policy`,
  }[refused]
  if (call.service === 'execute-api') return reply.code(403).send({ message })
  return refuse({ service: call.service, code: codeOf(call.service, refused), message }, request, reply)
}

/** Operations whose right has another name. (Service Authorization Reference, Amazon S3.) */
export const verbs: Readonly<Record<string, string>> = {
  CopyObject: 'PutObject',
  HeadBucket: 'ListBucket',
  HeadObject: 'GetObject',
  ListObjects: 'ListBucket',
  ListObjectsV2: 'ListBucket',
  ListObjectVersions: 'ListBucketVersions',
}

function prefixOf(service: CalledService | 'execute-api'): string {
  return service === 'sso-admin' ? 'sso' : service
}

export function resourceOf(request: FastifyRequest): string {
  const about = parseS3Request(request)
  if (about === undefined) return '*'
  return `arn:aws:s3:::${about.bucket}${about.key === '' ? '' : `/${about.key}`}`
}

/** fauxqs parses some content types, and leaves others as text or bytes. */
export function parseBody(body: unknown): unknown {
  if (typeof body !== 'string' && !Buffer.isBuffer(body)) return body
  return parseLooseJson(body.toString())
}

type SessionCall = {
  /** In the notation of policies: `s3:GetObject`. */
  readonly action: string
  readonly resource: string
  readonly region: string
  readonly sourceIp: string
}

const denial = z.object({
  Effect: z.literal('Deny'),
  Action: oneOrMore.optional(),
  NotAction: oneOrMore.optional(),
  Resource: oneOrMore.optional(),
  NotResource: oneOrMore.optional(),
  Condition: z.record(z.string(), z.record(z.string(), oneOrMore)).optional(),
})
const policy = z.object({ Statement: z.union([z.array(z.unknown()), z.unknown().transform((one) => [one])]) })
const aboutEffect = z.object({ Effect: z.string() })

/**
 * Whether the inline policy of a session's role denies a call. It ignores the policy's allowances, and managed policies: in the local
 * system everybody may call everything. Throws for a denial that it cannot parse.
 */
export function isDenied(inlinePolicy: string | undefined, session: PersonSession, call: SessionCall): boolean {
  const { Statement } = policy.parse(parseLooseJson(inlinePolicy ?? '{"Statement":[]}'))
  const denials = Statement.filter((one) => aboutEffect.parse(one).Effect === 'Deny').map((one) => denial.parse(one))
  const { account, roleName, userId, issuedAt } = session
  const { action, resource, region, sourceIp } = call
  const request = {
    principal: `arn:aws:iam::${account}:role/aws-reserved/sso.amazonaws.com/${roleName}`,
    action,
    resource,
    context: {
      'aws:RequestedRegion': region,
      'aws:SourceIp': sourceIp,
      'aws:ViaAWSService': 'false',
      'aws:PrincipalAccount': account,
      'aws:TokenIssueTime': issuedAt.toISOString(),
      'identitystore:UserId': userId,
    },
  }
  return evaluatePolicy({ Version: '2012-10-17', Statement: denials }, request) === 'denied'
}

import type { FastifyInstance, FastifyRequest } from 'fastify'
import * as z from 'zod'
import type { ApiEvent } from '../../handlers/api/api-request.ts'
import { apiChanges, routesOf } from '../../handlers/api/routes.ts'
import { arnOfSession } from '../../shared/memory/iam/person-sessions.ts'
import { TokenBucket } from '../../shared/memory/organizations/token-bucket.ts'
import type { Clock } from '../../shared/ports/clock.ts'
import { apiThrottle } from '../../shared/ports/deployment-settings.ts'
import type { LocalFunctions } from './lambda/start-functions.ts'
import { localAccountId } from './local-account.ts'
import { currentRequest } from './local-request.ts'

const prefix = '/api'
const routes = routesOf(apiChanges)

/**
 * API Gateway's part before and after ssofile's function, below `/api`: it decodes the path once, and finds the route and the caller. As
 * with S3 the access key id is the caller, and signatures are not checked; API Gateway would refuse an unsigned request. (API Gateway
 * Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs".)
 */
export function serveApi(app: FastifyInstance, { clock, onError }: ServingOptions): Gateway {
  const gateway: Gateway = {}
  const throttle = new TokenBucket(apiThrottle)
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    scope.all(`${prefix}/*`, { bodyLimit: 10 * 1024 * 1024 }, async (request, reply) => {
      const event = toEvent(request)
      if (event === undefined) return reply.code(404).send({ message: 'Not Found' })
      if (gateway.invoke === undefined) return reply.code(503).send({ message: 'Service Unavailable' })
      if (!throttle.admit(clock.monotonicMs())) return reply.code(429).send({ message: 'Too Many Requests' })
      const { statusCode, headers, body } = await answerOf(gateway.invoke(event), onError)
      return reply.code(statusCode).headers(headers).send(body)
    })
  })
  return gateway
}

/** The function behind it exists once the port is known: it calls that itself. */
type Gateway = {
  invoke?: (event: ApiEvent) => Promise<unknown>
  /** Lambda's own door: `serve-invoke.ts`. */
  ask?: LocalFunctions['ask']
}
type ServingOptions = {
  readonly clock: Clock
  /** Gets the reason if the function gave no answer. */
  readonly onError: (error: unknown) => void
}

const answer = z.object({
  statusCode: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
  isBase64Encoded: z.boolean().optional(),
  cookies: z.array(z.string()).optional(),
})

/**
 * The caller's view of a function that fails, times out or is throttled. (AWS re:Post Knowledge Center, "How do I troubleshoot issues for
 * API Gateway endpoints that integrate with Lambda?")
 */
const failure = {
  statusCode: 500,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ message: 'Internal Server Error' }),
}

export async function answerOf(
  invoked: Promise<unknown>,
  onError: ServingOptions['onError'],
): Promise<z.infer<typeof answer>> {
  try {
    return answer.parse(await invoked)
  } catch (error) {
    onError(error)
    return failure
  }
}

/** `undefined`: the route does not exist. */
function toEvent(request: FastifyRequest): ApiEvent | undefined {
  const { accessKeyId = 'unsigned', person, sourceIpAddress } = currentRequest()
  const [path = '', search] = request.url.split('?')
  // Seen at API Gateway: it loses the text behind a question mark that it has decoded.
  const rawPath = decodeURIComponent(path).split('?', 1).join('')
  const found = findRoute(request.method, rawPath.slice(prefix.length))
  if (found === undefined) return undefined
  const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)] as const)
  return {
    ...found,
    rawPath,
    headers: Object.fromEntries(headers),
    queryStringParameters: Object.fromEntries(new URLSearchParams(search)),
    isBase64Encoded: true,
    body: Buffer.isBuffer(request.body) ? request.body.toString('base64') : '',
    requestContext: {
      requestId: request.id,
      http: { sourceIp: sourceIpAddress },
      authorizer: {
        iam: { userArn: person ? arnOfSession(person) : `arn:aws:iam::${localAccountId}:user/${accessKeyId}` },
      },
    },
  }
}

function findRoute(method: string, path: string): Pick<ApiEvent, 'routeKey' | 'pathParameters'> | undefined {
  const fits = routes.flatMap((routeKey) => {
    const [, pattern = ''] = routeKey.split(' ')
    const form = pattern.replace(/\{(\w+)\}/, '(?<$1>[^/]+)').replace(/\{(\w+)\+\}/, '(?<$1>.+)')
    const found = new RegExp(`^${form}$`, 's').exec(path.replace(/\/$/, ''))
    return found ? [{ routeKey, pathParameters: { ...found.groups } }] : []
  })
  return (
    fits.find(({ routeKey }) => routeKey.startsWith(`${method} `)) ??
    fits.find(({ routeKey }) => routeKey.startsWith('ANY '))
  )
}

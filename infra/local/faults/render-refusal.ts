import { randomUUID } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type CalledService, concurrentModification } from '../../../shared/ports/service-error.ts'
import { renderQueryError } from '../query-services/render-query-answer.ts'
import { renderS3Error, s3StatusOf } from '../s3/s3-error-response.ts'
import { parseS3Request } from '../s3/s3-request.ts'

// "Common errors" and "Error responses" of each service's API Reference.
const codes: Readonly<Record<CalledService, { readonly throttle: string; readonly internal: string }>> = {
  s3: { throttle: 'SlowDown', internal: 'InternalError' },
  sqs: { throttle: 'RequestThrottled', internal: 'InternalError' },
  'sso-admin': { throttle: 'ThrottlingException', internal: 'InternalServerException' },
  identitystore: { throttle: 'ThrottlingException', internal: 'InternalServerException' },
  organizations: { throttle: 'TooManyRequestsException', internal: 'ServiceException' },
  'account-access': { throttle: 'ThrottlingException', internal: 'InternalServerException' },
  'access-analyzer': { throttle: 'ThrottlingException', internal: 'InternalServerException' },
  tagging: { throttle: 'ThrottledException', internal: 'InternalServiceException' },
  sts: { throttle: 'Throttling', internal: 'InternalFailure' },
  iam: { throttle: 'Throttling', internal: 'ServiceFailure' },
  events: { throttle: 'ThrottlingException', internal: 'InternalException' },
  sns: { throttle: 'Throttled', internal: 'InternalError' },
  secretsmanager: { throttle: 'ThrottlingException', internal: 'InternalServiceError' },
}
const unavailable = ['SlowDown', 'ServiceUnavailable', 'ServiceUnavailableException', 'Busy']
const internal = [
  'InternalError',
  'InternalServerException',
  'ServiceException',
  'InternalFailure',
  'InternalException',
  'InternalServiceError',
  'InternalServiceException',
]

export type ServiceRefusal = { readonly service: CalledService; readonly code: string; readonly message: string }

export function refusalOf(
  service: CalledService,
  fault: { fault: 'throttle' } | { fault: 'error'; code?: string | undefined },
): ServiceRefusal {
  const code = fault.fault === 'throttle' ? codes[service].throttle : (fault.code ?? codes[service].internal)
  return { service, code, message: `Injected by --faults: ${code}` }
}

/** Answers a request with its service's refusal for this code. */
export function refuse(
  { service, code, message }: ServiceRefusal,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (service === 'sts' || service === 'iam' || service === 'sns')
    return renderQueryError({ service, code, message }, reply)
  reply.code(statusOf(service, code))
  if (service === 's3') {
    const { bucket = '', key = '' } = parseS3Request(request) ?? {}
    const requestId = randomUUID().replaceAll('-', '').slice(0, 16).toUpperCase()
    reply.type('application/xml').header('x-amz-request-id', requestId)
    return request.method === 'HEAD'
      ? reply.send()
      : reply.send(renderS3Error({ code, message, bucket, key, requestId }))
  }
  if (service === 'sqs') {
    reply.header('x-amzn-query-error', `${code};Sender`).type('application/x-amz-json-1.0')
    return reply.send(Buffer.from(JSON.stringify({ __type: `com.amazonaws.sqs#${code}`, message })))
  }
  reply.header('content-type', 'application/x-amz-json-1.1').header('x-amzn-requestid', randomUUID())
  return reply.send(Buffer.from(JSON.stringify({ ...typeOf(code), Message: message })))
}

/** The members of an error's body that say what it is. ssofile's own code for a Reason becomes AWS's form again. */
export function typeOf(code: string): Readonly<Record<string, string>> {
  return code === concurrentModification ? { __type: 'ConflictException', Reason: code } : { __type: code }
}

function statusOf(service: CalledService, code: string): number {
  if (unavailable.includes(code)) return 503
  if (internal.includes(code)) return 500
  return service === 's3' ? s3StatusOf(code) : 400
}

import { randomUUID } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import { xmlElement } from '../s3/xml-text.ts'
import { type QueryService, queryNamespaces } from './query-call.ts'

// "Common errors" of the IAM, STS and SNS API References; everything else is 400.
const statuses: Readonly<Record<string, number>> = {
  AccessDenied: 403,
  InternalFailure: 500,
  NoSuchEntity: 404,
  ServiceFailure: 500,
  ServiceUnavailable: 503,
}

type QueryError = { readonly service: QueryService; readonly code: string; readonly message: string }

/** Answers with a refusal in the form of STS and IAM. */
export function renderQueryError({ service, code, message }: QueryError, reply: FastifyReply): FastifyReply {
  const status = statuses[code] ?? 400
  const error = [
    xmlElement('Type', status >= 500 ? 'Receiver' : 'Sender'),
    xmlElement('Code', code),
    xmlElement('Message', message),
  ].join('')
  const namespace = queryNamespaces[service]
  return reply
    .code(status)
    .type('text/xml')
    .send(
      `<ErrorResponse xmlns="${namespace}"><Error>${error}</Error>${xmlElement('RequestId', randomUUID())}</ErrorResponse>`,
    )
}

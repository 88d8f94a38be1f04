import { randomUUID } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import { type XmlMembers, xmlMembers } from '../s3/xml-text.ts'
import { type QueryCall, type QueryService, queryNamespaces } from './query-call.ts'

// "Common errors" of the IAM, STS and SNS API References; everything else is 400.
const statuses: Readonly<Record<string, number>> = {
  AccessDenied: 403,
  InternalFailure: 500,
  NoSuchEntity: 404,
  ServiceFailure: 500,
  ServiceUnavailable: 503,
}

type QueryError = { readonly service: QueryService; readonly code: string; readonly message: string }

/** Answers with the result of an operation. */
export function renderQueryAnswer(
  { service, operation }: Pick<QueryCall, 'operation'> & Pick<QueryError, 'service'>,
  result: XmlMembers,
  reply: FastifyReply,
): FastifyReply {
  const members = { [`${operation}Result`]: result, ResponseMetadata: { RequestId: randomUUID() } }
  return render(`${operation}Response`, service, members, reply)
}

/** Answers with a refusal in the form of STS and IAM. */
export function renderQueryError({ service, code, message }: QueryError, reply: FastifyReply): FastifyReply {
  const status = statuses[code] ?? 400
  const refusal = { Type: status >= 500 ? 'Receiver' : 'Sender', Code: code, Message: message }
  return render('ErrorResponse', service, { Error: refusal, RequestId: randomUUID() }, reply.code(status))
}

function render(name: string, service: QueryService, members: XmlMembers, reply: FastifyReply): FastifyReply {
  return reply.type('text/xml').send(`<${name} xmlns="${queryNamespaces[service]}">${xmlMembers(members)}</${name}>`)
}

import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { MemoryIam } from '../../../shared/memory/iam/memory-iam.ts'
import type { PersonSessions } from '../../../shared/memory/iam/person-sessions.ts'
import type { MemoryTopic } from '../../../shared/memory/memory-topic.ts'
import { ServiceError } from '../../../shared/ports/service-error.ts'
import { signerOf } from '../request-signer.ts'
import { iamOperations } from './iam-service.ts'
import { type QueryService, queryCallOf, queryNamespaces } from './query-call.ts'
import type { QueryOperation } from './query-operation.ts'
import { renderQueryError } from './render-query-error.ts'
import { snsOperations } from './sns-service.ts'
import { stsOperations } from './sts-service.ts'

/**
 * Serves STS, IAM and SNS on an app, in their query protocol. `accountOf`: the account that an access key id calls from, unless
 * AssumeRole gave it out.
 */
export function addQueryServices(
  app: FastifyInstance,
  {
    iam,
    sessions,
    topic,
    accountOf,
  }: {
    readonly iam: MemoryIam
    /** Absent: nobody signs in. */
    readonly sessions?: PersonSessions
    /** Absent: nobody is told of outcomes. */
    readonly topic?: MemoryTopic
    readonly accountOf: (accessKeyId: string) => string
  },
): void {
  const operations: Readonly<Record<QueryService, Readonly<Record<string, QueryOperation>>>> = {
    sts: stsOperations(iam, sessions),
    iam: iamOperations(iam),
    sns: topic === undefined ? {} : snsOperations(topic),
  }
  app.addHook('preHandler', async (request, reply) => {
    const call = queryCallOf(request)
    if (call === undefined) return
    const { service, operation, input } = call
    const own = operations[service]
    const answer = Object.hasOwn(own, operation) ? own[operation] : undefined
    if (answer === undefined) return renderQueryError({ service, code: 'InvalidAction', message: operation }, reply)
    const accessKeyId = signerOf(request)?.accessKeyId ?? 'unsigned'
    const account = (sessions?.of(accessKeyId) ?? iam.sessionOf(accessKeyId))?.account ?? accountOf(accessKeyId)
    try {
      const result = `<${operation}Result>${answer(input, { accessKeyId, account })}</${operation}Result>`
      const metadata = `<ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata>`
      const name = `${operation}Response`
      return reply.type('text/xml').send(`<${name} xmlns="${queryNamespaces[service]}">${result}${metadata}</${name}>`)
    } catch (error) {
      if (error instanceof ServiceError) return renderQueryError({ ...error, service, message: error.message }, reply)
      throw error
    }
  })
}

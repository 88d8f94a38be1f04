import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { MemoryIam } from '../../../shared/memory/iam/memory-iam.ts'
import { ServiceError } from '../../../shared/ports/service-error.ts'
import { signerOf } from '../request-signer.ts'
import { iamOperations } from './iam-service.ts'
import { queryCallOf } from './query-call.ts'
import type { QueryOperation } from './query-operation.ts'
import { renderQueryError } from './render-query-error.ts'
import { stsOperations } from './sts-service.ts'

const namespaces = {
  sts: 'https://sts.amazonaws.com/doc/2011-06-15/',
  iam: 'https://iam.amazonaws.com/doc/2010-05-08/',
}

/**
 * Serves STS and IAM on an app, in their query protocol. `accountOf`: the account that an access key id calls from, unless
 * AssumeRole gave it out.
 */
export function addQueryServices(
  app: FastifyInstance,
  { iam, accountOf }: { readonly iam: MemoryIam; readonly accountOf: (accessKeyId: string) => string },
): void {
  const operations: Readonly<Record<'sts' | 'iam', Readonly<Record<string, QueryOperation>>>> = {
    sts: stsOperations(iam),
    iam: iamOperations(iam),
  }
  app.addHook('preHandler', async (request, reply) => {
    const call = queryCallOf(request)
    if (call === undefined) return
    const { service, operation, input } = call
    const own = operations[service]
    const answer = Object.hasOwn(own, operation) ? own[operation] : undefined
    if (answer === undefined) return renderQueryError({ service, code: 'InvalidAction', message: operation }, reply)
    const accessKeyId = signerOf(request)?.accessKeyId ?? 'unsigned'
    const account = iam.sessionOf(accessKeyId)?.account ?? accountOf(accessKeyId)
    try {
      const result = `<${operation}Result>${answer(input, { accessKeyId, account })}</${operation}Result>`
      const metadata = `<ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata>`
      const name = `${operation}Response`
      return reply.type('text/xml').send(`<${name} xmlns="${namespaces[service]}">${result}${metadata}</${name}>`)
    } catch (error) {
      if (error instanceof ServiceError) return renderQueryError({ ...error, service, message: error.message }, reply)
      throw error
    }
  })
}

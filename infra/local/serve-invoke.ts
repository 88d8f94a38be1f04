import type { FastifyInstance } from 'fastify'
import { type DoctorQuestion, doctorQuestion } from '../../shared/modules/doctor/try-permissions.ts'
import { ThrottledError } from './lambda/lambda-function.ts'
import { currentRequest } from './local-request.ts'

type InvokedFunctions = { askDispatcher?: (question: DoctorQuestion) => Promise<unknown> }

/** The callers who may invoke functions here: ssofile's own roles, and operators. */
const invokers = /^(ssofile|operator)\b/

/**
 * Lambda's Invoke, only for the dispatcher and only with the doctor's question: a person who could send it batches could make it do
 * anything. (Lambda API Reference, "Invoke".)
 */
export function serveInvoke(app: FastifyInstance, dispatcherName: string, asked: InvokedFunctions): void {
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
    scope.post<{ Params: { name: string } }>('/2015-03-31/functions/:name/invocations', async (request, reply) => {
      const refuse = (code: number, type: string, Message: string) =>
        reply.code(code).header('x-amzn-errortype', type).send({ Message })
      const { accessKeyId = '' } = currentRequest()
      const { name } = request.params
      if (!invokers.test(accessKeyId))
        return refuse(
          403,
          'AccessDeniedException',
          `${accessKeyId} is not authorized to perform: lambda:InvokeFunction`,
        )
      const question = doctorQuestion.safeParse(JSON.parse(String(request.body || '{}'))).data
      const { askDispatcher } = asked
      if (name !== dispatcherName || question === undefined || askDispatcher === undefined)
        return refuse(404, 'ResourceNotFoundException', `Function not found: ${name}`)
      try {
        return reply.send(JSON.stringify(await askDispatcher(question)))
      } catch (error) {
        if (error instanceof ThrottledError) return refuse(429, 'TooManyRequestsException', 'Rate Exceeded.')
        return reply.header('x-amz-function-error', 'Unhandled').send({ errorMessage: String(error) })
      }
    })
  })
}

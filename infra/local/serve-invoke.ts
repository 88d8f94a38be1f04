import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import { lookQuestion, redriveQuestion } from '../../handlers/redrive.ts'
import { roundTripQuestion } from '../../shared/domain/messages/round-trip-event.ts'
import { doctorQuestion } from '../../shared/modules/doctor/try-permissions.ts'
import { ThrottledError } from './lambda/lambda-function.ts'
import type { LocalFunctions } from './lambda/start-functions.ts'
import { localDeployment } from './local-account.ts'
import { currentRequest } from './local-request.ts'

type InvokedFunctions = { ask?: LocalFunctions['ask'] }

/** The functions that commands ask, and what they may ask. */
const asked = { dispatcher: doctorQuestion, redrive: z.union([redriveQuestion, roundTripQuestion, lookQuestion]) }

/** The callers who may invoke functions here: ssofile's own roles, and operators. */
const invokers = /^(ssofile|operator)\b/

/**
 * Lambda's Invoke, only with the questions of commands: a person who could send the dispatcher batches could make it do anything. (Lambda
 * API Reference, "Invoke".)
 */
export function serveInvoke(app: FastifyInstance, functions: InvokedFunctions): void {
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
      const of = (['dispatcher', 'redrive'] as const).find((one) => name === `${localDeployment}-${one}`)
      const question = of && asked[of].safeParse(JSON.parse(String(request.body || '{}'))).data
      const { ask } = functions
      if (of === undefined || question === undefined || ask === undefined)
        return refuse(404, 'ResourceNotFoundException', `Function not found: ${name}`)
      try {
        return reply.send(JSON.stringify((await ask(of, question)) ?? null))
      } catch (error) {
        if (error instanceof ThrottledError) return refuse(429, 'TooManyRequestsException', 'Rate Exceeded.')
        return reply.header('x-amz-function-error', 'Unhandled').send({ errorMessage: String(error) })
      }
    })
  })
}

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type * as z from 'zod'

/** `PUT` of the path sets a fact, and `DELETE` removes it. */
export function addToggle<P>(
  app: Pick<FastifyInstance, 'put' | 'delete'>,
  path: string,
  parameters: z.ZodType<P>,
  acts: Readonly<Record<'put' | 'remove', (named: P, query: unknown) => void>>,
): void {
  const answer = (act: typeof acts.put) => async (request: FastifyRequest, reply: FastifyReply) => {
    act(parameters.parse(request.params), request.query)
    return reply.code(204).send()
  }
  app.put(path, answer(acts.put))
  app.delete(path, answer(acts.remove))
}

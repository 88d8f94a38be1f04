import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { Configuration } from '../../shared/domain/deployment/configuration.ts'
import { renderAnswer } from '../../shared/modules/access/describe-page.ts'
import { whoHasAccess } from '../../shared/modules/access/who-has-access.ts'
import { ProposedObjects } from '../../shared/modules/plan/proposed-objects.ts'
import type { Ports } from '../../shared/ports/ports.ts'

/** The ports exist once the server's port is known: they call it. */
type Asking = { openPorts?: () => Ports }

/** `GET /_ssofile/access`: the page of access, made for each request. */
export function addAccessPage(app: FastifyInstance, configuration: Configuration): Asking {
  const asking: Asking = {}
  app.get('/_ssofile/access', async (_request, reply) => {
    const bare = asking.openPorts?.()
    if (bare === undefined) return reply.code(503).send({ ready: false })
    const ports = { ...bare, objects: new ProposedObjects(bare.objects, bare.clock.now()) }
    const answer = await whoHasAccess({ isLive: true }, ports, configuration)
    return reply.type('text/html; charset=utf-8').send(Readable.from(renderAnswer(answer, ports)))
  })
  return asking
}

import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { signerOf } from './request-signer.ts'
import { escapeXml } from './s3/xml-text.ts'

/**
 * GetCallerIdentity of STS: fauxqs would always answer the account of its queues. `accountOf`: the account that an access
 * key id calls from. (STS API Reference, "GetCallerIdentity".)
 */
export function addCallerIdentity(app: FastifyInstance, accountOf: (accessKeyId: string) => string): void {
  app.addHook('preHandler', async (request, reply) => {
    const isAsked =
      request.method === 'POST' && request.headers['x-amz-target'] === undefined && actionOf(request.body) === asked
    if (!isAsked) return
    const accessKeyId = signerOf(request)?.accessKeyId ?? 'unsigned'
    const account = accountOf(accessKeyId)
    const arn = `arn:aws:sts::${account}:assumed-role/${escapeXml(accessKeyId)}/local`
    return reply.type('text/xml').send(
      `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <GetCallerIdentityResult>
    <Arn>${arn}</Arn>
    <UserId>${escapeXml(accessKeyId)}:local</UserId>
    <Account>${account}</Account>
  </GetCallerIdentityResult>
  <ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata>
</GetCallerIdentityResponse>`,
    )
  })
}
const asked = 'GetCallerIdentity'

function actionOf(body: unknown): unknown {
  return typeof body === 'object' && body !== null && 'Action' in body ? body.Action : undefined
}

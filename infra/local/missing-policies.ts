import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import type { MemorySsoAdmin } from '../../shared/memory/sso-admin/memory-sso-admin.ts'

const parameters = z.object({ account: accountId, name: z.string().min(1) })

/**
 * There is no IAM here, so every customer managed policy exists in every account, unless `PUT
 * /_ssofile/accounts/<id>/missing-policies/<name>` declares it missing (DELETE: it exists again).
 */
export function addMissingPolicies(app: Pick<FastifyInstance, 'put' | 'delete'>, ssoAdmin: MemorySsoAdmin): void {
  const path = '/_ssofile/accounts/:account/missing-policies/:name'
  app.put(path, async (request, reply) => {
    const { account, name } = parameters.parse(request.params)
    ssoAdmin.removeCustomerManagedPolicy(account, name)
    return reply.code(204).send()
  })
  app.delete(path, async (request, reply) => {
    const { account, name } = parameters.parse(request.params)
    ssoAdmin.restoreCustomerManagedPolicy(account, name)
    return reply.code(204).send()
  })
}

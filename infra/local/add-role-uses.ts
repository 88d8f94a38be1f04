import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import { parsePolicyStatements } from '../../shared/domain/iam-policies/policy-statement.ts'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import type { MemoryIam } from '../../shared/memory/iam/memory-iam.ts'

const instant = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .optional()
const parameters = z.object({ account: accountId, permissionSet: z.string().min(1) })
const query = z.strictObject({ usedAt: instant, madeAt: instant, service: z.string().optional() })

const policy = z.object({ account: accountId, '*': z.string().regex(/^([\w+=,.@-]+\/)*[\w+=,.@-]{1,128}$/) })

/**
 * What nobody can do by a call: `PUT /_ssofile/accounts/<id>/roles/<permission set>?usedAt=<instant>` says that somebody used
 * the role, `madeAt` that it was made then. `PUT /_ssofile/accounts/<id>/missing-auditor-role` takes the auditor's role away
 * there (DELETE: it is there again). `PUT /_ssofile/accounts/<id>/policies/<path and name>` makes the body what this customer
 * managed policy says.
 */
export function addRoleUses(app: Pick<FastifyInstance, 'put' | 'delete'>, iam: MemoryIam): void {
  app.put('/_ssofile/accounts/:account/roles/:permissionSet', async (request, reply) => {
    const { account, permissionSet } = parameters.parse(request.params)
    const told = query.parse(request.query)
    if (iam.tell(account, permissionSet, told)) return reply.code(204).send()
    const expected = 'a permission set that is provisioned in the account'
    return reply.code(404).send({ received: `${permissionSet} in ${account}`, expected })
  })
  app.put('/_ssofile/accounts/:account/policies/*', async (request, reply) => {
    const { account, '*': name } = policy.parse(request.params)
    const document = String(request.body)
    if (parsePolicyStatements(document) === undefined)
      return reply.code(400).send({ received: 'something else', expected: 'a policy document as the body' })
    iam.tellPolicy(account, `/${name}`, document)
    return reply.code(204).send()
  })
  const path = '/_ssofile/accounts/:account/missing-auditor-role'
  const account = z.object({ account: accountId })
  app.put(path, async (request, reply) => {
    iam.removeAuditorRole(account.parse(request.params).account)
    return reply.code(204).send()
  })
  app.delete(path, async (request, reply) => {
    iam.restoreAuditorRole(account.parse(request.params).account)
    return reply.code(204).send()
  })
}

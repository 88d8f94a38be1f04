import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import { parsePolicyStatements } from '../../shared/domain/iam-policies/policy-statement.ts'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import type { MemoryIam } from '../../shared/memory/iam/memory-iam.ts'
import type { MemorySsoAdmin } from '../../shared/memory/sso-admin/memory-sso-admin.ts'
import { addToggle } from './add-toggle.ts'
import { parseBody } from './sessions/add-person-sessions.ts'

const instant = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .optional()
const madeAt = z.iso.datetime({ offset: true }).transform((text) => new Date(text))
const uses = z
  .array(z.strictObject({ at: madeAt, service: z.string().optional(), region: z.string().optional() }))
  .default([])
const name = z.string().regex(/^[\w+=,.@-]{1,64}$/)
const path = z.string().default('/')
const credentials = z.strictObject({
  root: z
    .strictObject({ hasPassword: z.boolean(), hasMfa: z.boolean(), activeKeys: z.int().min(0).max(2) })
    .default({ hasPassword: false, hasMfa: false, activeKeys: 0 }),
  users: z
    .array(
      z.strictObject({
        name,
        path,
        madeAt,
        password: z.strictObject({ changedAt: madeAt, uses }).optional(),
        hasMfa: z.boolean().default(false),
        keys: z
          .array(z.strictObject({ id: z.string(), isActive: z.boolean().default(true), madeAt, uses }))
          // IAM User Guide, "IAM and AWS STS quotas": two for each user.
          .max(2)
          .default([]),
        groups: z.array(name).default([]),
        policies: z.array(name).default([]),
      }),
    )
    .default([]),
  roles: z.array(z.strictObject({ name, path, madeAt, trust: z.string(), uses })).default([]),
  passwordPolicy: z
    .strictObject({
      minimumLength: z.int(),
      isMixed: z.boolean(),
      reusePrevention: z.int(),
      maxAgeDays: z.int().optional(),
    })
    .optional(),
})
const parameters = z.object({ account: accountId, permissionSet: z.string().min(1) })
const query = z.strictObject({ usedAt: instant, madeAt: instant, service: z.string().optional() })

const policy = z.object({ account: accountId, '*': z.string().regex(/^([\w+=,.@-]+\/)*[\w+=,.@-]{1,128}$/) })

/**
 * Facts that no call can set: `PUT /_ssofile/accounts/<id>/roles/<permission set>?usedAt=<instant>` records a use of the role (`service=`:
 * the service, or the action, as in `s3:CreateBucket`), `madeAt` its creation. `PUT /_ssofile/accounts/<id>/missing-auditor-role` removes
 * the auditor's role there (DELETE: it is back). `PUT /_ssofile/accounts/<id>/policies/<path and name>` makes the body this customer
 * managed policy's document. `PUT /_ssofile/accounts/<id>/credentials` makes the body the account's users, keys, roles, root user and
 * password policy. Every customer managed policy exists in every account, unless `PUT
 * /_ssofile/accounts/<id>/missing-policies/<name>` declares it missing (DELETE: it exists again).
 */
export function addRoleUses(
  app: Pick<FastifyInstance, 'put' | 'delete'>,
  { iam, ssoAdmin }: { readonly iam: MemoryIam; readonly ssoAdmin: MemorySsoAdmin },
): void {
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
  app.put('/_ssofile/accounts/:account/credentials', async (request, reply) => {
    const parsed = credentials.safeParse(parseBody(request.body))
    if (!parsed.success) return reply.code(400).send({ received: 'something else', expected: parsed.error.message })
    iam.credentials.tell(z.object({ account: accountId }).parse(request.params).account, parsed.data)
    return reply.code(204).send()
  })
  const ofAccount = z.object({ account: accountId })
  addToggle(app, '/_ssofile/accounts/:account/missing-auditor-role', ofAccount, {
    put: ({ account }) => iam.removeAuditorRole(account),
    remove: ({ account }) => iam.restoreAuditorRole(account),
  })
  const ofPolicy = z.object({ account: accountId, name: z.string().min(1) })
  addToggle(app, '/_ssofile/accounts/:account/missing-policies/:name', ofPolicy, {
    put: ({ account, name }) => ssoAdmin.removeCustomerManagedPolicy(account, name),
    remove: ({ account, name }) => ssoAdmin.restoreCustomerManagedPolicy(account, name),
  })
}

import type { FastifyInstance } from 'fastify'
import { type AccountId, accountId } from '../../shared/domain/organization/account-id.ts'
import type { MemoryOrganizations } from '../../shared/memory/organizations/memory-organizations.ts'

/**
 * What AWS itself does to an account, without an API: `POST /_ssofile/accounts/<id>/suspend`, `reinstate`, and `end` (a
 * closed account after its 90 days); `withhold` leaves State and Paths of the account out of all answers, which AWS may do, and
 * `tell` ends that. Only `end` has an event.
 */
export function addSupport(app: FastifyInstance, organizations: MemoryOrganizations): void {
  const acts: Readonly<Record<string, (id: AccountId) => void>> = {
    suspend: (id) => organizations.suspendAccount(id),
    reinstate: (id) => organizations.reinstateAccount(id),
    end: (id) => organizations.goneAccount(id),
    withhold: (id) => organizations.withholdPlace(id),
    tell: (id) => organizations.tellPlace(id),
  }
  for (const [act, perform] of Object.entries(acts)) {
    app.post<{ Params: { id: string } }>(`/_ssofile/accounts/:id/${act}`, async (request, reply) => {
      const id = accountId.safeParse(request.params.id).data
      const isKnown = id !== undefined && organizations.accountState(id) !== undefined
      if (!isKnown)
        return reply.code(404).send({ received: request.params.id, expected: 'an account of the organization' })
      perform(id)
      return { id, state: organizations.accountState(id) ?? 'gone' }
    })
  }
}

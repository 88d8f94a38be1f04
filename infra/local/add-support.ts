import type { FastifyInstance } from 'fastify'
import { type AccountId, accountId } from '../../shared/domain/organization/account-id.ts'
import type { PrincipalId } from '../../shared/domain/principals/identity-center-ids.ts'
import type { MemoryIdentityStore } from '../../shared/memory/identity-store/memory-identity-store.ts'
import type { MemoryOrganizations } from '../../shared/memory/organizations/memory-organizations.ts'

/**
 * AWS's own acts on an account, without an API: `POST /_ssofile/accounts/<id>/suspend`, `reinstate`, and `end` (a closed account after its
 * 90 days); `withhold` leaves State and Paths of the account out of all answers, as AWS may do, and `tell` ends that. Only `end` has an
 * event.
 */
export function addSupport(
  app: FastifyInstance,
  { organizations, identityStore }: { organizations: MemoryOrganizations; identityStore: MemoryIdentityStore },
): void {
  addProvider(app, identityStore)
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

/**
 * Acts of the users' provider, or of a person at the console: `POST /_ssofile/users/<user name>/disable`, and `enable`; and `POST
 * /_ssofile/groups/<group name>/provision`, or `users`, after which the group or user has ExternalIds. The identity store sends the usual
 * events of a changed user or group.
 */
function addProvider(app: FastifyInstance, identityStore: MemoryIdentityStore): void {
  const on = (kind: 'USER' | 'GROUP', act: string, perform: (id: PrincipalId, name: string) => void, then: object) => {
    const noun = kind.toLowerCase()
    app.post<{ Params: { name: string } }>(`/_ssofile/${noun}s/:name/${act}`, async (request, reply) => {
      const { name } = request.params
      const id = identityStore.idOf(kind, name)
      if (id === undefined) return reply.code(404).send({ received: name, expected: `the exact name of a ${noun}` })
      perform(id, name)
      return { id, ...then }
    })
  }
  // The provider's own id stays the same when it makes the user again.
  const external = (name: string) => ({ issuer: 'https://scim.aws.com/local', id: name })
  on('USER', 'disable', (id) => identityStore.setUserStatus(id, 'DISABLED'), { status: 'DISABLED' })
  on('USER', 'enable', (id) => identityStore.setUserStatus(id, 'ENABLED'), { status: 'ENABLED' })
  on('USER', 'provision', (id, name) => identityStore.setExternalIdOfUser(id, external(name)), { isExternal: true })
  on('GROUP', 'provision', (id, name) => identityStore.setExternalId(id, external(name)), { isExternal: true })
}

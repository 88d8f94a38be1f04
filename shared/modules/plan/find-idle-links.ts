import pLimit from 'p-limit'
import { describeLink } from '../../domain/links/describe-link.ts'
import type { Link } from '../../domain/links/link.ts'
import type { OrganizationView } from '../../domain/organization/organization-view.ts'
import { expandScope, isWithin, type Membership } from '../../domain/scopes/expand-scope.ts'
import { onceEach } from '../../ports/once.ts'
import { wrapPort } from '../../reconcile/calls/wrap-port.ts'
import type { OrganizationCache } from '../../reconcile/organization/organization-cache.ts'
import { readsAtOnce } from '../../reconcile/records/list-heads.ts'
import { type AskedOrganization, gatherLink } from '../../reconcile/statuses/gather-link.ts'
import type { PlanSources } from './plan-sources.ts'
import type { IdleLink, LaterGrants } from './planned-access.ts'

/** The links that grant nothing, and why, by what their status would say. Leaves out those that a policy refuses. */
export async function findIdleLinks(
  view: Pick<OrganizationView, 'accounts' | 'managementAccountId'> & { readonly membership: Membership },
  sources: Pick<PlanSources, 'readings' | 'policies' | 'configuration' | 'organization'>,
): Promise<readonly IdleLink[]> {
  const { accounts, membership } = view
  // An invalid policy refuses every link, which would hide the faults of each.
  const policies = { read: async () => ({ ...(await sources.policies.read()), broken: [] }) }
  const asked = { organization: asRead(sources.organization), findUploader: () => 'later' as const, policies }
  const context = { ...sources, ...asked, accountsOf: async () => [] }
  const found = await pLimit(readsAtOnce).map(sources.readings.keys, async (key): Promise<readonly IdleLink[]> => {
    const reading = await sources.readings.read(key)
    if (reading.state === 'in-force' && accounts.some((account) => isWithin(reading.link, account, membership)))
      return []
    // The rest of its access is among the revocations.
    const { facts } = await gatherLink(reading, undefined, context)
    const status = describeLink(facts)
    if (!status) return []
    const { state, reason, remedy } = status
    const waits = reading.state === 'not-yet' || (reading.state === 'in-force' && state === 'waiting')
    return [{ key, state, reason, remedy, ...(waits && { later: expandLater(reading.link, view) }) }]
  })
  return found.flat()
}

function expandLater(link: Link, view: Parameters<typeof findIdleLinks>[0]): LaterGrants {
  const { permissionSet, principal, type, scope } = link
  const accounts = scope.kind === 'account' ? [scope.id] : expandScope(link, view, view.membership)
  return { permissionSet, principal, type, accounts }
}

/**
 * The last reading of the organization, without a call for each account that it lacks: thousands of such links would take
 * minutes. Asks once for each organizational unit without accounts, because no view has it.
 */
function asRead(organization: OrganizationCache): AskedOrganization {
  return wrapPort<AskedOrganization>(organization, (_, call) => call(), {
    find: async (accountId, { accounts }) => accounts.find(({ id }) => id === accountId),
    parentExists: onceEach((id) => organization.parentExists(id)),
  })
}

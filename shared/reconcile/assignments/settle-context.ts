import type { Configuration } from '../../domain/deployment/configuration.ts'
import { onceIn } from '../../ports/once.ts'
import type { Ports } from '../../ports/ports.ts'
import { Brake } from '../brake/brake.ts'
import { AssignmentListings } from '../calls/assignment-listings.ts'
import { AssignmentRequests } from '../calls/assignment-requests.ts'
import { patientIdentityStore } from '../calls/patient-identity-store.ts'
import type { WaitingIn } from '../calls/request-slots.ts'
import { ManagementAccountSets } from '../directory/management-account-sets.ts'
import { Memberships } from '../directory/memberships.ts'
import { PermissionSetIndex } from '../directory/permission-set-index.ts'
import { PrincipalIndex } from '../directory/principal-index.ts'
import { Minimums } from '../guardrails/minimums.ts'
import { Separations } from '../guardrails/separations.ts'
import { OrganizationCache } from '../organization/organization-cache.ts'
import { LinkListing } from '../records/link-listing.ts'
import { Policies } from '../records/policies.ts'
import { PrincipalNames } from '../records/principal-names.ts'
import { StatusStore } from '../records/status-store.ts'
import { readMeant, Suspensions } from '../records/suspensions.ts'
import type { SettleContext } from './settlement.ts'
import { Standings } from './standings.ts'

export type OpenSettleContext = Ports & SettleContext & { readonly brake: Brake }

/**
 * Everything that one slice needs to settle assignments; slices share no memory. Calls `ports.ssoAdmin` as it is, so the caller
 * limits its rate. The caller must stop `requests` at the end.
 */
export function openSettleContext(
  ports: Ports,
  configuration: Configuration,
  { mayStart, ending, waitingIn }: Pick<SettleContext, 'mayStart' | 'ending'> & { readonly waitingIn: WaitingIn },
): OpenSettleContext {
  const { objects, ssoAdmin, clock } = ports
  const organization = new OrganizationCache(ports, configuration.folders)
  const identityStore = patientIdentityStore(ports)
  const policies = new Policies({ objects, clock })
  const principals = new PrincipalIndex(identityStore, clock, configuration.principalSuffix)
  const memberships = new Memberships(identityStore, clock)
  const statuses = new StatusStore(objects, clock)
  const suspensions = new Suspensions({ objects, policies })
  const minimums = new Minimums({ objects, policies, memberships, suspensions, statuses })
  return {
    ...ports,
    configuration,
    organization,
    listings: new AssignmentListings({ ssoAdmin, clock }),
    requests: new AssignmentRequests(ports, { most: configuration.limits.outstanding, waitingIn }),
    brake: new Brake(ports, configuration, minimums),
    statuses,
    policies,
    suspensions,
    meant: onceIn(30_000, clock, () => readMeant(objects)),
    standings: new Standings(objects),
    links: new LinkListing(objects, configuration, clock),
    principals,
    memberships,
    separations: new Separations({ ...ports, configuration, policies, principals, memberships }),
    principalNames: new PrincipalNames(objects),
    permissionSets: new PermissionSetIndex({ objects, ssoAdmin, clock }),
    managementAccount: new ManagementAccountSets({
      objects,
      ssoAdmin,
      clock,
      configuration,
      managementAccountId: () => organization.managementAccountId(),
    }),
    mayStart,
    ending,
    pulledMs: clock.monotonicMs(),
  }
}

import type { Configuration } from '../../domain/configuration.ts'
import type { Ports } from '../../ports/ports.ts'
import { Brake } from '../brake/brake.ts'
import { AssignmentListings } from '../calls/assignment-listings.ts'
import { AssignmentRequests } from '../calls/assignment-requests.ts'
import { patientIdentityStore } from '../calls/patient-identity-store.ts'
import { ManagementAccountSets } from '../directory/management-account-sets.ts'
import { PermissionSetIndex } from '../directory/permission-set-index.ts'
import { PrincipalIndex } from '../directory/principal-index.ts'
import { PrincipalNames } from '../directory/principal-names.ts'
import { OrganizationCache } from '../organization/organization-cache.ts'
import { Policies } from '../records/policies.ts'
import { StatusStore } from '../records/status-store.ts'
import type { SettleContext } from './settlement.ts'
import { Standings } from './standings.ts'

export type OpenSettleContext = Ports & SettleContext & { readonly brake: Brake }

/**
 * What assignments are settled with in one slice, which shares no memory with another. `ports.ssoAdmin` is called as it
 * is: who limits it does so before. `requests` have to be stopped at the end.
 */
export function openSettleContext(
  ports: Ports,
  configuration: Configuration,
  { mayStart, ending }: Pick<SettleContext, 'mayStart' | 'ending'>,
): OpenSettleContext {
  const { objects, ssoAdmin, clock } = ports
  const organization = new OrganizationCache(ports, configuration.folders)
  return {
    ...ports,
    configuration,
    organization,
    listings: new AssignmentListings({ ssoAdmin, clock }),
    requests: new AssignmentRequests(ports, configuration.limits.outstanding),
    brake: new Brake(ports, configuration),
    statuses: new StatusStore(objects, clock),
    policies: new Policies({ objects, clock }),
    standings: new Standings(objects),
    principals: new PrincipalIndex(patientIdentityStore(ports), clock, configuration.principalSuffix),
    principalNames: new PrincipalNames(objects),
    permissionSets: new PermissionSetIndex({ objects, ssoAdmin, clock }),
    managementAccount: new ManagementAccountSets({
      objects,
      ssoAdmin,
      clock,
      managementAccountId: async () => (await organization.view()).managementAccountId,
    }),
    mayStart,
    ending,
    pulledMs: clock.monotonicMs(),
  }
}

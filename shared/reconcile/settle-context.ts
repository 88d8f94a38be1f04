import type { Configuration } from '../domain/configuration.ts'
import type { Ports } from '../ports/ports.ts'
import { AssignmentRequests } from './assignment-requests.ts'
import { Brake } from './brake.ts'
import { ManagementAccountSets } from './management-account-sets.ts'
import { OrganizationCache } from './organization-cache.ts'
import { patientIdentityStore } from './patient-identity-store.ts'
import { PermissionSetIndex } from './permission-set-index.ts'
import { PrincipalIndex } from './principal-index.ts'
import { PrincipalNames } from './principal-names.ts'
import type { SettleContext } from './settlement.ts'
import { Standings } from './standings.ts'
import { StatusStore } from './status-store.ts'

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
  const { objects, ssoAdmin, clock, log } = ports
  const organization = new OrganizationCache(ports, configuration.folders)
  return {
    ...ports,
    configuration,
    organization,
    requests: new AssignmentRequests(ssoAdmin, clock, log),
    brake: new Brake(ports, configuration),
    statuses: new StatusStore(objects, clock),
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
    patience: { refusals: 0 },
    pulledMs: clock.monotonicMs(),
  }
}

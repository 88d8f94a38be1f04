import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { Ports } from '../../ports/ports.ts'
import { Memberships } from '../../reconcile/directory/memberships.ts'
import { PrincipalIndex } from '../../reconcile/directory/principal-index.ts'
import { OrganizationCache } from '../../reconcile/organization/organization-cache.ts'
import { InputReadings } from '../../reconcile/records/input-readings.ts'
import { Policies } from '../../reconcile/records/policies.ts'
import { StatusStore } from '../../reconcile/records/status-store.ts'
import { Suspensions } from '../../reconcile/records/suspensions.ts'

export type PlanSources = Readonly<Awaited<ReturnType<typeof openPlanSources>>>

/** The readers that the parts of a plan share. `ports`: of the copies on which the plan has handled people and groups already. */
export async function openPlanSources(ports: Ports, configuration: Configuration) {
  const { objects, identityStore, clock } = ports
  const policies = new Policies({ objects, clock })
  return {
    ...{ ports, objects, configuration, policies },
    organization: new OrganizationCache(ports, configuration.folders),
    readings: await InputReadings.list(objects, configuration),
    memberships: new Memberships(identityStore, clock),
    principals: new PrincipalIndex(identityStore, clock, configuration.principalSuffix),
    statuses: new StatusStore(objects, clock),
    suspensions: new Suspensions({ objects, policies }),
  }
}

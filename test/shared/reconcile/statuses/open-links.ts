import { OrganizationCache } from '../../../../shared/reconcile/organization/organization-cache.ts'
import { Policies } from '../../../../shared/reconcile/records/policies.ts'
import type { World } from '../../../world.ts'

/** What links are looked at with, as a function that has just started. */
export function openLinks({ ports, configuration }: World) {
  const organization = new OrganizationCache(ports, configuration.folders)
  return { ...ports, configuration, organization, policies: new Policies(ports) }
}

import { OrganizationCache } from '../../../../shared/reconcile/organization/organization-cache.ts'
import type { World } from '../../../world.ts'

/** The configuration and the organization of a plan, in a bucket without access. */
export function inForceIn({ configuration, ports }: Pick<World, 'configuration' | 'ports'>) {
  return { configuration, organization: new OrganizationCache(ports, configuration.folders), recorded: [] } as const
}

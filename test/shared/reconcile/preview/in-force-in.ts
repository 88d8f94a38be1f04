import type { World } from '../../../world.ts'

/** What a preview of permission sets is planned for. */
export function inForceIn({ configuration, organizations }: World) {
  return { configuration, managementAccountId: organizations.managementAccountIdNow }
}

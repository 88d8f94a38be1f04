import { parseAssignmentKey } from '../../domain/assignments/assignment.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PermissionSetContext } from './permission-set-settlement.ts'
import type { ProvisioningSources } from './provision-permission-set.ts'

export function provisioningContext(
  name: PermissionSetName,
  { ssoAdmin, provisionings, clock, organization, standings }: PermissionSetContext,
): Pick<ProvisioningSources, 'ssoAdmin' | 'provisionings' | 'clock' | 'view' | 'readLive' | 'knownAccounts'> {
  return {
    ssoAdmin,
    provisionings,
    clock,
    view: () => organization.view(),
    readLive: (account) => organization.readLive(account, async () => false),
    knownAccounts: async () => {
      const { ledger, foreign } = await standings.keysOf((grant) => grant.permissionSet === name)
      return [...ledger, ...foreign].flatMap((key) => parseAssignmentKey(key)?.accountId ?? [])
    },
  }
}

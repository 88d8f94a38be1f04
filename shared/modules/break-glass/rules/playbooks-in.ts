import type { BreakGlass, Playbook } from '../../../domain/files/break-glass-file.ts'
import type { Account } from '../../../domain/organization/organization-view.ts'

/** The playbooks with a role that the account has to have: playbooks that name the account or an organizational unit above it. */
export function playbooksIn(
  { playbooks, managementAccount }: BreakGlass,
  { id, parents }: Pick<Account, 'id' | 'parents'>,
): readonly Playbook[] {
  // No StackSet reaches the management account, so a playbook has to name it.
  const above = id === managementAccount ? [] : parents
  return playbooks.filter(
    ({ accounts, organizationalUnits }) =>
      accounts.includes(id) || organizationalUnits.some((unit) => above.includes(unit)),
  )
}

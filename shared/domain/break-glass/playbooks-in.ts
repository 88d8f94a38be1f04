import type { Account } from '../organization/organization-view.ts'
import type { BreakGlass, Playbook } from './break-glass-file.ts'

/** The playbooks whose role an account has to have: those that name it, or an organizational unit above it. */
export function playbooksIn(
  { playbooks, managementAccount }: BreakGlass,
  { id, parents }: Pick<Account, 'id' | 'parents'>,
): readonly Playbook[] {
  // No StackSet reaches the management account: only its name does.
  const above = id === managementAccount ? [] : parents
  return playbooks.filter(
    ({ accounts, organizationalUnits }) =>
      accounts.includes(id) || organizationalUnits.some((unit) => above.includes(unit)),
  )
}

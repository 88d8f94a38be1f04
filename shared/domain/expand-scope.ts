import type { AccountId } from './account-id.ts'
import type { Configuration } from './configuration.ts'
import type { Account, OrganizationView } from './organization-view.ts'
import type { Scope } from './scope.ts'

export type Membership = Pick<Configuration, 'supportNestedOu' | 'includeManagementAccount'> & {
  readonly managementAccountId: AccountId
}

/**
 * The accounts of a scope in this view of the organization, ascending by id. Empty: the link waits, it is not invalid.
 * Only ACTIVE accounts can be given access. The management account is included by its id alone, and only where that is
 * configured: "all" does not mean the account that governs the others.
 */
export function expandScope(
  scope: Scope,
  view: OrganizationView,
  configuration: Pick<Configuration, 'supportNestedOu' | 'includeManagementAccount'>,
): readonly AccountId[] {
  const membership = { ...configuration, managementAccountId: view.managementAccountId }
  return view.accounts
    .filter((account) => isWithin(scope, account, membership))
    .map((account) => account.id)
    .sort()
}

/** Whether the scope includes this account now. An account whose tags were not read is in no tag's scope. */
export function isWithin(scope: Scope, account: Account, membership: Membership): boolean {
  if (account.state !== 'ACTIVE') return false
  if (
    account.id === membership.managementAccountId &&
    !(membership.includeManagementAccount && scope.kind === 'account')
  )
    return false
  switch (scope.kind) {
    case 'root':
      return true
    case 'account':
      return account.id === scope.id
    case 'ou_id':
      return parentsThatCount(account, membership.supportNestedOu).includes(scope.id)
    case 'account_tag':
      return account.tags?.[scope.key] === scope.value
    default:
      return scope satisfies never
  }
}

/** With nested organizational units: all units above the account, else only its parent. */
export function parentsThatCount(account: Account, supportNestedOu: boolean): readonly string[] {
  return supportNestedOu ? account.parents : account.parents.slice(-1)
}

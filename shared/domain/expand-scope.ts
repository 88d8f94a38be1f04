import type { AccountId } from './account-id.ts'
import type { Configuration } from './configuration.ts'
import { isSelected } from './is-selected.ts'
import type { Account, OrganizationView } from './organization-view.ts'
import type { Scope } from './scope.ts'
import type { Selectors } from './selector-file.ts'

/** What decides, besides the account, whether a scope has it. */
export type Scoping = Pick<Configuration, 'supportNestedOu' | 'includeManagementAccount'> & {
  readonly selectors: Selectors
}
export type Membership = Scoping & { readonly managementAccountId: AccountId }

/**
 * The accounts of a scope in this view of the organization, ascending by id. Empty: the link waits, it is not invalid.
 * Only ACTIVE accounts can be given access. The management account is included by its id alone, and only where that is
 * configured: "all" does not mean the account that governs the others.
 */
export function expandScope(
  scope: Scope,
  { accounts, managementAccountId }: Pick<OrganizationView, 'accounts' | 'managementAccountId'>,
  scoping: Scoping,
): readonly AccountId[] {
  const membership = { ...scoping, managementAccountId }
  return accounts
    .filter((account) => isWithin(scope, account, membership))
    .map((account) => account.id)
    .sort()
}

/** Whether the scope includes this account now. An account whose tags were not read is in no tag's scope. */
export function isWithin(scope: Scope, account: Account, membership: Membership): boolean {
  return judgeWithin(scope, account, membership) === true
}

/**
 * Whether nobody knows if the scope includes this account: its selector cannot be read, is not valid, or asks for tags that
 * were not read. A selector that is not there selects nothing.
 */
export function isUnclear(scope: Scope, account: Account, membership: Membership): boolean {
  return judgeWithin(scope, account, membership) === undefined
}

function judgeWithin(scope: Scope, account: Account, membership: Membership): boolean | undefined {
  if (account.state !== 'ACTIVE') return false
  if (
    account.id === membership.managementAccountId &&
    !(membership.includeManagementAccount && scope.kind === 'account')
  )
    return false
  const parents = parentsThatCount(account, membership.supportNestedOu)
  switch (scope.kind) {
    case 'root':
      return true
    case 'account':
      return account.id === scope.id
    case 'ou_id':
      return parents.includes(scope.id)
    case 'account_tag':
      return account.tags?.[scope.key] === scope.value
    case 'select': {
      const selector = membership.selectors.get(scope.name)
      if (selector === undefined) return false
      return selector.ok ? isSelected(selector.value.condition, account, parents) : undefined
    }
    default:
      return scope satisfies never
  }
}

/** With nested organizational units: all units above the account, else only its parent. */
export function parentsThatCount(account: Account, supportNestedOu: boolean): readonly string[] {
  return supportNestedOu ? account.parents : account.parents.slice(-1)
}

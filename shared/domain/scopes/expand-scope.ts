import type { Configuration } from '../deployment/configuration.ts'
import type { Link } from '../links/link.ts'
import type { AccountId } from '../organization/account-id.ts'
import type { Account, OrganizationView } from '../organization/organization-view.ts'
import { holdsJointly } from './joint-conditions.ts'
import { renderScope } from './scope.ts'
import type { Condition, Selectors } from './selector-file.ts'

/** Besides the account, everything that decides whether a scope includes it. */
export type Scoping = Pick<
  Configuration,
  'supportNestedOu' | 'includeManagementAccount' | 'includeOwnAccount' | 'ownAccount'
> & {
  readonly selectors: Selectors
}
/** Links of the same name reach the same accounts. */
export function nameOfReach({ scope, folder }: Reaching): string {
  return `${folder === undefined ? '' : 'in a folder: '}${renderScope(scope)}`
}

export type Membership = Scoping & { readonly managementAccountId: AccountId }

/** A link, or a draft of one. `folder` absent: directly under `links_data/`. */
export type Reaching = Pick<Link, 'scope' | 'folder'>

/**
 * The accounts of a link in this view of the organization, ascending by id. Empty: the link waits, it is not invalid. Access is given only
 * in ACTIVE accounts. A link reaches the management account only by its id, and only if the configuration permits it: "all" does not
 * include the account that governs the others.
 */
export function expandScope(reaching: Reaching, view: Expanding, scoping: Scoping): readonly AccountId[] {
  return listAccounts(reaching, view, scoping, (within) => within === true)
}

/** Also the accounts of which nobody knows whether the scope includes them, as `isUnclear` says: the link may have given access there. */
export function expandScopeAtMost(reaching: Reaching, view: Expanding, scoping: Scoping): readonly AccountId[] {
  return listAccounts(reaching, view, scoping, (within) => within !== false)
}

type Expanding = Pick<OrganizationView, 'accounts' | 'managementAccountId'>

function listAccounts(
  reaching: Reaching,
  { accounts, managementAccountId }: Expanding,
  scoping: Scoping,
  isWanted: (within: boolean | undefined) => boolean,
): readonly AccountId[] {
  const membership = { ...scoping, managementAccountId }
  return candidatesOf(reaching, accounts)
    .filter((account) => isWanted(judgeWithin(reaching, account, membership)))
    .map((account) => account.id)
    .sort()
}

const indexes = new WeakMap<readonly Account[], ReadonlyMap<AccountId, Account>>()

/** Most links name one account. Thousands of them, each compared with 50,000 accounts, take half a minute. */
function candidatesOf({ scope }: Reaching, accounts: readonly Account[]): readonly Account[] {
  if (scope.kind !== 'account') return accounts
  const index = indexes.get(accounts) ?? new Map(accounts.map((account) => [account.id, account]))
  indexes.set(accounts, index)
  const account = index.get(scope.id)
  return account === undefined ? [] : [account]
}

/** Whether the link's scope includes this account now. An account whose tags were not read is in no tag's scope. */
export function isWithin(reaching: Reaching, account: Account, membership: Membership): boolean {
  return judgeWithin(reaching, account, membership) === true
}

/**
 * Whether nobody knows if the link's scope includes this account: its selector is unreadable or invalid, or tests tags that were not
 * read. A missing selector selects nothing.
 */
export function isUnclear(reaching: Reaching, account: Account, membership: Membership): boolean {
  return judgeWithin(reaching, account, membership) === undefined
}

export type ClosedBecause = 'management-account' | 'own-account'

/**
 * Whether this account is closed to the link, whatever its scope says.
 *
 * | the account                     | is open to                                             | where                    |
 * | ------------------------------- | ------------------------------------------------------ | ------------------------ |
 * | the management account          | links that name it                                     | includeManagementAccount |
 * | the one in which ssofile runs   | links outside folders: its administrators own ssofile, | includeOwnAccount        |
 * |                                 | so they decide about all accounts, and not one team    |                          |
 * | both at once                    | links outside folders that name it                     | includeManagementAccount |
 * | any other                       | all                                                    |                          |
 */
export function closedBecause(
  { scope, folder }: Reaching,
  id: AccountId,
  { managementAccountId, includeManagementAccount, ownAccount, includeOwnAccount }: Omit<Membership, 'selectors'>,
): ClosedBecause | undefined {
  const isManagement = id === managementAccountId
  if (isManagement && !(includeManagementAccount && scope.kind === 'account')) return 'management-account'
  if (id !== ownAccount || (folder === undefined && (isManagement || includeOwnAccount))) return undefined
  return 'own-account'
}

function judgeWithin(reaching: Reaching, account: Account, membership: Membership): boolean | undefined {
  if (account.state !== 'ACTIVE') return false
  if (closedBecause(reaching, account.id, membership)) return false
  const { scope } = reaching
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

/** With `supportNestedOu`: all units above the account, else only its parent. */
export function parentsThatCount(account: Account, supportNestedOu: boolean): readonly string[] {
  return supportNestedOu ? account.parents : account.parents.slice(-1)
}

/**
 * Whether a condition holds for an account. It does not look at the account's state, nor at closed accounts. `undefined`: the answer
 * depends on unread tags. `parents`: the ids of the units above it that count.
 */
export function isSelected(
  condition: Condition,
  account: Pick<Account, 'id' | 'name' | 'tags'>,
  parents: readonly string[],
): boolean | undefined {
  const { organizationalUnits, accounts, names, tags } = condition
  const parts = [
    organizationalUnits && (() => parents.some((id) => organizationalUnits.has(id))),
    accounts && (() => accounts.has(account.id)),
    names && (() => names.some((fits) => fits(account.name))),
    tags && (() => account.tags && hasOne(account.tags, tags)),
  ]
  return holdsJointly(condition, parts, (one) => isSelected(one, account, parents))
}

function hasOne(tags: NonNullable<Account['tags']>, wanted: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  for (const [key, values] of wanted) {
    const value = Object.hasOwn(tags, key) ? tags[key] : undefined
    if (value !== undefined && values.has(value)) return true
  }
  return false
}

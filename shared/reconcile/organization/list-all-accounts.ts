import type { AccountId } from '../../domain/organization/account-id.ts'
import type { Account } from '../../domain/organization/organization-view.ts'
import type { Organizations } from '../../ports/organizations.ts'
import { listAll } from '../../ports/page.ts'

/** Up to so many accounts that a listing lacks are looked up one by one. One that exists proves the listing incomplete. */
const soughtMost = 20

/** Organizations listed fewer accounts than it has, so an account that is not listed may exist. */
export class IncompleteListingError extends Error {
  override readonly name = 'IncompleteListingError'
  constructor(received: string, expected: string) {
    super(
      `Organizations listed ${received}, expected ${expected}: an incomplete listing changes nothing; it is read again`,
    )
  }
}

export type Listing = { readonly managementAccountId: AccountId; readonly accounts: readonly Account[] }

/**
 * All accounts of the organization, 20 a call, without tags. Throws when they may not be all: a page cannot be read, the
 * management account is missing (as in an empty list), or an account of `known` is missing that DescribeAccount still has.
 */
export async function listAllAccounts(organizations: Organizations, known: readonly Account[]): Promise<Listing> {
  const byId = new Map<AccountId, Account>()
  // An account that moves meanwhile may be listed twice: the later one counts.
  for await (const account of listAll((nextToken) => organizations.listAccounts(nextToken)))
    byId.set(account.id, account)
  const managementAccountId = await organizations.managementAccountId()
  if (!byId.has(managementAccountId)) {
    throw new IncompleteListingError(
      `${byId.size} accounts`,
      `the management account ${managementAccountId} among them`,
    )
  }
  const missing = known.filter(({ id }) => !byId.has(id)).slice(0, soughtMost)
  for (const { id } of missing) {
    if (await organizations.describeAccount(id))
      throw new IncompleteListingError(`${byId.size} accounts without ${id}`, 'that account, which exists, among them')
  }
  return { managementAccountId, accounts: [...byId.values()] }
}

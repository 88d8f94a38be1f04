import type { AccountId } from '../../domain/organization/account-id.ts'
import type { Account } from '../../domain/organization/organization-view.ts'
import type { Organizations } from '../../ports/organizations.ts'
import { listAll } from '../../ports/page.ts'

/** The most missing accounts to look up one by one. One that exists proves the listing incomplete. */
const soughtMost = 20

/** Organizations listed fewer accounts than it has, so an unlisted account may exist. */
export class IncompleteListingError extends Error {
  override readonly name = 'IncompleteListingError'
  constructor(received: string, expected: string) {
    super(
      `Organizations listed ${received}, expected ${expected}: an incomplete listing changes nothing; ssofile reads it again`,
    )
  }
}

export type Listing = { readonly managementAccountId: AccountId; readonly accounts: readonly Account[] }

/**
 * All accounts of the organization, 20 a call, without tags. Throws if the listing may be incomplete: a page cannot be read,
 * the management account is missing (as in an empty list), or DescribeAccount still finds a missing account of `known`.
 */
export async function listAllAccounts(organizations: Organizations, known: readonly Account[]): Promise<Listing> {
  const byId = new Map<AccountId, Account>()
  // An account that moves meanwhile may be listed twice: the later row counts.
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
      throw new IncompleteListingError(`${byId.size} accounts without ${id}`, 'that account too, because it exists')
  }
  return { managementAccountId, accounts: [...byId.values()] }
}

import type { AccountId } from '../domain/organization/account-id.ts'
import type { Account } from '../domain/organization/organization-view.ts'
import type { Page } from './page.ts'

/** AWS Organizations, read only. Throttling is `TooManyRequestsException`. */
export interface Organizations {
  managementAccountId(): Promise<AccountId>
  /** At most 20 accounts a page. An empty page need not be the last. `tags` are absent here. Accounts may be UNPLACED. */
  listAccounts(nextToken?: string): Promise<Page<Account>>
  /** `undefined`: AccountNotFoundException. `tags` are absent here. */
  describeAccount(accountId: AccountId): Promise<Account | undefined>
  /** ListTagsForResource of an account, all pages. */
  listTags(accountId: AccountId): Promise<Readonly<Record<string, string>>>
  /** The name of an organizational unit (`ou-…`) or a root (`r-…`). `undefined`: no unit has this id. */
  parentName(id: string): Promise<string | undefined>
}

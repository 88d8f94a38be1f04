import type { AccountId } from '../domain/organization/account-id.ts'
import type { Account } from '../domain/organization/organization-view.ts'
import type { Page } from './page.ts'

export type TaggedAccount = { readonly id: AccountId; readonly tags: NonNullable<Account['tags']> }

/**
 * The tags of all accounts in bulk: GetResources of the Resource Groups Tagging API. It is eventually consistent: a row may be old, and an
 * account that has tags may be missing. An account that never had a tag is always missing. Throttling is `ThrottledException`.
 */
export interface AccountTags {
  /** At most 100 accounts a page. */
  list(managementAccountId: AccountId, nextToken?: string): Promise<Page<TaggedAccount>>
}

import type { ScopeDigest } from '../../../domain/files/access-request.ts'
import type { AccountId } from '../../../domain/organization/account-id.ts'

/** The accounts of a request's scope, ascending. A request for one account has none of this: its scope cannot grow. */
export type RequestedAccounts = { readonly digest: ScopeDigest; readonly accounts: readonly AccountId[] }

/** The status shows these accounts since `at`, in whole seconds of S3's clock, until the next ones. */
export type ShownAccounts = RequestedAccounts & { readonly at: string }

/** When somebody approved, and the accounts that their approval names, if it names some. */
type Approving = { readonly at: string; readonly scope?: ScopeDigest | undefined }

/**
 * The accounts that an approval is for. `shown`: ascending by time. `undefined`: none that ssofile showed.
 *
 * | the approval                    | is for                                                              |
 * | ------------------------------- | ------------------------------------------------------------------- |
 * | names accounts                  | these, if ssofile showed them                                       |
 * | names none                      | those that the status showed in the second before it                |
 * | names none, in the first second | the first ones: nobody knows a request earlier                      |
 */
export function findApproved(shown: readonly ShownAccounts[], { at, scope }: Approving): ShownAccounts | undefined {
  if (scope !== undefined) return shown.find(({ digest }) => digest === scope)
  return shown.findLast((one, index) => one.at < at || (index === 0 && one.at === at))
}

/** The accounts that an approval of these others lacks. */
export function listAdded(
  { accounts }: RequestedAccounts,
  approved: RequestedAccounts | undefined,
): readonly AccountId[] {
  const known = new Set(approved?.accounts)
  return accounts.filter((id) => !known.has(id))
}

/** An approval in history: a person may approve again for more accounts. */
export function nameApproval(user: string, approved: { readonly digest: ScopeDigest } | undefined): string {
  return approved === undefined ? user : `${user}%${approved.digest}`
}

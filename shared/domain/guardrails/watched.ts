import type { AccountId } from '../organization/account-id.ts'
import { fitsOne } from '../text/glob.ts'
import type { Guardrails } from './policy-file.ts'

/** The key of a policy that watches for access to this account with this permission set. `undefined`: no policy does. */
export function findWatching(
  { policies }: Guardrails,
  { accountId, permissionSet }: { readonly accountId: AccountId; readonly permissionSet: string },
): string | undefined {
  return policies.find(({ watch = [] }) =>
    watch.some(
      ({ accounts, permissionSets }) =>
        (accounts === undefined || fitsOne(accounts, accountId)) &&
        (permissionSets === undefined || fitsOne(permissionSets, permissionSet)),
    ),
  )?.key
}

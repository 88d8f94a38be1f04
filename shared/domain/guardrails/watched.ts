import type { AccountId } from '../organization/account-id.ts'
import { fitsOne } from '../text/glob.ts'
import type { Guardrails, Watched, WatchedUse } from './policy-file.ts'

type Place = { readonly accountId: AccountId; readonly permissionSet: string }

/** The key of a policy that watches for access to this account with this permission set. `undefined`: no policy does. */
export function findWatching({ policies }: Guardrails, place: Place): string | undefined {
  return policies.find(({ watch = [] }) => watch.some((one) => one.uses === undefined && isAt(one, place)))?.key
}

/** Which uses of access are watched in this account with this permission set, and the first policy that does. */
export function findWatchedUses({ policies }: Guardrails, place: Place): ReadonlyMap<WatchedUse, string> {
  const found = policies.flatMap(({ key, watch = [] }) =>
    watch.filter((one) => isAt(one, place)).flatMap(({ uses = [] }) => uses.map((use) => [use, key] as const)),
  )
  return new Map(found.reverse())
}

function isAt({ accounts, permissionSets }: Watched, { accountId, permissionSet }: Place): boolean {
  return (
    (accounts === undefined || fitsOne(accounts, accountId)) &&
    (permissionSets === undefined || fitsOne(permissionSets, permissionSet))
  )
}

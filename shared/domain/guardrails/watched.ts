import type { AccountId } from '../organization/account-id.ts'
import { fitsOne } from '../text/glob.ts'
import type { Guardrails, Watched, WatchedUse } from './policy-file.ts'

type AccessPlace = { readonly accountId: AccountId; readonly permissionSet: string }

/** Policies watch given access and uses. Returns the first policy that watches each of them, for this permission set in this account. */
export function findWatches({ policies }: Guardrails, place: AccessPlace): ReadonlyMap<WatchedUse | 'given', string> {
  const found = policies.flatMap(({ key, watch = [] }) =>
    watch
      .filter((one) => isAt(one, place))
      .flatMap(({ uses }) => (uses ?? (['given'] as const)).map((what) => [what, key] as const)),
  )
  return new Map(found.reverse())
}

/** A first use counts only after so many days of counting. Before that, everybody's next use is the first known one. */
export const countedDays = 30

/** Policies that watch more than a deployment with these `usageDays` can tell. */
export function describeBlindWatches({ policies }: Guardrails, usageDays: number): readonly string[] {
  const isBlind = (use: WatchedUse) => usageDays === 0 || (use.startsWith('first') && usageDays <= countedDays)
  return policies.flatMap(({ key, watch = [] }) => {
    const blind = [...new Set(watch.flatMap(({ uses = [] }) => uses.filter(isBlind)))].join(' and ')
    const needed = usageDays === 0 ? 'above 0, and for first uses above' : 'above'
    const remedy = `set usageDays ${needed} ${countedDays} in the environment and deploy, or take the uses out`
    return blind === '' ? [] : [`${key} watches ${blind}, which is never told with usageDays ${usageDays}: ${remedy}`]
  })
}

function isAt({ accounts, permissionSets }: Watched, { accountId, permissionSet }: AccessPlace): boolean {
  return (
    (accounts === undefined || fitsOne(accounts, accountId)) &&
    (permissionSets === undefined || fitsOne(permissionSets, permissionSet))
  )
}

import type { AccountId } from '../organization/account-id.ts'
import { fitsOne } from '../text/glob.ts'
import type { Guardrails, SeparationRule } from './policy-file.ts'

/** One person has this permission set in this account already. */
export type Overlap = {
  /** User name or id. Absent: not to be told. */
  readonly person?: string | undefined
  readonly permissionSet: string
  readonly account: AccountId
  /** By its membership in this group; absent: directly. */
  readonly group?: string | undefined
}

type Rule = Pick<SeparationRule, 'for' | 'must'>

export function isOnOneSide({ must: { notTogether } }: Rule, permissionSet: string): boolean {
  return notTogether.some((globs) => fitsOne(globs, permissionSet))
}

/** Whether nobody who has the one permission set may have the other one there. One alone is never refused. */
export function isSeparated(
  { for: { accounts }, must: { notTogether } }: Rule,
  permissionSet: string,
  other: Pick<Overlap, 'permissionSet' | 'account'>,
): boolean {
  if (permissionSet === other.permissionSet || (accounts && !fitsOne(accounts, other.account))) return false
  const [left, right] = notTogether
  return (
    (fitsOne(left, permissionSet) && fitsOne(right, other.permissionSet)) ||
    (fitsOne(right, permissionSet) && fitsOne(left, other.permissionSet))
  )
}

/** Says of other permission sets in an account whether some rule keeps them apart from this one. `undefined`: no rule is about it. */
export function separatedFrom(
  { policies }: Guardrails,
  permissionSet: string,
): ((other: Pick<Overlap, 'permissionSet' | 'account'>) => boolean) | undefined {
  const rules = policies.flatMap(({ separations }) => separations).filter((rule) => isOnOneSide(rule, permissionSet))
  return rules.length === 0 ? undefined : (other) => rules.some((rule) => isSeparated(rule, permissionSet, other))
}

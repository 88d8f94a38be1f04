import type { AccountId } from '../organization/account-id.ts'
import { fitsOne } from '../text/glob.ts'
import type { Guardrails, SeparationRule } from './policy-file.ts'

/** A permission set that one person has in this account already. */
export type Overlap = {
  /** User name or id. Absent: it must stay hidden. */
  readonly person?: string | undefined
  readonly permissionSet: string
  readonly account: AccountId
  /** The group that gives it. Absent: the person has it directly. */
  readonly group?: string | undefined
}

type Rule = Pick<SeparationRule, 'for' | 'must'>

export function isOnOneSide({ must: { notTogether } }: Rule, permissionSet: string): boolean {
  return notTogether.some((globs) => fitsOne(globs, permissionSet))
}

/** Whether the rule forbids people with one permission set to have the other one in this account. It never forbids one alone. */
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

/**
 * A function that says whether some rule keeps this permission set apart from another one in an account. `undefined`: no rule is about it.
 */
export function separatedFrom(
  { policies }: Guardrails,
  permissionSet: string,
): ((other: Pick<Overlap, 'permissionSet' | 'account'>) => boolean) | undefined {
  const rules = policies.flatMap(({ separations }) => separations).filter((rule) => isOnOneSide(rule, permissionSet))
  return rules.length === 0 ? undefined : (other) => rules.some((rule) => isSeparated(rule, permissionSet, other))
}

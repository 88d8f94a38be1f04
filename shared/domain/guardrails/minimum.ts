import type { Assignment } from '../assignments/assignment.ts'
import { temporaryPrefix } from '../links/link.ts'
import { fitsOne } from '../text/glob.ts'
import { noObjection, objectToRevocation, type Verdict } from './judge-by-policies.ts'
import type { Guardrails, MinimumRule, Policy } from './policy-file.ts'

export type PolicyMinimum = { readonly policy: Policy; readonly rule: MinimumRule }
type SetInAccount = Pick<Assignment, 'accountId' | 'permissionSet'>

export function minimumsFor(
  { policies }: Guardrails,
  { accountId, permissionSet }: SetInAccount,
): readonly PolicyMinimum[] {
  return policies
    .flatMap((policy) => policy.minimums.map((rule) => ({ policy, rule })))
    .filter(({ rule: { for: about } }) => {
      return fitsOne(about.permissionSets, permissionSet) && fitsOne(about.accounts ?? ['*'], accountId)
    })
}

export function enforcedMinimumsFor(guardrails: Guardrails, place: SetInAccount): readonly PolicyMinimum[] {
  return minimumsFor(guardrails, place).filter(({ rule }) => rule.mode === 'enforce')
}

/**
 * Whether all links are temporary access. Temporary access ends without any change and nothing holds it back, so it counts for no minimum.
 */
export function isOnlyTemporary(links: readonly string[]): boolean {
  return links.length > 0 && links.every((key) => key.startsWith(temporaryPrefix))
}

/** Judges a revocation that leaves `left` people with the permission set in the account. */
export function judgeRevocationByPolicies(guardrails: Guardrails, place: SetInAccount, left: number): Verdict {
  const missed = minimumsFor(guardrails, place).filter(({ rule }) => left < rule.must.peopleLeast)
  const objectionsOf = (mode: MinimumRule['mode']) =>
    missed
      .filter(({ rule }) => rule.mode === mode)
      .map(({ policy, rule }) => objectToRevocation(policy, rule, { left, account: place.accountId }))
  return { ...noObjection, refusals: objectionsOf('enforce'), warnings: objectionsOf('warn') }
}

import { temporaryFolder } from '../links/temporary-folder.ts'
import type { Account } from '../organization/organization-view.ts'
import { closedBecause, isUnclear, isWithin, type Membership } from './expand-scope.ts'
import { renderScope, type Scope } from './scope.ts'

/** Facts about the requested account or unit. */
export type ScopePosition = {
  /** The requested account, as in Organizations now. */
  readonly account?: Account | undefined
  /** For a requested unit: the ids of all units above it, from the root down. `undefined`: no account is in it. */
  readonly parents?: readonly string[] | undefined
}

/**
 * Whether `outer` contains all of `asked`. `undefined`: nobody knows now.
 *
 * | requested                   | is within                                                    |
 * | --------------------------- | ------------------------------------------------------------ |
 * | an account that is closed to links of requests | nothing                                   |
 * | any scope                   | the same scope                                               |
 * | an account                  | every scope that has it now                                  |
 * | an organizational unit      | with nested units every unit above it; everything (`root`)   |
 * | everything, a tag, a selector | nothing else, because their accounts change                |
 */
export function isScopeWithin(
  asked: Scope,
  outer: Scope,
  place: ScopePosition,
  membership: Membership,
): boolean | undefined {
  // A granted request becomes a link in the folder of temporary access.
  const wouldBe = { scope: asked, folder: temporaryFolder }
  if (asked.kind === 'account' && closedBecause(wouldBe, asked.id, membership)) return false
  if (renderScope(asked) === renderScope(outer)) return true
  if (asked.kind === 'account') {
    const { account } = place
    if (account === undefined) return false
    const reaching = { scope: outer, folder: temporaryFolder }
    return isUnclear(reaching, account, membership) ? undefined : isWithin(reaching, account, membership)
  }
  if (asked.kind !== 'ou_id' || place.parents === undefined) return false
  if (outer.kind === 'root') return true
  return outer.kind === 'ou_id' && membership.supportNestedOu && place.parents.includes(outer.id)
}

import { type Finding, fail, ok } from '../../domain/guardrails/finding.ts'
import { type Account, isUnplaced } from '../../domain/organization/organization-view.ts'

const namedMost = 20

/** Whether ListAccounts returns State and Paths of every account. */
export function judgeAccounts(accounts: readonly Pick<Account, 'id' | 'state'>[]): Finding {
  const unplaced = accounts.filter(isUnplaced).map(({ id }) => id)
  if (unplaced.length === 0) return ok('accounts', `${accounts.length}, each with State and Paths`)
  const more = unplaced.length > namedMost ? ` and ${unplaced.length - namedMost} more` : ''
  return fail(
    'accounts',
    `Organizations does not say State or Paths of ${unplaced.slice(0, namedMost).join(', ')}${more}: ssofile grants and revokes nothing there`,
    'run aws organizations describe-account --account-id; ask AWS support if it stays like this',
  )
}

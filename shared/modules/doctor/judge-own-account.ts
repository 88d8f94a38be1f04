import { type Finding, ok, warn } from '../../domain/guardrails/finding.ts'

type Standing = {
  readonly ownAccount: string
  readonly includeOwnAccount: boolean
  /** Assignments there that ssofile created or adopted. */
  readonly ours: number
  /** Assignments of others, by the drift check. */
  readonly foreign: number
}

const check = 'own account'
const alone = 'run nothing else in that account'

/**
 * Administrators of the account in which ssofile runs can change its functions, and so all access.
 *
 * | includeOwnAccount | ours there | then                                                          |
 * | ----------------- | ---------- | ------------------------------------------------------------- |
 * | true              | any        | warn                                                          |
 * | false             | some       | warn: it is older, and will be revoked or held by the brake   |
 * | false             | none       | ok; access of others is counted                               |
 */
export function judgeOwnAccount({ ownAccount, includeOwnAccount, ours, foreign }: Standing): Finding {
  const there = `${ours} assignments of ssofile and ${foreign} of others give access to ${ownAccount}, in which ssofile runs: its administrators can change all access`
  if (includeOwnAccount)
    return warn(
      check,
      `${there}; links outside folders may reach it`,
      `make sure that each is intended (ssofile who --account ${ownAccount}), and ${alone}`,
    )
  if (ours > 0)
    return warn(
      check,
      `${there}; no link grants it now`,
      `find out why it is still there (ssofile brake, ssofile status), and ${alone}`,
    )
  return ok(
    check,
    `no link reaches ${ownAccount}, in which ssofile runs; ${foreign} assignments of others do (ssofile who --account ${ownAccount}); ${alone}`,
  )
}

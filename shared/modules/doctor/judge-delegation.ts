import { type Finding, fail, ok, warn } from '../../domain/guardrails/finding.ts'

type Standing = {
  readonly accountId: string
  readonly managementAccountId: string
  /** Registered for IAM Identity Center. `undefined`: unknown. */
  readonly delegatedAdministrators: readonly string[] | undefined
  readonly includeManagementAccount: boolean
}

const check = 'administration'

/**
 * | account is            | includeManagementAccount | then                                                           |
 * | --------------------- | ------------------------ | -------------------------------------------------------------- |
 * | management            | true                     | ok                                                             |
 * | management            | false                    | ok: the account itself is left alone                           |
 * | delegated             | false                    | ok                                                             |
 * | delegated             | true                     | fail: links for the management account would never be applied  |
 * | neither               |                          | fail                                                           |
 * | not management; unknown |                        | warn                                                           |
 *
 * (IAM Identity Center User Guide, "Delegated administration".)
 */
export function judgeDelegation(standing: Standing): Finding {
  const { accountId, managementAccountId, delegatedAdministrators, includeManagementAccount } = standing
  if (accountId === managementAccountId)
    return ok(
      check,
      `${accountId} is the management account; links may ${includeManagementAccount ? '' : 'not '}name it ("includeManagementAccount": ${includeManagementAccount})`,
    )
  if (includeManagementAccount)
    return fail(
      check,
      `"includeManagementAccount" is true, but ${accountId} is not the management account ${managementAccountId}`,
      'set it to false, or run ssofile in the management account: only that account can change access there',
    )
  if (delegatedAdministrators === undefined)
    return warn(
      check,
      `AWS did not say whether ${accountId} is the delegated administrator of IAM Identity Center`,
      'allow organizations:ListDelegatedAdministrators',
    )
  if (delegatedAdministrators.includes(accountId))
    return ok(check, `${accountId} is the delegated administrator of IAM Identity Center`)
  return fail(
    check,
    `${accountId} is neither the management account nor the delegated administrator (${delegatedAdministrators.join(', ') || 'there is none'})`,
    `aws organizations register-delegated-administrator --service-principal sso.amazonaws.com --account-id ${accountId}, with credentials of ${managementAccountId}`,
  )
}

type Sets = {
  /** By `controlsManagementAccount`. */
  readonly isControlled: boolean
  readonly managementAccountId: string
  /** The names of the permission sets in the management account. */
  readonly there: readonly string[]
  /** The ones that ssofile created or adopted. */
  readonly owned: readonly string[]
}

const setsCheck = 'management account'

/** A delegated administrator can neither change nor assign a permission set that the management account has. */
export function judgeManagementAccountSets({ isControlled, managementAccountId, there, owned }: Sets): Finding {
  if (isControlled) return ok(setsCheck, `ssofile may change the ${there.length} permission sets that it has`)
  if (there.length === 0) return ok(setsCheck, `${managementAccountId} has no permission sets`)
  const remedy =
    'give the other accounts permission sets of their own, or run ssofile in the management account (docs/deployment.md)'
  if (owned.length > 0)
    return fail(
      setsCheck,
      `${managementAccountId} has permission sets of ssofile, which ssofile can no longer change or assign: ${owned.join(', ')}`,
      remedy,
    )
  return warn(
    setsCheck,
    `${managementAccountId} has permission sets that ssofile can neither change nor assign, and which an import leaves out: ${there.join(', ')}`,
    remedy,
  )
}

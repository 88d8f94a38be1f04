import { settlingMs } from '../../domain/assignments/access-proof.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { OwedProvisioning } from '../records/owned-permission-sets.ts'

/** Source: IAM Identity Center User Guide, "Quotas and limits": how many accounts ALL_PROVISIONED_ACCOUNTS covers. */
export const allAtOnceMost = 3_500
/** So few accounts are provisioned one by one, without a listing. */
const fewMost = 50

export type ProvisioningStep = {
  /** All accounts in one request, each that has the permission set, each that failed before, or each listed as stale. */
  readonly ask: 'all' | 'each' | 'failed' | 'stale'
  /** Whether every account is up to date if all requests have SUCCEEDED. */
  readonly proves: boolean
}

/**
 * Decides which accounts to provision next. A listing of stale accounts names accounts to provision, but proves nothing before
 * the settling time.
 *
 * | asked for so far            | accounts      | ask    | proves |
 * | --------------------------- | ------------- | ------ | ------ |
 * | nothing                     | at most 3,500 | all    | yes    |
 * | nothing                     | more          | each   | yes    |
 * | each, up to `after`         | any           | each   | no     |
 * | each, settling, some failed | any           | failed | yes    |
 * | all, settling               | at most 50    | each   | yes    |
 * | all, settling               | more          | stale  | no     |
 * | all, 5 minutes ago          | any           | stale  | yes    |
 */
export function planProvisioning(owed: OwedProvisioning, accounts: number, now: Date): ProvisioningStep {
  const { askedAt, after, failed } = owed
  if (askedAt !== undefined) {
    if (now >= settlesAt(askedAt)) return { ask: 'stale', proves: true }
    if (failed !== undefined) return { ask: 'failed', proves: true }
    return accounts <= fewMost ? { ask: 'each', proves: true } : { ask: 'stale', proves: false }
  }
  if (after !== undefined) return { ask: 'each', proves: false }
  return { ask: accounts <= allAtOnceMost ? 'all' : 'each', proves: true }
}

/**
 * The provisioning that a change of the definition asks for. Every account needs it, but one by one it takes hours. So it goes on behind the
 * last provisioned account: else frequent changes would never reach the last accounts.
 */
export function beginProvisioning({ from, after }: OwedProvisioning = {}): OwedProvisioning {
  const last = after ?? from
  return last === undefined ? {} : { from: last }
}

/** The accounts without a request since the last change, in the order of their requests. `accounts`: ascending. */
export function listUnasked(accounts: readonly AccountId[], { from, after }: OwedProvisioning): readonly AccountId[] {
  const isRound = from !== undefined && after !== undefined && after <= from
  const last = after ?? from
  const behind = accounts.filter((id) => last === undefined || id > last)
  const isBefore = (id: AccountId) => from !== undefined && id <= from
  return isRound ? behind.filter(isBefore) : [...behind, ...accounts.filter(isBefore)]
}

/** The time from which a listing of stale accounts counts. */
export function settlesAt(askedAt: string): Date {
  return new Date(Date.parse(askedAt) + settlingMs)
}

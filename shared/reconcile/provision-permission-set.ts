import type { AccountId } from '../domain/account-id.ts'
import type { PermissionSetArn } from '../domain/identity-center-ids.ts'
import type { OrganizationView } from '../domain/organization-view.ts'
import type { Status } from '../domain/status.ts'
import type { Clock } from '../ports/clock.ts'
import { listAll } from '../ports/page.ts'
import type { ProvisioningStatus, SsoAdmin } from '../ports/sso-admin.ts'
import type { Provisionings } from './provisionings.ts'
import { refuses } from './revoke-assignment.ts'

/** Source: IAM Identity Center User Guide, "Quotas and limits": what ALL_PROVISIONED_ACCOUNTS covers. */
const allAtOnceMost = 3_500
/** What is not finished by then goes on as open work, so that one permission set never holds up the others. */
const finishMs = 5 * 60_000

export type Counts = NonNullable<Status['accounts']>

export type ProvisioningResult = {
  /** `failed`: AWS gave reasons. `unfinished`: it takes longer. */
  readonly outcome: 'done' | 'failed' | 'unfinished'
  readonly accounts: Counts | undefined
  /** Suspended or closed: they take no changes, and are looked at again by the next drift check. */
  readonly unreachable: readonly AccountId[]
}

export type ProvisioningContext = {
  readonly ssoAdmin: SsoAdmin
  readonly provisionings: Provisionings
  readonly clock: Clock
  view(): Promise<OrganizationView>
  /** Before the first call that changes something. */
  onStart(): Promise<void>
  onProgress(accounts: Counts): Promise<void>
  /** Whether the file is no longer the one that is being applied. */
  isSuperseded(): Promise<boolean>
}

/**
 * Brings the accounts that are not up to date to the definition as it is now; where all are, nothing is called but one
 * listing. All at once where most are stale and there are at most 3,500, otherwise account by account: which also tells
 * the reason of each that failed, since a request for all of them gives one reason only. What counts in the end is which
 * accounts are still listed as stale.
 */
export async function provisionPermissionSet(
  arn: PermissionSetArn,
  context: ProvisioningContext,
): Promise<ProvisioningResult> {
  const { ssoAdmin, provisionings, clock } = context
  const deadlineMs = clock.monotonicMs() + finishMs
  let stale = await listAccounts(ssoAdmin, arn, 'LATEST_PERMISSION_SET_NOT_PROVISIONED')
  if (stale.length === 0) return { outcome: 'done', accounts: undefined, unreachable: [] }
  // One that is in progress already, of a dispatcher before us, may bring them up to date.
  if ((await provisionings.untilFree(arn, deadlineMs)) === 'waited')
    stale = await listAccounts(ssoAdmin, arn, 'LATEST_PERMISSION_SET_NOT_PROVISIONED')
  const total = (await listAccounts(ssoAdmin, arn)).length
  const unreachable = await listUnreachable(stale, context)
  const reasons = new Map<AccountId, string>()
  const isOpen = (id: AccountId) => !reasons.has(id) && !unreachable.has(id)
  const count = (): Counts => countAccounts(stale, total, reasons)
  const isMost = stale.filter(isOpen).length * 2 > total
  if (isMost && total > 1 && total <= allAtOnceMost) {
    await context.onStart()
    await provisionings.run({ arn }, deadlineMs)
    stale = await listAccounts(ssoAdmin, arn, 'LATEST_PERMISSION_SET_NOT_PROVISIONED')
  }
  for (const accountId of stale.filter(isOpen)) {
    if (clock.monotonicMs() >= deadlineMs || (await context.isSuperseded())) break
    await context.onStart()
    const ended = await provisionings.run({ arn, accountId }, deadlineMs)
    if (ended?.state === 'FAILED' && ended.accountId === accountId)
      reasons.set(accountId, ended.failureReason ?? 'Identity Center gave no reason')
    else if (ended?.state === 'SUCCEEDED' && ended.accountId === accountId)
      stale = stale.filter((id) => id !== accountId)
    await context.onProgress(count())
  }
  stale = await listAccounts(ssoAdmin, arn, 'LATEST_PERMISSION_SET_NOT_PROVISIONED')
  const left = stale.filter(isOpen).length
  const failed = stale.filter((id) => reasons.has(id)).length
  const outcome = left > 0 ? 'unfinished' : failed > 0 ? 'failed' : 'done'
  return { outcome, accounts: count(), unreachable: stale.filter((id) => unreachable.has(id)) }
}

function countAccounts(stale: readonly AccountId[], total: number, reasons: ReadonlyMap<AccountId, string>): Counts {
  const failed = stale.flatMap((account) => {
    const reason = reasons.get(account)
    return reason === undefined ? [] : [{ account, reason }]
  })
  return { desired: total, applied: Math.max(0, total - stale.length), open: stale.length - failed.length, failed }
}

function listAccounts(
  ssoAdmin: SsoAdmin,
  arn: PermissionSetArn,
  status?: ProvisioningStatus,
): Promise<readonly AccountId[]> {
  return Array.fromAsync(listAll((token) => ssoAdmin.listAccountsForProvisionedPermissionSet(arn, status, token)))
}

async function listUnreachable(
  stale: readonly AccountId[],
  { view }: ProvisioningContext,
): Promise<ReadonlySet<AccountId>> {
  const wanted = new Set(stale)
  const { accounts } = await view()
  return new Set(accounts.filter((account) => wanted.has(account.id) && refuses(account)).map(({ id }) => id))
}

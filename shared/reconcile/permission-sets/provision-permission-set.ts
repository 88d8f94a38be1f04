import type { AccountId } from '../../domain/organization/account-id.ts'
import type { OrganizationView } from '../../domain/organization/organization-view.ts'
import { type Account, blamesAccount, refuses } from '../../domain/organization/organization-view.ts'
import type { PermissionSetArn } from '../../domain/principals/identity-center-ids.ts'
import type { Status } from '../../domain/statuses/status.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { Clock } from '../../ports/clock.ts'
import { listAll } from '../../ports/page.ts'
import { isServiceError } from '../../ports/service-error.ts'
import type { ProvisioningStatus, ReadingSsoAdmin, SsoAdmin } from '../../ports/sso-admin.ts'
import type { OwedProvisioning } from '../records/owned-permission-sets.ts'
import { listUnasked, planProvisioning, settlesAt } from './plan-provisioning.ts'
import type { RunsProvisionings } from './provisionings.ts'

/** After this time the rest becomes open work, so that one permission set never holds up the others. */
const finishMs = 5 * 60_000

export type Counts = NonNullable<Status['accounts']>

export type ProvisioningResult = {
  /** Suspended or closed accounts. They take no changes, and the next drift check looks at them again. */
  readonly unreachable: readonly AccountId[]
} /** `accounts`: how many have it. */ & (
  | { readonly outcome: 'done'; readonly accounts: number }
  /** AWS gave a reason for each failed account. */
  | { readonly outcome: 'failed'; readonly accounts: Counts }
  /** Continues at `until`. */
  | { readonly outcome: 'unfinished'; readonly accounts: Counts; readonly until: Date }
)

export type ProvisioningSources = {
  readonly ssoAdmin: SsoAdmin
  readonly provisionings: RunsProvisionings
  readonly clock: Clock
  view(): Promise<OrganizationView>
  /** The account from Organizations now; `undefined`: it does not exist. */
  readLive(account: AccountId): Promise<Account | undefined>
  /** The accounts of the ledger and of `foreign/`, because a listing of Identity Center may lack some of them. */
  knownAccounts(): Promise<readonly AccountId[]>
  /** Records the progress. */
  save(owed: OwedProvisioning): Promise<void>
  onProgress(accounts: Counts): Promise<void>
  /** Whether the file has changed since. */
  isSuperseded(): Promise<boolean>
}

/** Provisions a permission set's definition in the accounts that have it. */
export function provisionPermissionSet(
  arn: PermissionSetArn,
  owed: OwedProvisioning,
  context: ProvisioningSources,
): Promise<ProvisioningResult> {
  return provision(owed, { ...context, arn, deadlineMs: context.clock.monotonicMs() + finishMs })
}

type Work = ProvisioningSources & { readonly arn: PermissionSetArn; readonly deadlineMs: number }

async function provision(owed: OwedProvisioning, work: Work): Promise<ProvisioningResult> {
  const { arn, clock, ssoAdmin } = work
  const having = [...new Set([...(await listAccounts(ssoAdmin, arn)), ...(await work.knownAccounts())])].sort()
  const { ask, proves } = planProvisioning(owed, having.length, clock.now())
  if (ask === 'all') return provisionAll(owed, having.length, work)
  const listed = ask === 'stale' ? await listStale(ssoAdmin, arn) : (owed.failed ?? having)
  const suspects = listUnasked(listed, owed)
  const { reachable, unreachable: known } = splitByReach(suspects, await work.view())
  const count = ({ asked, failed, refusing }: Tried): Counts => {
    const open = suspects.length - asked + refusing.length
    return {
      desired: having.length,
      applied: Math.max(0, having.length - open - failed.length),
      open,
      failed: [...failed],
    }
  }
  const tried = await provisionEach(reachable, work, async (so) => {
    // The end of a slice may come with any account.
    if (owed.askedAt === undefined) await work.save({ from: owed.from, after: reachable[so.asked - 1] })
    await work.onProgress(count(so))
  })
  const unreachable = [...known, ...tried.refusing].sort()
  const isComplete = tried.asked === reachable.length
  const askedAt = owed.askedAt ?? renderInstant(clock.now())
  if (owed.askedAt === undefined && isComplete) await work.save({ askedAt })
  if (isComplete && tried.failed.length > 0) {
    // Each success proves its account, so only the others are provisioned again.
    const others = [...tried.failed.map(({ account }) => account), ...unreachable].sort()
    if (proves && ask !== 'stale') await work.save({ askedAt, failed: others })
    return { outcome: 'failed', accounts: count(tried), unreachable }
  }
  if (isComplete && proves) return { outcome: 'done', accounts: having.length, unreachable }
  const until = isComplete ? settlesAt(askedAt) : clock.now()
  return { outcome: 'unfinished', accounts: count(tried), until, unreachable }
}

/** A request from before the last change of the definition proves nothing, so only our own request counts. */
async function provisionAll(owed: OwedProvisioning, desired: number, work: Work): Promise<ProvisioningResult> {
  const { arn, clock, provisionings, deadlineMs, save } = work
  const found = owed.requestId === undefined ? undefined : await provisionings.wait(owed.requestId, deadlineMs)
  const ended = found ?? (await provisionings.run({ arn }, deadlineMs, (requestId) => save({ requestId })))
  if (ended?.state === 'SUCCEEDED') return { outcome: 'done', accounts: desired, unreachable: [] }
  const accounts = { desired, applied: 0, open: desired, failed: [] }
  if (!ended) return { outcome: 'unfinished', accounts, until: clock.now(), unreachable: [] }
  // It gives only one reason, so find the failed accounts one by one.
  const asked = { askedAt: renderInstant(clock.now()) }
  await save(asked)
  return provision(asked, work)
}

/** `refusing`: accounts that were suspended or closed after the view was read. */
type Tried = {
  readonly asked: number
  readonly failed: Counts['failed']
  readonly refusing: readonly AccountId[]
}

/** Provisions account by account, until all have a request, the time is over or the file has changed. */
async function provisionEach(
  accounts: readonly AccountId[],
  work: Work,
  onTried: (tried: Tried) => Promise<void>,
): Promise<Tried> {
  const { arn, clock, provisionings, deadlineMs, isSuperseded } = work
  let tried: Tried = { asked: 0, failed: [], refusing: [] }
  for (const accountId of accounts) {
    if (clock.monotonicMs() >= deadlineMs || (await isSuperseded())) break
    const ended = await provisionings.run({ arn, accountId }, deadlineMs)
    if (ended?.accountId !== accountId) break
    const { failureReason = 'Identity Center gave no reason' } = ended
    const hasFailed = ended.state === 'FAILED' && !isNotThere(failureReason)
    const isRefusing = hasFailed && (await isRefusingNow(accountId, failureReason, work))
    const reason = { account: accountId, reason: failureReason }
    tried = {
      asked: tried.asked + 1,
      failed: hasFailed && !isRefusing ? [...tried.failed, reason] : tried.failed,
      refusing: isRefusing ? [...tried.refusing, accountId] : tried.refusing,
    }
    await onTried(tried)
  }
  return tried
}

/** Whether a failed account takes no changes now. The view may be an hour old. Asks only if AWS's reason is about the account. */
async function isRefusingNow(id: AccountId, reason: string, { readLive }: Work): Promise<boolean> {
  if (!blamesAccount(reason)) return false
  try {
    const account = await readLive(id)
    return account !== undefined && refuses(account)
  } catch (error) {
    if (!isServiceError(error)) throw error
    return false
  }
}

/** `unreachable`: suspended, closed or UNPLACED. An account that the view lacks is provisioned. */
export function splitByReach(ids: readonly AccountId[], { accounts }: OrganizationView) {
  const refusing = new Set(accounts.filter(refuses).map(({ id }) => id))
  return { reachable: ids.filter((id) => !refusing.has(id)), unreachable: ids.filter((id) => refusing.has(id)) }
}

/** The account does not have the permission set: a later assignment brings the present definition. */
function isNotThere(failureReason: string): boolean {
  return /provision not found in AWS account/i.test(failureReason)
}

function listAccounts(
  ssoAdmin: ReadingSsoAdmin,
  arn: PermissionSetArn,
  status?: ProvisioningStatus,
): Promise<readonly AccountId[]> {
  return Array.fromAsync(listAll((token) => ssoAdmin.listAccountsForProvisionedPermissionSet(arn, status, token)))
}

/** The accounts that Identity Center lists with an older version of the permission set. */
export function listStale(ssoAdmin: ReadingSsoAdmin, arn: PermissionSetArn): Promise<readonly AccountId[]> {
  return listAccounts(ssoAdmin, arn, 'LATEST_PERMISSION_SET_NOT_PROVISIONED')
}

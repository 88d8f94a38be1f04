import type { Listing } from '../../domain/assignments/access-proof.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { PermissionSetArn } from '../../domain/principals/identity-center-ids.ts'
import type { Clock } from '../../ports/clock.ts'
import { listAll, listUnlessGone } from '../../ports/page.ts'
import type { AssignmentTarget, Principal, SsoAdmin } from '../../ports/sso-admin.ts'

/** How long a listing serves hints that were pulled before it was taken. */
const sharedMs = 30_000
/** While the length of its listing is unknown, looks for one permission set within this time count as a bulk. */
const bulkMs = 1_000
const pageMost = 100

type Shared = {
  readonly accounts: Promise<ReadonlySet<AccountId>>
  readonly at: Date
  readonly takenMs: number
  /** How many calls such a listing takes. */
  pages: number
}

/**
 * Looks for assignments. In a bulk of looks for one permission set, one listing of its accounts serves many looks, 100 accounts
 * a call: an account that it lacks has no assignment of the set. An assignment that appears between our look and our creation
 * counts as ours (design, "What is desired").
 */
export class AssignmentListings {
  readonly #ssoAdmin: SsoAdmin
  readonly #clock: Clock
  readonly #lookedMs = new Map<PermissionSetArn, number>()
  readonly #shared = new Map<PermissionSetArn, Shared>()

  constructor({ ssoAdmin, clock }: { readonly ssoAdmin: SsoAdmin; readonly clock: Clock }) {
    this.#ssoAdmin = ssoAdmin
    this.#clock = clock
  }

  /** For a hint that was pulled at `pulledMs`. Throws if the read fails. */
  async look(target: AssignmentTarget, pulledMs: number): Promise<Listing> {
    const shared = this.#share(target.permissionSetArn, pulledMs)
    if (shared && !(await shared.accounts).has(target.accountId)) return { isListed: false, at: shared.at }
    const at = this.#clock.now()
    return { isListed: await isListed(this.#ssoAdmin, target), at }
  }

  #share(arn: PermissionSetArn, pulledMs: number): Shared | undefined {
    const nowMs = this.#clock.monotonicMs()
    const known = this.#shared.get(arn)
    const lookedMs = this.#lookedMs.get(arn)
    this.#lookedMs.set(arn, nowMs)
    if (known && known.takenMs >= pulledMs && nowMs - known.takenMs < sharedMs) return known
    // At this pace one listing takes no more calls than the looks that it serves.
    const closeMs = known ? sharedMs / known.pages : bulkMs
    if (lookedMs === undefined || nowMs - lookedMs >= closeMs) return undefined
    const taken: Shared = { accounts: this.#listAccounts(arn), at: this.#clock.now(), takenMs: nowMs, pages: 1 }
    this.#shared.set(arn, taken)
    const noteLength = ({ size }: ReadonlySet<AccountId>) => {
      taken.pages = Math.max(1, Math.ceil(size / pageMost))
    }
    taken.accounts.then(noteLength, () => this.#shared.delete(arn))
    return taken
  }

  async #listAccounts(arn: PermissionSetArn): Promise<ReadonlySet<AccountId>> {
    const pages = (token?: string) => this.#ssoAdmin.listAccountsForProvisionedPermissionSet(arn, undefined, token)
    return new Set(await listUnlessGone(pages))
  }
}

/** Whether Identity Center lists the assignment now. Throws if the read fails. */
export async function isListed(ssoAdmin: SsoAdmin, target: AssignmentTarget): Promise<boolean> {
  const { accountId, permissionSetArn, principalId, principalType } = target
  const pages = (token?: string) => ssoAdmin.listAccountAssignments(accountId, permissionSetArn, token)
  const rows = await listUnlessGone(pages)
  return rows.some((row) => row.principalId === principalId && row.principalType === principalType)
}

/** The assignments of one permission set in one account. */
export async function listAssignmentsIn(
  accountId: AccountId,
  permissionSetArn: PermissionSetArn,
  ssoAdmin: SsoAdmin,
): Promise<readonly AssignmentTarget[]> {
  const list = (token?: string) => ssoAdmin.listAccountAssignments(accountId, permissionSetArn, token)
  return (await listUnlessGone(list)).map((row) => ({ accountId, permissionSetArn, ...row }))
}

/** The direct assignments of a principal, without those through a user's groups: in one account, or in all. */
export async function listAssignmentsOf(
  { principalId, principalType }: Principal,
  ssoAdmin: Pick<SsoAdmin, 'listAccountAssignmentsForPrincipal'>,
  accountId?: AccountId,
): Promise<readonly AssignmentTarget[]> {
  const list = (token?: string) =>
    ssoAdmin.listAccountAssignmentsForPrincipal({ principalId, principalType }, token, { accountId })
  const rows = await Array.fromAsync(listAll(list))
  return rows.filter((row) => row.principalId === principalId && row.principalType === principalType)
}

/** A text that identifies one assignment. */
export function renderTarget({ accountId, permissionSetArn, principalId, principalType }: AssignmentTarget): string {
  return [accountId, permissionSetArn, principalId, principalType].join(' ')
}

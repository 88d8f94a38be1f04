import type { Listing } from '../../domain/assignments/access-proof.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { PermissionSetArn } from '../../domain/principals/identity-center-ids.ts'
import type { Clock } from '../../ports/clock.ts'
import { listAll, type Page } from '../../ports/page.ts'
import { isServiceError } from '../../ports/service-error.ts'
import type { AssignmentTarget, Principal, SsoAdmin } from '../../ports/sso-admin.ts'

/** A listing serves the hints that were pulled before it was taken, for so long. */
const sharedMs = 30_000
/** Looks for one permission set that follow each other so closely are part of a bulk, while nobody knows how long its listing is. */
const bulkMs = 1_000
const pageMost = 100

type Shared = {
  readonly accounts: Promise<ReadonlySet<AccountId>>
  readonly at: Date
  readonly takenMs: number
  /** How many calls one of this length takes. */
  pages: number
}

/**
 * Looks whether assignments are there. In a bulk of looks for one permission set, one listing serves many: that of the
 * accounts that have it at all, 100 a call. An account that is not among them has no assignment of it. What appears
 * between our look and our creation counts as ours (design, "What is desired").
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

  /** For a hint that was pulled at `pulledMs`. Throws when it cannot be read. */
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

/** Whether Identity Center lists the assignment at this moment. Throws when it cannot be read. */
export async function isListed(ssoAdmin: SsoAdmin, target: AssignmentTarget): Promise<boolean> {
  const { accountId, permissionSetArn, principalId, principalType } = target
  const pages = (token?: string) => ssoAdmin.listAccountAssignments(accountId, permissionSetArn, token)
  const rows = await listUnlessGone(pages)
  return rows.some((row) => row.principalId === principalId && row.principalType === principalType)
}

/** What is assigned of one permission set in one account. */
export async function listAssignmentsIn(
  accountId: AccountId,
  permissionSetArn: PermissionSetArn,
  ssoAdmin: SsoAdmin,
): Promise<readonly AssignmentTarget[]> {
  const list = (token?: string) => ssoAdmin.listAccountAssignments(accountId, permissionSetArn, token)
  return (await listUnlessGone(list)).map((row) => ({ accountId, permissionSetArn, ...row }))
}

/** What is assigned to a principal itself, without what a user has through its groups. */
export async function listAssignmentsOf(
  { principalId, principalType }: Principal,
  ssoAdmin: SsoAdmin,
): Promise<readonly AssignmentTarget[]> {
  const list = (token?: string) => ssoAdmin.listAccountAssignmentsForPrincipal({ principalId, principalType }, token)
  const rows = await Array.fromAsync(listAll(list))
  return rows.filter((row) => row.principalId === principalId && row.principalType === principalType)
}

/** All pages about a permission set. One that is gone has no assignments: it cannot be deleted while it has one. */
export async function listUnlessGone<T>(pages: (token?: string) => Promise<Page<T>>): Promise<readonly T[]> {
  try {
    return await Array.fromAsync(listAll(pages))
  } catch (error) {
    if (isServiceError(error, 'ResourceNotFoundException')) return []
    throw error
  }
}

/** Tells one assignment from all others. */
export function renderTarget({ accountId, permissionSetArn, principalId, principalType }: AssignmentTarget): string {
  return [accountId, permissionSetArn, principalId, principalType].join(' ')
}

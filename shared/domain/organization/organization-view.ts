import * as z from 'zod'
import { record } from '../json/record.ts'
import { accountId } from './account-id.ts'
import { tags } from './tags.ts'

/** Source: Organizations API Reference, "Account", State (`Status` is retired since September 9, 2026). */
export const accountStates = ['PENDING_ACTIVATION', 'ACTIVE', 'SUSPENDED', 'PENDING_CLOSURE', 'CLOSED'] as const

export const account = record({
  id: accountId,
  name: z.string(),
  /**
   * `UNPLACED` is ours: Organizations did not say the State or the Paths of the account. Neither is a required member. Nobody knows then
   * which links reach the account, so ssofile grants and revokes nothing there.
   */
  state: z.enum([...accountStates, 'UNPLACED']),
  /** Ids of the root (`r-…`) and all units above the account, from the root down. */
  parents: z.array(z.string()),
  /** Absent: not read. */
  tags: tags.optional(),
  /** The revision of the view when the tags were read. It shows which tags to read next. */
  tagsRevision: z.int().min(0).optional(),
})
export type Account = z.infer<typeof account>

/** The organization at its last reading: a cache for finding accounts, never evidence for a revocation. */
export const organizationView = record({
  v: z.literal(1),
  managementAccountId: accountId,
  readAt: z.iso.datetime(),
  /** Grows with each write. So no two views have the same bytes, and a new etag shows that somebody wrote. */
  revision: z.int().min(0).default(0),
  /** Whether the tags of every account were read. They cost a call each, so ssofile reads them only if a link or a selector uses tags. */
  hasTags: z.boolean(),
  /** The running reading of tags: at which revision it began, and when. After an interruption the reading goes on from here. */
  tagsSince: record({ revision: z.int().min(0), at: z.iso.datetime() }).optional(),
  accounts: z.array(account),
})
export type OrganizationView = z.infer<typeof organizationView>

/** An UNPLACED account exists, but nothing can be said about it. */
export function isUnplaced(account: Pick<Account, 'state'> | undefined): boolean {
  return account?.state === 'UNPLACED'
}

/** A suspended or closed account refuses every change until it is reinstated or gone. So does an account that left the organization. */
export function refuses(account: Pick<Account, 'state'> | undefined): boolean {
  return account === undefined || (account.state !== 'ACTIVE' && account.state !== 'PENDING_CLOSURE')
}

/** The beginning of the reason for each failure in such an account. AWS says only that something "takes longer than usual". */
export function refusalOf(account: Pick<Account, 'id' | 'state'> | undefined): string | undefined {
  return account === undefined || isUnplaced(account) || !refuses(account) ? undefined : describeInactive(account)
}

export function describeInactive({ id, state }: Pick<Account, 'id' | 'state'>): string {
  return `account ${id} is ${state}, not ACTIVE`
}

/** Whether AWS's reason for a failed request is about the account: then its present state may be the cause. */
export function blamesAccount(reason: string): boolean {
  return reason.includes('AWS account')
}

/** The state in such a reason. */
export function stateInReason(reason: string): Account['state'] | undefined {
  return account.shape.state.safeParse(/^account \d{12} is (\w+), not ACTIVE/.exec(reason)?.[1]).data
}

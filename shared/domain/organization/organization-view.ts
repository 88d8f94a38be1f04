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
   * `UNPLACED` is ours: Organizations did not say the State or the Paths of the account. Neither is a required member. Nobody
   * knows then which links mean the account, so nothing is granted there and nothing is revoked.
   */
  state: z.enum([...accountStates, 'UNPLACED']),
  /** Ids of everything above it, from the root (`r-…`) down to its parent. */
  parents: z.array(z.string()),
  /** Absent: not read. */
  tags: tags.optional(),
  /** The revision of the view when the tags were read. It tells which tags to read next. */
  tagsRevision: z.int().min(0).optional(),
})
export type Account = z.infer<typeof account>

/** The organization as last read: a cache for finding accounts, never evidence for a revocation. */
export const organizationView = record({
  v: z.literal(1),
  managementAccountId: accountId,
  readAt: z.iso.datetime(),
  /** Grows with each write, so no two views have the same bytes, and an etag tells whether anyone wrote. */
  revision: z.int().min(0).default(0),
  /** Whether the tags of every account were read. They cost a call each, so only where an `account_tag` link exists. */
  hasTags: z.boolean(),
  /** The reading of tags in progress: at which revision it began, and when. An interrupted one goes on. */
  tagsSince: record({ revision: z.int().min(0), at: z.iso.datetime() }).optional(),
  accounts: z.array(account),
})
export type OrganizationView = z.infer<typeof organizationView>

/** An UNPLACED account exists, but nothing can be said about it. */
export function isUnplaced(account: Pick<Account, 'state'> | undefined): boolean {
  return account?.state === 'UNPLACED'
}

/** A suspended or closed account refuses every change until it is reinstated or gone, and so does one that left. */
export function refuses(account: Pick<Account, 'state'> | undefined): boolean {
  return account === undefined || (account.state !== 'ACTIVE' && account.state !== 'PENDING_CLOSURE')
}

/** How the reason of each failure on such an account begins: AWS says only that something "takes longer than usual". */
export function refusalOf(account: Pick<Account, 'id' | 'state'> | undefined): string | undefined {
  return account === undefined || isUnplaced(account) || !refuses(account) ? undefined : describeInactive(account)
}

export function describeInactive({ id, state }: Pick<Account, 'id' | 'state'>): string {
  return `account ${id} is ${state}, not ACTIVE`
}

/** The state that such a reason begins with. */
export function stateInReason(reason: string): Account['state'] | undefined {
  return account.shape.state.safeParse(/^account \d{12} is (\w+), not ACTIVE/.exec(reason)?.[1]).data
}

import * as z from 'zod'
import { accountId } from './account-id.ts'

/** Source: Organizations API Reference, "Account", State (`Status` is retired since September 9, 2026). */
export const accountStates = ['PENDING_ACTIVATION', 'ACTIVE', 'SUSPENDED', 'PENDING_CLOSURE', 'CLOSED'] as const

export const account = z.strictObject({
  id: accountId,
  name: z.string(),
  state: z.enum(accountStates),
  /** Ids of everything above it, from the root (`r-…`) down to its parent. */
  parents: z.array(z.string()),
  /** Absent: not read. */
  tags: z.record(z.string(), z.string()).optional(),
})
export type Account = z.infer<typeof account>

/** The organization as last read: a cache for finding accounts, never evidence for a revocation. */
export const organizationView = z.strictObject({
  v: z.literal(1),
  managementAccountId: accountId,
  readAt: z.iso.datetime(),
  /** Whether `tags` were read: they cost a call per account, so only where an `account_tag` link exists. */
  hasTags: z.boolean(),
  accounts: z.array(account),
})
export type OrganizationView = z.infer<typeof organizationView>

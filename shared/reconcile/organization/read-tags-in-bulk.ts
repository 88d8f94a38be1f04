import type { AccountId } from '../../domain/organization/account-id.ts'
import type { AccountTags, TaggedAccount } from '../../ports/account-tags.ts'
import { listAll } from '../../ports/page.ts'
import type { Ports } from '../../ports/ports.ts'
import { isServiceError } from '../../ports/service-error.ts'
import { RateLimiter } from '../calls/rate-limiter.ts'
import { repeatPatiently } from '../calls/repeat-patiently.ts'

/** A little less than AWS allows: 15 calls a second. (Tag Editor User Guide, "Service quotas".) */
const perSecond = 14
const repetition = { attemptsMost: 5, firstMs: 300, mostMs: 4_000 }

export type BulkTags = ReadonlyMap<AccountId, TaggedAccount['tags']>

/**
 * The tags of all accounts in one listing. `undefined`: no answer to rely on, so read them one by one. The role may be missing, calls may
 * be throttled, or it lasts until `untilMs` (monotonic). AWS answers a caller outside the management account with an empty list.
 */
export async function readTagsInBulk(
  { accountTags, clock, randomness }: Pick<Ports, 'accountTags' | 'clock' | 'randomness'>,
  managementAccountId: AccountId,
  untilMs: number,
): Promise<BulkTags | undefined> {
  if (accountTags === undefined) return undefined
  const limiter = new RateLimiter(clock, perSecond)
  const read = (nextToken?: string): ReturnType<AccountTags['list']> =>
    repeatPatiently({ clock, randomness }, repetition, () =>
      limiter.run('background', () => accountTags.list(managementAccountId, nextToken)),
    )
  const found = new Map<AccountId, TaggedAccount['tags']>()
  try {
    for await (const { id, tags } of listAll(read)) {
      if (clock.monotonicMs() >= untilMs) return undefined
      found.set(id, tags)
    }
  } catch (error) {
    if (isServiceError(error)) return undefined
    throw error
  }
  return found.size === 0 ? undefined : found
}

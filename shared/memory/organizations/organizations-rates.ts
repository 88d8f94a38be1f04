import type { Limiter } from '../call-gate.ts'
import { TokenBucket, type TokenRate } from './token-bucket.ts'

// Source: AWS Organizations User Guide, "Quotas and service limits for AWS Organizations", throttling limits.
const rates: Readonly<Record<string, TokenRate>> = {
  ListAccounts: { perSecond: 8, burst: 12 },
  ListTagsForResource: { perSecond: 10, burst: 15 },
  ListOrganizationalUnitsForParent: { perSecond: 5, burst: 8 },
  ListAccountsForParent: { perSecond: 5, burst: 8 },
  ListParents: { perSecond: 5, burst: 8 },
  DescribeAccount: { perSecond: 20, burst: 30 },
  DescribeOrganization: { perSecond: 1, burst: 2 },
  ListRoots: { perSecond: 1, burst: 2 },
  // Resource Groups Tagging API. (Tag Editor User Guide, "Service quotas".)
  GetResources: { perSecond: 15, burst: 15 },
}

// An assumption: nobody looked up the rates of the other operations, and these are the most common.
const otherwise: TokenRate = { perSecond: 5, burst: 8 }

/** One token bucket per operation. */
export function organizationsLimiters(): (operation: string) => Limiter {
  const buckets = new Map<string, TokenBucket>()
  return (operation) => {
    const bucket = buckets.get(operation) ?? new TokenBucket(rates[operation] ?? otherwise)
    buckets.set(operation, bucket)
    return bucket
  }
}

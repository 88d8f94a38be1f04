import type { AccountId } from '../domain/organization/account-id.ts'
import type { DirectoryNetwork } from './directory-network.ts'

/** An instance of IAM Identity Center as ListInstances tells it; any member may be absent. */
export type ListedInstance = {
  readonly instanceArn?: string | undefined
  readonly identityStoreId?: string | undefined
  readonly ownerAccountId?: string | undefined
  readonly status?: string | undefined
  readonly statusReason?: string | undefined
  readonly primaryRegion?: string | undefined
}

/** How the bucket is set up. Absent: it is not. */
export type BucketSettings = {
  readonly versioning: () => Promise<string | undefined>
  /** The prefixes under which old versions expire. */
  readonly expiringPrefixes: () => Promise<readonly string[]>
  readonly encryption: () => Promise<{ readonly algorithm: string; readonly keyId?: string | undefined } | undefined>
  readonly blocksPublicAccess: () => Promise<boolean>
  /** JSON. */
  readonly policy: () => Promise<string | undefined>
  readonly notifications: () => Promise<
    readonly { readonly queueArn: string; readonly prefix: string; readonly events: readonly string[] }[]
  >
}

/** A quota as it is now in this account. (Service Quotas API Reference, "ServiceQuota".) */
export type Quota = { readonly code: string; readonly value: number }

/** Something that AWS tells an event of. */
export type DatedThing = { readonly id: string; readonly at: Date }

/** What only `ssofile doctor` asks AWS: reads. Throws ServiceError. */
export interface Installation {
  region(): Promise<string>
  /** GetCallerIdentity. */
  caller(): Promise<{ readonly accountId: AccountId; readonly arn: string }>
  listInstances(): Promise<readonly ListedInstance[]>
  /** The customer's key that encrypts an instance; `undefined`: it is AWS's own. */
  encryptionKeyOf(instanceArn: string): Promise<string | undefined>
  /** The delegated administrators of IAM Identity Center. */
  delegatedAdministrators(): Promise<readonly string[]>
  readonly bucket: BucketSettings
  /** GetQueueAttributes; `undefined`: there is no such queue. */
  queueAttributes(url: string): Promise<Readonly<Record<string, string>> | undefined>
  /** How many instances of functions the account may run besides those that are reserved. */
  unreservedConcurrency(): Promise<number>
  /** ListServiceQuotas of a service; a service that offers none has none. */
  quotasOf(serviceCode: string): Promise<readonly Quota[]>
  /** The account that joined the organization last. */
  newestAccount(): Promise<DatedThing | undefined>
  /** DescribeIdentityStore. */
  networkOf(identityStoreId: string): Promise<DirectoryNetwork | undefined>
  /** The group that was made last; `undefined`: there is none, or none says when. */
  newestGroup(identityStoreId: string): Promise<DatedThing | undefined>
  /** Invoke, and what it answers. Throws ServiceError (`lambda`): TooManyRequestsException while it is at its concurrency. */
  askFunction(functionName: string, question: object): Promise<unknown>
  /** What is reserved for a function; `undefined`: nothing. */
  reservedConcurrency(functionName: string): Promise<number | undefined>
}

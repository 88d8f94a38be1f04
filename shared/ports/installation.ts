import type { AccountId } from '../domain/organization/account-id.ts'
import type { DirectoryNetwork } from './directory-network.ts'

/** An instance of IAM Identity Center in ListInstances. Any field may be absent. */
export type ListedInstance = {
  readonly instanceArn?: string | undefined
  readonly identityStoreId?: string | undefined
  readonly ownerAccountId?: string | undefined
  readonly status?: string | undefined
  readonly statusReason?: string | undefined
  readonly primaryRegion?: string | undefined
}

/** The bucket's settings. `undefined`: the setting does not exist. */
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

/** A quota's current value in this account. (Service Quotas API Reference, "ServiceQuota".) */
export type Quota = { readonly code: string; readonly value: number }

/** An object whose creation causes an AWS event. */
export type DatedThing = { readonly id: string; readonly at: Date }

/** Reads that only `ssofile doctor` makes, and questions of commands to functions. Throws ServiceError. */
export interface Installation {
  region(): Promise<string>
  /** GetCallerIdentity. */
  caller(): Promise<{ readonly accountId: AccountId; readonly arn: string }>
  listInstances(): Promise<readonly ListedInstance[]>
  /** The customer's key that encrypts an instance. `undefined`: AWS's own key does. */
  encryptionKeyOf(instanceArn: string): Promise<string | undefined>
  /** The delegated administrators of IAM Identity Center. */
  delegatedAdministrators(): Promise<readonly string[]>
  readonly bucket: BucketSettings
  /** GetQueueAttributes; `undefined`: there is no such queue. */
  queueAttributes(url: string): Promise<Readonly<Record<string, string>> | undefined>
  /** The number of function instances that the account may run in addition to the reserved ones. */
  unreservedConcurrency(): Promise<number>
  /** ListServiceQuotas of a service. Empty if the service has no quotas. */
  quotasOf(serviceCode: string): Promise<readonly Quota[]>
  /** The account that joined the organization last. */
  newestAccount(): Promise<DatedThing | undefined>
  /** DescribeIdentityStore. */
  networkOf(identityStoreId: string): Promise<DirectoryNetwork | undefined>
  /** The newest group. `undefined`: there is none, or none has a date. */
  newestGroup(identityStoreId: string): Promise<DatedThing | undefined>
  /**
   * Invokes the function and returns its answer. Throws ServiceError (`lambda`): TooManyRequestsException if the function is at its
   * concurrency limit.
   */
  askFunction(functionName: string, question: object): Promise<unknown>
  /** A function's reserved concurrency. `undefined`: none. */
  reservedConcurrency(functionName: string): Promise<number | undefined>
}

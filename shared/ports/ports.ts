import type { EmergencyPrincipals } from '../domain/account-facts/emergency-principals.ts'
import type { Configuration } from '../domain/deployment/configuration.ts'
import type { AccountAccess } from './account-access.ts'
import type { AccountTags } from './account-tags.ts'
import type { Auditor } from './auditor.ts'
import type { CheckedBreakGlass } from './break-glass.ts'
import type { Channels } from './channels.ts'
import type { Clock } from './clock.ts'
import type { EventBus } from './event-bus.ts'
import type { IdentityStore } from './identity-store.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { ObjectStore } from './object-store.ts'
import type { Organizations } from './organizations.ts'
import type { Queues } from './queues.ts'
import type { Randomness } from './randomness.ts'
import type { Retirer } from './retirer.ts'
import type { SenderOf } from './senders.ts'
import type { SsoAdmin } from './sso-admin.ts'

/** All connections to the outside. Only entry files choose their adapters. */
export type Ports = {
  readonly objects: ObjectStore
  readonly queues: Queues
  /** Absent: nobody knows who sent a message, and nobody is believed. */
  readonly senderOf?: SenderOf | undefined
  readonly ssoAdmin: SsoAdmin
  readonly identityStore: IdentityStore
  readonly organizations: Organizations
  /** Absent: tags are read one by one. */
  readonly accountTags?: AccountTags | undefined
  /** Only for callers that read who may assume existing roles. */
  readonly accountAccess?: AccountAccess | undefined
  /** Only for callers that read the last use of roles. */
  readonly auditor?: Auditor | undefined
  /** Only for callers that retire credentials. */
  readonly retirer?: Retirer | undefined
  /** Only for callers that check break-glass. */
  readonly breakGlass?: CheckedBreakGlass | undefined
  /**
   * Only for callers that judge or retire credentials: the principals of break-glass. They come with the deployment, like its definitions.
   */
  readonly emergency?: (() => EmergencyPrincipals) | undefined
  /** Only for callers that send notifications. */
  readonly eventBus?: EventBus | undefined
  readonly channels?: Channels | undefined
  readonly clock: Clock
  /** The `--time-scale` of a local system does not change this clock, because leases depend on S3's own clock. */
  readonly leaseClock: Clock
  readonly randomness: Randomness
  readonly log: Log
  readonly metrics: Metrics
  /** Only in commands: the account of the caller's credentials. `undefined`: unknown. */
  readonly callerAccountId?: (() => Promise<string | undefined>) | undefined
}

export type ConfiguredPorts = Ports & { readonly configuration: Configuration }

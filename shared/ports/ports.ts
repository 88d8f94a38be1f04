import type { EmergencyPrincipals } from '../domain/break-glass/emergency-principals.ts'
import type { Configuration } from '../domain/deployment/configuration.ts'
import type { AccountAccess } from './account-access.ts'
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
import type { SsoAdmin } from './sso-admin.ts'

/** Everything outside. Only entry files choose adapters for it. */
export type Ports = {
  readonly objects: ObjectStore
  readonly queues: Queues
  readonly ssoAdmin: SsoAdmin
  readonly identityStore: IdentityStore
  readonly organizations: Organizations
  /** Only where it is asked who may assume existing roles. */
  readonly accountAccess?: AccountAccess | undefined
  /** Only where it is asked when roles were last used. */
  readonly auditor?: Auditor | undefined
  /** Only where credentials are retired. */
  readonly retirer?: Retirer | undefined
  /** Only where break-glass is checked. */
  readonly breakGlass?: CheckedBreakGlass | undefined
  /** Only where credentials are judged or retired: who is of break-glass. It comes with the deployment, as the definitions do. */
  readonly emergency?: (() => EmergencyPrincipals) | undefined
  /** Only where outcomes are told. */
  readonly eventBus?: EventBus | undefined
  readonly channels?: Channels | undefined
  readonly clock: Clock
  /** Unscaled by a local system's `--time-scale`: leases are judged by S3's own clock. */
  readonly leaseClock: Clock
  readonly randomness: Randomness
  readonly log: Log
  readonly metrics: Metrics
  /** Only in commands: the account of their credentials; `undefined`: it is not known. */
  readonly callerAccountId?: (() => Promise<string | undefined>) | undefined
}

export type ConfiguredPorts = Ports & { readonly configuration: Configuration }

import { readFile } from 'node:fs/promises'
import { SystemRandomness } from '../../shared/aws/system-randomness.ts'
import type { Configuration } from '../../shared/domain/deployment/configuration.ts'
import { isInRange } from '../../shared/domain/iam-policies/evaluate-policy.ts'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import { renderComplaint } from '../../shared/domain/statuses/complaint.ts'
import { MemoryAccountAccess } from '../../shared/memory/account-access/memory-account-access.ts'
import { fillFromOrganizationFile } from '../../shared/memory/fill-from-organization-file.ts'
import { MemoryIam } from '../../shared/memory/iam/memory-iam.ts'
import { PersonSessions } from '../../shared/memory/iam/person-sessions.ts'
import { MemoryIdentityStore } from '../../shared/memory/identity-store/memory-identity-store.ts'
import { type OrganizationFile, parseOrganizationFile } from '../../shared/memory/organization-file.ts'
import { MemoryOrganizations } from '../../shared/memory/organizations/memory-organizations.ts'
import { MemoryObjectStore } from '../../shared/memory/s3/memory-object-store.ts'
import { MemoryQueues } from '../../shared/memory/sqs/memory-queues.ts'
import { MemorySsoAdmin } from '../../shared/memory/sso-admin/memory-sso-admin.ts'
import type { OpenTable } from '../../shared/memory/table.ts'
import type { Clock } from '../../shared/ports/clock.ts'
import { tagReaderOf } from '../../shared/ports/deployment-settings.ts'
import { versionDays } from '../bucket-settings.ts'
import type { EventBridgeEvent } from './events/event-bridge-event.ts'
import { EventBus } from './events/event-bus.ts'
import { localAccountId, localDeployment } from './local-account.ts'
import { localRequests } from './local-request.ts'

export type LocalModelsOptions = {
  readonly bucket: string
  readonly openTable: OpenTable
  /** The scaled clock. */
  readonly clock: Clock
  /** The clock of the bucket and of people's sessions, which is not scaled: leases depend on S3's time. */
  readonly machineClock: Clock
  /** Read only if the tables are empty: a data directory with an organization keeps that one. Default: the acme fixture. */
  readonly organizationFile: string | undefined
  /** Whether the bucket is versioned; a formerly versioned bucket keeps its versions. Default: unchanged, at first not versioned. */
  readonly versioned?: boolean | undefined
  readonly latencyMs: number
  readonly latencyP99Ms: number
  /** How far listings of Identity Center lag behind; default 0. */
  readonly readLagMs?: number | undefined
  /** Default: the delegated administrator, as AWS recommends, an account outside the organization file; otherwise the management account. */
  readonly isDelegatedAdministrator?: boolean | undefined
  /** Whether the account has an instance of IAM Identity Center of its own, besides the organization's. Default: no. */
  readonly hasAccountInstance?: boolean | undefined
  /** Whether users come from Active Directory by the older AD sync; default: no. */
  readonly hasOlderAdSync?: boolean | undefined
  /** The names of the roles in the accounts; empty, as without a configured role: the names that the docs propose. */
  readonly roles?: Partial<Pick<Configuration, 'auditorRole' | 'hygieneRole'>> | undefined
  readonly onError: (error: unknown) => void
  /** Called with every event, even without a matching rule. */
  readonly onEvent?: (event: EventBridgeEvent) => void
}
export type LocalModels = Awaited<ReturnType<typeof openLocalModels>>

/** Like a deployment's bucket. That one has no limit in bytes: here the versions are in memory. */
const lifecycle = Object.entries(versionDays).map(([prefix, days]) => ({ prefix, days, bytesMost: 4 * 1024 * 1024 }))

const acme = new URL('../../fixtures/organizations/acme.json', import.meta.url)

/** The services behind the wire protocols, with the event bus for their events. */
export async function openLocalModels(options: LocalModelsOptions) {
  const { bucket, openTable, clock, machineClock, latencyMs, latencyP99Ms, readLagMs, onError } = options
  const randomness = new SystemRandomness()
  const common = { clock, randomness, openTable }
  const queues = new MemoryQueues(common)
  const events = new EventBus({
    ...common,
    queues,
    account: () => organizations.managementAccountIdNow,
    identityStoreId: () => identityStore.identityStoreId,
    onError,
    onEvent: options.onEvent,
  })
  const organizations: MemoryOrganizations = new MemoryOrganizations({
    ...common,
    bulkTagsLagMs: options.readLagMs ?? 0,
    onChange: (change) => {
      events.organizationChanged(change)
      settling.poke()
    },
  })
  const identityStore: MemoryIdentityStore = new MemoryIdentityStore({
    ...common,
    onChange: (change) => events.directoryChanged(change),
    isFrom: (ranges) => {
      const address = localRequests.getStore()?.sourceIpAddress
      return address !== undefined && ranges.some((range) => isInRange(address, range))
    },
    hasOlderAdSync: options.hasOlderAdSync,
  })
  const { isDelegatedAdministrator = true, hasAccountInstance = false } = options
  /** The access key id `management` is a caller in the management account. */
  const isManagement = (accessKeyId: string | undefined) => !isDelegatedAdministrator || accessKeyId === 'management'
  const ssoAdmin = new MemorySsoAdmin({
    ...common,
    organizations,
    identityStore,
    latencyMs,
    latencyP99Ms,
    readLagMs,
    caller: () => (isManagement(localRequests.getStore()?.accessKeyId) ? 'management' : 'delegated-administrator'),
    accountInstanceOf: hasAccountInstance ? accountId.parse(localAccountId) : undefined,
  })
  const accountAccess = new MemoryAccountAccess({ ...common, organizations, identityStore })
  const auditorRole = options.roles?.auditorRole || 'ssofile-auditor'
  const hygieneRole = options.roles?.hygieneRole || 'ssofile-hygiene'
  const tagReader = tagReaderOf(localDeployment)
  const iam = new MemoryIam({ ...common, organizations, ssoAdmin, auditorRole, hygieneRole, tagReader })
  const sessions = new PersonSessions({ ...common, clock: machineClock, ssoAdmin, identityStore })
  const isRestart = organizations.isFounded
  if (!isRestart) {
    const file = await readOrganizationFile(options.organizationFile)
    fillFromOrganizationFile(file, { organizations, identityStore, ssoAdmin })
  }
  const objects = new MemoryObjectStore({
    bucket,
    clock: machineClock,
    randomness,
    openTable,
    versioned: options.versioned,
    lifecycle,
  })
  const settling = startSettling(organizations, clock)
  const stop = async () => void (await Promise.all([settling.stop(), events.stop()]))
  const accountOf = (accessKeyId: string) =>
    isManagement(accessKeyId) ? organizations.managementAccountIdNow : localAccountId
  const delegatedAdministrator = isDelegatedAdministrator ? localAccountId : undefined
  return {
    organizations,
    identityStore,
    ssoAdmin,
    accountAccess,
    iam,
    sessions,
    objects,
    queues,
    events,
    isRestart,
    accountOf,
    isInManagementAccount: () => {
      const { accessKeyId = '' } = localRequests.getStore() ?? {}
      return (iam.sessionOf(accessKeyId)?.account ?? accountOf(accessKeyId)) === organizations.managementAccountIdNow
    },
    delegatedAdministrator,
    ownAccount: accountId.parse(accountOf('ssofile')),
    stop,
  }
}

async function readOrganizationFile(file: string | undefined): Promise<OrganizationFile> {
  const parsed = parseOrganizationFile(
    file ?? 'fixtures/organizations/acme.json',
    JSON.parse(await readFile(file ?? acme, 'utf8')),
  )
  if (!parsed.ok) throw new Error(renderComplaint(parsed.complaint))
  return parsed.value
}

/** A model whose requests finish at instants of their own. */
type SettlingModel = { nextDueAt(): Date | undefined; settle(): void }

/**
 * Settles a model whenever something is due, so that requests finish and send their events without polling. Call `poke` when something may
 * have become due earlier than before.
 */
export function startSettling(model: SettlingModel, clock: Clock): { poke(): void; stop(): Promise<void> } {
  const stopping = new AbortController()
  let sleeping = new AbortController()
  const loop = async () => {
    while (!stopping.signal.aborted) {
      const due = model.nextDueAt()
      sleeping = new AbortController()
      const ms = due === undefined ? Number.POSITIVE_INFINITY : due.getTime() - clock.now().getTime()
      await clock.sleep(ms, AbortSignal.any([sleeping.signal, stopping.signal]))
      model.settle()
    }
  }
  const running = loop()
  return {
    poke: () => sleeping.abort(),
    async stop() {
      stopping.abort()
      await running
    },
  }
}

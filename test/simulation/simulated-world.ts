import type { Configuration } from '../../shared/domain/deployment/configuration.ts'
import { accountId } from '../../shared/domain/organization/account-id.ts'
import { fillFromOrganizationFile } from '../../shared/memory/fill-from-organization-file.ts'
import { MemoryCredentials } from '../../shared/memory/iam/memory-credentials.ts'
import { MemoryIdentityStore } from '../../shared/memory/identity-store/memory-identity-store.ts'
import { parseOrganizationFile } from '../../shared/memory/organization-file.ts'
import { MemoryObjectStore } from '../../shared/memory/s3/memory-object-store.ts'
import { SeededRandomness } from '../../shared/memory/seeded-randomness.ts'
import { MemoryQueues } from '../../shared/memory/sqs/memory-queues.ts'
import { MemorySsoAdmin } from '../../shared/memory/sso-admin/memory-sso-admin.ts'
import { isServiceError } from '../../shared/ports/service-error.ts'
import type { AssignmentTarget } from '../../shared/ports/sso-admin.ts'
import { VirtualClock } from '../virtual-clock.ts'
import type { ShownList } from './brake-actions.ts'
import { Chaos } from './chaos.ts'
import { Deliveries } from './deliveries.ts'
import { Deployment } from './deployment.ts'
import { hostileGroups } from './hostile-actions.ts'
import { HostileWatch } from './hostile-watch.ts'
import { fillCredentials } from './kinds/credentials/credentials.ts'
import { LedgerLosses } from './ledger-losses.ts'
import { Oracle } from './oracle/oracle.ts'
import { Receivers } from './receivers.ts'
import { renderCall, renderOrganizationEvent } from './render-events.ts'
import type { FaultWatch } from './run.ts'
import type { Sabotage } from './sabotages.ts'
import { directoryNames, permissionSets as permissionSetNames, policyOfFirst, splitPrincipal } from './small-world.ts'
import { type Part, playPart, type Tape } from './tape.ts'
import { spoiler, UnreadableObjects } from './unreadable-objects.ts'
import { configure, listingsOfRequests, organization, ShortPages, type WorldSettings } from './world-settings.ts'

/** How to judge a life. `promises`: only their violations count. `sabotage`: a defect of the product. */
export type Judged = {
  readonly promises?: readonly string[] | undefined
  readonly sabotage?: Sabotage | undefined
  /** Records the calls of processes. */
  readonly tape?: Tape | undefined
  /** Calls to replay without processes, before the processes begin. */
  readonly part?: Part | undefined
}

/** All of ssofile over the memory adapters, on one thread and in virtual time, with faults at any call. */
export class SimulatedWorld {
  readonly clock = new VirtualClock(new Date('2026-03-03T10:00:00Z'))
  readonly configuration: Configuration
  readonly settings: WorldSettings
  readonly objects: MemoryObjectStore
  readonly unreadable: UnreadableObjects
  readonly losses: LedgerLosses
  readonly hostile: HostileWatch
  readonly queues: MemoryQueues
  readonly receivers: Receivers
  readonly organizations: ShortPages
  readonly identityStore: MemoryIdentityStore
  readonly ssoAdmin: MemorySsoAdmin
  readonly iam: MemoryCredentials
  readonly chaos: Chaos
  readonly checker: Oracle
  readonly trace: string[] = []
  readonly deliveries = new Deliveries(this)
  readonly deployment: Deployment
  readonly names: ReturnType<typeof rememberNames>
  /** The time for closing an account. AWS says hours. With a minute, a life also meets the end. */
  readonly closureMs: number
  /** The duration of requests to Identity Center from now on. 0: as in the settings. */
  requestsTakeMs = 0
  /** A cache was lost, or the view of the organization is outdated. */
  wasDisturbed = false
  /** Somebody took the lease, or a dispatcher died or froze. A sweep finds the work that it left. */
  wasInterrupted = false
  /** Others changed something that only a drift check finds. */
  wasDrifted = false
  /** An account took no changes for a while. */
  wasSuspended = false
  /** An operator wrote under `control/`, where only the schedule looks. */
  wasOperated = false
  /** An operator is restoring records, and has looked at each access with a separate listing. */
  isRestoring = false
  /** An event was lost, and only a reconcile finds its change. */
  wasEventLost = false
  /** The lists that an operator looked at last. */
  seenBrake: readonly ShownList[] | undefined
  /** The times of planned actions by others. */
  readonly planned = new Set<{ readonly atMs: number }>()
  /** For the ids of objects. */
  readonly #ids: SeededRandomness

  constructor(settings: WorldSettings, { promises: judged, sabotage, tape, part }: Judged = {}) {
    const { clock } = this
    this.settings = settings
    this.closureMs = settings.seed % 2 === 0 ? 60_000 : 6 * 3_600_000
    const processRandomness = new SeededRandomness(settings.seed)
    this.configuration = configure(settings)
    const randomness = new SeededRandomness(settings.seed + 1)
    this.#ids = randomness
    this.objects = new MemoryObjectStore({ bucket: 'ssofile', clock, randomness, versioned: settings.seed % 4 < 2 })
    this.unreadable = new UnreadableObjects(this.objects)
    this.losses = new LedgerLosses(this.objects, this.unreadable)
    this.hostile = new HostileWatch(this.objects, (id) => this.names.everNamesOf(id))
    this.receivers = new Receivers(clock, settings.seed)
    this.queues = new MemoryQueues({ clock, randomness: processRandomness })
    this.organizations = new ShortPages({
      clock,
      randomness,
      closureMs: this.closureMs,
      ...(settings.bulkTagsLagMs !== undefined && { bulkTagsLagMs: settings.bulkTagsLagMs }),
      onChange: (change) => {
        this.checker.noteDesired()
        this.deliveries.tell(renderOrganizationEvent(change, randomness.id()))
      },
    })
    this.identityStore = new MemoryIdentityStore({
      clock,
      randomness,
      onChange: (change) => {
        this.checker.noteDirectoryChange(change)
        this.deliveries.tell(renderCall('identitystore', change, randomness.id()))
      },
    })
    const requestsTakeMs = () => this.requestsTakeMs
    const { readLagMs: mostLagMs = 0 } = settings
    this.ssoAdmin = new MemorySsoAdmin({
      clock,
      randomness,
      organizations: this.organizations,
      identityStore: this.identityStore,
      readLagMs: mostLagMs === 0 ? 0 : { most: mostLagMs },
      ...listingsOfRequests[settings.seed % listingsOfRequests.length],
      // Read again for each request.
      get latencyMs() {
        return requestsTakeMs() || (settings.latencyMs ?? 300)
      },
      get latencyP99Ms() {
        return requestsTakeMs() || settings.latencyP99Ms
      },
    })
    this.iam = new MemoryCredentials({ clock, enter: () => {} })
    fillCredentials(this.iam)
    const file = parseOrganizationFile('simulated organization', organization)
    if (!file.ok) throw new Error(JSON.stringify(file.complaint))
    fillFromOrganizationFile(file.value, this)
    this.names = rememberNames(this)
    this.chaos = new Chaos(processRandomness)
    this.checker = new Oracle(this, judged)
    this.deployment = new Deployment(this, { randomness: processRandomness, sabotage, tape })
    this.objects.onChange((change) => {
      if (change.caller.accessKeyId === spoiler) this.deployment.noteSpoiled(change.key)
      this.deliveries.notify(change)
      this.deployment.noteNews(change.key)
    })
    const { instanceArn } = this.ssoAdmin
    const { identityStoreId } = this.identityStore
    void this.objects.put('control/owner.json', JSON.stringify({ v: 1, instanceArn, identityStoreId }))
    if (part) void playPart(part, this)
    else this.deployment.begin()
  }

  /**
   * CloudTrail reports a manual change of access, as late and as often as any other event. In every other world it does not, so a drift
   * check has to find the change.
   */
  tellByHand(
    event: 'CreateAccountAssignment' | 'DeleteAccountAssignment',
    { accountId: targetId, ...rest }: AssignmentTarget,
  ): void {
    if (this.settings.seed % 2 === 0) return
    const change = { event, at: this.clock.now(), targetId, targetType: 'AWS_ACCOUNT', ...rest }
    this.deliveries.tell(renderCall('sso', change, this.#ids.id()))
  }

  /** Watches the calls and messages that faults could strike from now on. */
  watch({ noteCall, noteDelivery }: FaultWatch): void {
    this.chaos.watch((call) => noteCall(call, this.ssoAdmin.outstandingRequests().length))
    this.deliveries.note = noteDelivery
  }

  /** Plans an action of others after this time. Until then the world is not at rest. */
  later(ms: number, work: () => void | Promise<void>): void {
    const plan = { atMs: this.clock.now().getTime() + ms }
    this.planned.add(plan)
    void this.clock
      .sleep(ms)
      .then(work)
      .catch((error: unknown) => this.noteRefusal(error))
      .finally(() => this.planned.delete(plan))
  }

  /** AWS also refuses calls of people: their target may be gone by then. Throws all other errors. */
  noteRefusal(error: unknown): void {
    if (!isServiceError(error)) throw error
    this.trace.push(String(error))
  }

  isAssigned(permissionSet: string): boolean {
    const arn = this.ssoAdmin.permissionSetArnOf(permissionSet)
    return this.ssoAdmin.assignments().some(({ permissionSetArn }) => permissionSetArn === arn)
  }

  keys(prefix: string): readonly string[] {
    return this.objects.model.listPage({ prefix, most: 1000 }).objects.map(({ key }) => key)
  }

  accountNow(account: string) {
    return this.organizations.accountsNow().find(({ id }) => id === account)
  }

  /** `undefined`: there is no such object. */
  textOf(key: string): string | undefined {
    const body = this.objects.model.find(key)?.body
    return body && Buffer.from(body).toString()
  }

  /** For a spoiled object: its former content. */
  readJson(key: string): Record<string, unknown> | undefined {
    const body = this.unreadable.bodyOf(key)
    return body && JSON.parse(Buffer.from(body).toString())
  }

  /** Also for an account outside the organization, because it may come back. */
  breakPolicy(account: string, isThere: boolean): void {
    const id = accountId.parse(account)
    if (isThere) this.ssoAdmin.restoreCustomerManagedPolicy(id, policyOfFirst)
    else this.ssoAdmin.removeCustomerManagedPolicy(id, policyOfFirst)
  }
}

/** Remembers names after their owner is gone or renamed. */
function rememberNames({ identityStore, ssoAdmin }: Pick<SimulatedWorld, 'identityStore' | 'ssoAdmin'>) {
  const byId = new Map<string, readonly string[]>()
  const note = (id: string | undefined, name: string) => {
    const names = byId.get(id ?? '') ?? []
    if (id && names.at(-1) !== name) byId.set(id, [...names, name])
  }
  const remember = () => {
    for (const full of [...directoryNames, ...hostileGroups.map((name) => `GROUP/${name}`)]) {
      const { type, name } = splitPrincipal(full)
      note(identityStore.idOf(type, name), name)
    }
    for (const name of permissionSetNames) note(ssoAdmin.permissionSetArnOf(name), name)
  }
  identityStore.onBeforeChange(remember)
  const everNamesOf = (id: string): readonly string[] => {
    remember()
    return byId.get(id) ?? []
  }
  const lastNameOf = (id: string) => everNamesOf(id).at(-1) ?? id
  return { permissionSet: lastNameOf, principal: lastNameOf, everNamesOf }
}

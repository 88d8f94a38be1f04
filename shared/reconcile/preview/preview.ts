import pLimit from 'p-limit'
import { type Assignment, renderAssignmentKey } from '../../domain/assignment.ts'
import type { Cause } from '../../domain/brake.ts'
import type { Configuration } from '../../domain/configuration.ts'
import { describeLink } from '../../domain/describe-link.ts'
import { isWithin, type Membership } from '../../domain/expand-scope.ts'
import { listGrantingLinks } from '../../domain/granting-links.ts'
import type { PrincipalId } from '../../domain/identity-center-ids.ts'
import type { Lack } from '../../domain/lack.ts'
import { type OrganizationView, refuses } from '../../domain/organization-view.ts'
import type { PermissionSetName } from '../../domain/permission-set-name.ts'
import { type Reach, reachOf } from '../../domain/reach.ts'
import type { Status } from '../../domain/status.ts'
import { findVanishingRoles, type ProvisionedSet, renderProvisionedSet } from '../../domain/vanishing-roles.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import type { TellProgress } from '../../ports/progress.ts'
import { findCause } from '../brake/find-cause.ts'
import { findDifferences } from '../differences/find-differences.ts'
import { OrganizationCache } from '../organization/organization-cache.ts'
import { listKnown } from '../records/foreign-assignments.ts'
import { InputReadings } from '../records/input-readings.ts'
import { Ledger } from '../records/ledger.ts'
import { readsAtOnce } from '../records/list-heads.ts'
import { Policies } from '../records/policies.ts'
import type { LinkReading } from '../records/read-link.ts'
import { StatusStore } from '../records/status-store.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import { type AskedOrganization, type GatherContext, gatherLink } from '../statuses/gather-link.ts'
import { findAdministrators } from './find-administrators.ts'
import { type NewBinding, previewBindings } from './preview-bindings.ts'
import { type BrakePreview, previewBrake } from './preview-brake.ts'
import { listBlockedDeletions } from './preview-deletions.ts'
import { sortGrants } from './preview-grants.ts'
import { type PermissionSetChange, previewPermissionSets } from './preview-permission-sets.ts'
import { previewRefusals } from './preview-refusals.ts'

/** An assignment to create, and the links that grant it. */
export type PlannedGrant = {
  readonly assignment: Assignment
  readonly links: readonly string[]
  /** Of the group or user that has this name now. Absent: not looked for, or there is none. */
  readonly principalId?: PrincipalId
}

/** What became of a link that granted an assignment. `elsewhere`: it is in force, without this account in its scope. */
export type LinkFate = 'deleted' | 'rejected' | 'expired' | 'not-yet' | 'unreadable' | 'elsewhere'
export type PlannedRevocation = {
  readonly assignment: Assignment
  /** The links that granted it when it was last evaluated. */
  readonly links: readonly { readonly key: string; readonly fate: LinkFate }[]
  /** What takes the access away; `undefined`: each of these links was withdrawn. */
  readonly cause: Cause | undefined
}

/** Grants that wait, and the reason. */
export type WaitingGrants = Lack & { readonly grants: readonly PlannedGrant[] }

/** A link that grants nothing now. */
type IdleLink = { readonly key: string } & Readonly<Pick<Status, 'state' | 'reason' | 'remedy'>>

/** The result of a reconcile, if nothing changes meanwhile: a value, the same in every run. */
export type Preview = {
  readonly grants: readonly PlannedGrant[]
  readonly revocations: readonly PlannedRevocation[]
  /** Links that go to another user of the same name, and the access of the one before with them. */
  readonly bindings: readonly NewBinding[]
  /** Foreign access: left alone. */
  readonly existing: readonly PlannedGrant[]
  readonly waiting: readonly WaitingGrants[]
  /** Held by the brake until a person releases it. */
  readonly held: readonly PlannedRevocation[]
  /** The part of `revocations` that the brake would hold. */
  readonly brake: BrakePreview
  /** No link grants them, but their account takes no changes. */
  readonly stuck: readonly PlannedRevocation[]
  readonly vanishingRoles: readonly ProvisionedSet[]
  readonly idleLinks: readonly IdleLink[]
  /** Rules about who uploads a link that is not uploaded yet. */
  readonly rulesLater: readonly string[]
  readonly permissionSets: readonly PermissionSetChange[]
  /** Who has the permission sets that change or are deleted, by name: as recorded before. */
  readonly reach: ReadonlyMap<string, Reach>
  /** Those of the permission sets here that allow everything, in their new version. */
  readonly administrators: readonly PermissionSetName[]
  /** Unfinished ledger entries: they are tried again. */
  readonly unfinished: number
  /** Grants that were not compared with Identity Center. */
  readonly unchecked: number
  readonly view: OrganizationView
  /** How long ago the whole view was read; events have updated it since. */
  readonly viewAgeMs: number
  readonly counts: { readonly links: number; readonly permissionSets: number; readonly accounts: number }
}

type PreviewOptions = {
  /** Existing access is looked for only if it takes at most this many calls. */
  readonly looksMost: number
  /** Told each step. */
  readonly onStep?: TellProgress
}

/**
 * What a reconcile of this bucket would grant and revoke, with the organization as last read. Reads only, except for
 * caches: `ports.objects` must not pass on their writes. Throws when a listing fails.
 */
export async function previewChanges(
  ports: Ports,
  configuration: Configuration,
  { looksMost, onStep = () => {} }: PreviewOptions,
): Promise<Preview> {
  const { objects } = ports
  onStep('reading the organization')
  const organization = new OrganizationCache(ports, configuration.folders)
  const view = await organization.recentView()
  onStep('comparing links and ledger')
  const differences = await findDifferences(objects, view, configuration)
  const { plan, unfinished, counts, held: heldKeys } = differences
  const readings = await InputReadings.list(objects, configuration)
  const policies = new Policies({ objects, clock: ports.clock })
  const membership = { ...configuration, managementAccountId: view.managementAccountId }
  onStep('looking up permission sets and principals')
  const permissionSets = await previewPermissionSets(ports)
  const planned = await attributeGrants(plan.grants, readings, view, membership)
  const statuses = new StatusStore(objects, ports.clock)
  const judged = await previewRefusals(planned, { policies, organization, configuration, readings, statuses })
  const sorted = await sortGrants(judged.grants, { ports, configuration, readings, permissionSets, looksMost, onStep })
  const refusing = new Set(view.accounts.filter(refuses).map(({ id }) => id))
  const revoking = await attributeRevocations(plan.revocations, objects, readings, view)
  const {
    stuck = [],
    held = [],
    revocations = [],
  } = Object.groupBy(revoking, ({ assignment }) => {
    if (refusing.has(assignment.accountId)) return 'stuck'
    return heldKeys.has(renderAssignmentKey(assignment)) ? 'held' : 'revocations'
  })
  const changed = permissionSets.changes.flatMap((one) => (one.change === 'rejected' ? [] : [one.name]))
  const granted = [...sorted.grants, ...sorted.waiting.flatMap((one) => one.grants)]
  const named = [...changed, ...granted.map(({ assignment }) => assignment.permissionSet)]
  const revoked = revocations.map(({ assignment }) => assignment)
  const blocked = await listBlockedDeletions(
    permissionSets.changes.flatMap((one) => (one.change === 'delete' ? [one.name] : [])),
    { objects, readings, permissionSets, revocations: revoked },
  )
  onStep('looking for links that grant nothing')
  const isIdle = (reading: LinkReading) =>
    reading.state !== 'in-force' || !view.accounts.some((account) => isWithin(reading.link.scope, account, membership))
  return {
    ...sorted,
    revocations,
    bindings: await previewBindings(differences.inputs, ports, configuration),
    held,
    brake: await previewBrake(revocations, { objects, configuration, now: ports.clock.now() }),
    stuck,
    vanishingRoles: findVanishingRoles({
      revocations: revoked,
      grants: sorted.grants.map(({ assignment }) => assignment),
      remaining: await listRemaining(objects, revoked),
    }),
    idleLinks: [
      ...judged.refused,
      ...(await findIdleLinks(readings, isIdle, {
        ...{ objects, organization: asRead(organization), configuration },
        policies,
        findUploader: () => 'later',
      })),
    ],
    rulesLater: judged.later,
    permissionSets: permissionSets.changes.map((one) =>
      one.change === 'delete' && blocked.has(one.name) ? { name: one.name, change: 'blocked' } : one,
    ),
    reach: new Map(changed.map((name) => [name, reachOf(name, differences.recorded)])),
    administrators: await findAdministrators(named, objects, permissionSets),
    view,
    viewAgeMs: ports.clock.now().getTime() - Date.parse(view.readAt),
    unfinished: unfinished.length,
    counts,
  }
}

async function attributeGrants(
  grants: readonly Assignment[],
  readings: InputReadings,
  view: OrganizationView,
  membership: Configuration & Membership,
): Promise<readonly PlannedGrant[]> {
  const accounts = new Map(view.accounts.map((account) => [account.id, account]))
  return Promise.all(
    grants.map(async (assignment) => {
      const account = accounts.get(assignment.accountId)
      const candidates = account ? listGrantingLinks(assignment, account, membership) : []
      const links = await readings.inForce(candidates.map(({ key }) => key))
      return { assignment, links: links.map(({ link }) => link.key).sort() }
    }),
  )
}

async function attributeRevocations(
  revocations: readonly Assignment[],
  objects: ObjectStore,
  readings: InputReadings,
  { accounts, managementAccountId }: OrganizationView,
): Promise<readonly PlannedRevocation[]> {
  const byId = new Map(accounts.map((account) => [account.id, account]))
  const ledger = new Ledger(objects)
  const limit = pLimit(readsAtOnce)
  const attribute = async (assignment: Assignment): Promise<PlannedRevocation> => {
    // An unreadable entry has no known links.
    const stored = await spoiledAsAbsent(ledger.read(renderAssignmentKey(assignment)))
    const granting = stored?.entry.accesses[0].links ?? []
    const keys = granting.map(({ key }) => key).sort()
    const links = await Promise.all(keys.map(async (key) => ({ key, fate: fateOf(await readings.read(key)) })))
    const { accountId } = assignment
    const place = { accountId, account: byId.get(accountId), managementAccountId }
    return { assignment, links, cause: await findCause(granting, (key) => readings.read(key), place) }
  }
  return Promise.all(revocations.map((assignment) => limit(() => attribute(assignment))))
}

function fateOf({ state }: LinkReading): LinkFate {
  if (state === 'absent') return 'deleted'
  return state === 'in-force' ? 'elsewhere' : state
}

/** The other assignments in the places where something is revoked. */
async function listRemaining(objects: ObjectStore, revocations: readonly Assignment[]): Promise<readonly Assignment[]> {
  const revoked = new Set(revocations.map(renderAssignmentKey))
  const places = new Set(revocations.map(renderProvisionedSet))
  const limit = pLimit(readsAtOnce)
  const listings = [...places].map((place) => limit(() => Array.fromAsync(listKnown(objects, `account%${place}%`))))
  const known = (await Promise.all(listings)).flat()
  return known.filter(({ key, isForeign }) => isForeign || !revoked.has(key)).map(({ assignment }) => assignment)
}

async function findIdleLinks(
  readings: InputReadings,
  isIdle: (reading: LinkReading) => boolean,
  context: Omit<GatherContext, 'accountsOf'>,
): Promise<readonly IdleLink[]> {
  const limit = pLimit(readsAtOnce)
  const found = await Promise.all(
    readings.keys.map(async (key): Promise<readonly IdleLink[]> => {
      if (!isIdle(await readings.read(key))) return []
      // What is left of its access stands among the revocations.
      const { facts } = await limit(() => gatherLink(key, undefined, { ...context, accountsOf: async () => [] }))
      const status = describeLink(facts)
      if (!status) return []
      const { state, reason, remedy } = status
      return [{ key, state, reason, remedy }]
    }),
  )
  return found.flat()
}

/**
 * The organization as last read, without a call for each account that it lacks: thousands of such links would take minutes.
 * Organizational units without accounts are in no view; each is asked for once.
 */
function asRead(organization: OrganizationCache): AskedOrganization {
  const parents = new Map<string, Promise<boolean>>()
  return {
    view: () => organization.view(),
    viewWithTags: (untilMs) => organization.viewWithTags(untilMs),
    find: async (accountId, { accounts }) => accounts.find(({ id }) => id === accountId),
    parentExists: (id) => {
      const asked = parents.get(id) ?? organization.parentExists(id)
      parents.set(id, asked)
      return asked
    },
  }
}

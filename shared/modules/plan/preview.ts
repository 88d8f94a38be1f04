import pLimit from 'p-limit'
import type { Assignment } from '../../domain/assignments/assignment.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { describeLink } from '../../domain/links/describe-link.ts'
import { listGrantingLinks } from '../../domain/links/granting-links.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { OrganizationView } from '../../domain/organization/organization-view.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import { isWithin, type Membership } from '../../domain/scopes/expand-scope.ts'
import type { Status } from '../../domain/statuses/status.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import type { TellProgress } from '../../ports/progress.ts'
import { findDifferences } from '../../reconcile/differences/find-differences.ts'
import type { OrganizationCache } from '../../reconcile/organization/organization-cache.ts'
import { listKnown } from '../../reconcile/records/foreign-assignments.ts'
import type { InputReadings } from '../../reconcile/records/input-readings.ts'
import { readsAtOnce } from '../../reconcile/records/list-heads.ts'
import type { LinkReading } from '../../reconcile/records/read-link.ts'
import { type AskedOrganization, type GatherContext, gatherLink } from '../../reconcile/statuses/gather-link.ts'
import { findAdministrators } from './find-administrators.ts'
import { type Foretold, foretell } from './foretell.ts'
import { GroupAccesses } from './group-access.ts'
import { openPlanSources } from './plan-sources.ts'
import type { PlannedGrant, PlannedRevocation, WaitingGrants } from './planned-access.ts'
import { planRevocations } from './planned-revocations.ts'
import { type AttributesPreview, previewAttributes } from './preview-attributes.ts'
import { type NewBinding, previewBindings } from './preview-bindings.ts'
import { previewBrake, type RevocationsPreview } from './preview-brake.ts'
import { sortGrants } from './preview-grants.ts'
import { type MembershipsPreview, previewMemberships } from './preview-memberships.ts'
import { previewMinimums } from './preview-minimums.ts'
import { type PersonChange, previewPeople } from './preview-people.ts'
import { type ContentsPreview, type PermissionSetChange, previewPermissionSets } from './preview-permission-sets.ts'
import { previewRefusals } from './preview-refusals.ts'
import { accountsOf, type Reach, reachOf } from './rules/reach.ts'
import { findVanishingRoles, type ProvisionedSet, renderProvisionedSet } from './rules/vanishing-roles.ts'

/** A link that grants nothing now. */
type IdleLink = { readonly key: string } & Readonly<Pick<Status, 'state' | 'reason' | 'remedy'>>

/** The result of a reconcile if nothing changes meanwhile: the same in every run. */
export type Preview = {
  readonly grants: readonly PlannedGrant[]
  readonly revocations: readonly PlannedRevocation[]
  /** Links that move to another user of the same name; the former user's access goes. */
  readonly bindings: readonly NewBinding[]
  /** Foreign access, which is left alone. */
  readonly existing: readonly PlannedGrant[]
  readonly waiting: readonly WaitingGrants[]
  /** Held by the brake until a person releases it. */
  readonly held: readonly PlannedRevocation[]
  /** Minimums that accounts would break, as sentences. The revocations are held then. */
  readonly minimums: readonly string[]
  /** The part of `revocations`, and of the changes of permission sets, that the brake would hold. */
  readonly brake: RevocationsPreview & ContentsPreview
  /** No link grants them, but their account takes no changes, or the management account has their permission set. */
  readonly stuck: readonly PlannedRevocation[]
  readonly vanishingRoles: readonly ProvisionedSet[]
  readonly idleLinks: readonly IdleLink[]
  /** Rules about the uploader of a link that is not uploaded yet. */
  readonly rulesLater: readonly string[]
  readonly permissionSets: readonly PermissionSetChange[]
  /** Changes of the attributes for access control. Absent: none. */
  readonly attributes?: AttributesPreview['attributes']
  /** Who has the permission sets that change or are deleted, by name: by the present records. */
  readonly reach: ReadonlyMap<string, Reach>
  /** The accounts where they have these sets. */
  readonly assignedIn: ReadonlyMap<PermissionSetName, readonly AccountId[]>
  /** The permission sets here that allow everything in their new version. */
  readonly administrators: readonly PermissionSetName[]
  /** Grants in the account in which ssofile runs. Absent: none. */
  readonly ownAccount?: { readonly id: AccountId; readonly grants: number } | undefined
  /** Who joins and leaves groups, with the resulting access. */
  readonly memberships: MembershipsPreview
  /** The planned changes of users by files under `people/`. */
  readonly people: readonly PersonChange[]
  /** Unfinished ledger entries, which are retried. */
  readonly unfinished: number
  /** Grants that were not compared with Identity Center. */
  readonly unchecked: number
  readonly view: OrganizationView
  /** How long ago the whole view was read; events have updated it since. */
  readonly viewAgeMs: number
  readonly counts: { readonly links: number; readonly permissionSets: number; readonly accounts: number }
}

type PreviewOptions = {
  /** Looks for existing access only if it takes at most this many calls. */
  readonly looksMost: number
  /** Receives each step. */
  readonly onStep?: TellProgress
  /** The present `principalSuffix`, if the plan is for another configuration: another suffix means another name. */
  readonly suffixBefore?: string | undefined
}

/**
 * What a reconcile of this bucket would grant and revoke, by the last reading of the organization. Writes nothing:
 * caches go into the copy. People and groups come first, so access is planned for those who are there then. Throws if a
 * listing fails.
 */
export async function previewChanges(
  before: Ports,
  configuration: Configuration,
  { looksMost, onStep = () => {}, suffixBefore = configuration.principalSuffix }: PreviewOptions,
): Promise<Preview> {
  onStep('handling the files of people and groups, on a copy')
  const foretold = await foretell(before, configuration)
  const { objects } = foretold
  const ports = { ...before, objects, identityStore: foretold.directory }
  const opened = await openPlanSources(ports, configuration)
  const { organization, readings, suspensions } = opened
  onStep('reading the organization')
  const view = await organization.recentView()
  onStep('comparing links and ledger')
  const differences = await findDifferences(objects, view, configuration)
  const { plan, unfinished, counts, recorded } = differences
  const selectors = await organization.selectors()
  const membership = { ...configuration, managementAccountId: view.managementAccountId, selectors }
  onStep('looking up permission sets and principals')
  const permissionSets = await previewPermissionSets(
    { ...foretold.ports, ssoAdmin: before.ssoAdmin },
    { configuration, organization, recorded },
  )
  const planned = await attributeGrants(plan.grants, readings, view, membership)
  const sources = { ...opened, permissionSets, looksMost, onStep }
  const judged = await previewRefusals(planned, sources)
  const sorted = await sortGrants(judged.grants, sources)
  const { waiting, refused } = await withLacks(judged, sorted.waiting, sources)
  const { stuck, held, revocations } = await planRevocations(
    differences,
    { ...view, selectors },
    { ...sources, suffixBefore },
  )
  const remaining = await listRemaining(objects, revocations)
  const setChanges = await permissionSets.listChanges({ revocations, remaining })
  const changed = setChanges.flatMap((one) => (one.change === 'rejected' ? [] : [one.name]))
  const granted = [...sorted.grants, ...sorted.waiting.flatMap((one) => one.grants)]
  const accesses = await GroupAccesses.read(objects, { grants: granted, revocations })
  const { folders } = configuration
  const ofGroups = await previewMemberships({ objects: before.objects, foretold, suspensions, folders, accesses })
  const throughGroups = ofGroups.added.flatMap(({ access }) => access.map(({ permissionSet }) => permissionSet))
  const named = [...changed, ...granted.map(({ assignment }) => assignment.permissionSet), ...throughGroups]
  onStep('looking for links that grant nothing')
  const isIdle = (reading: LinkReading) =>
    reading.state !== 'in-force' || !view.accounts.some((account) => isWithin(reading.link, account, membership))
  return {
    ...sorted,
    grants: sorted.grants.map((one) => withRealId(one, foretold)),
    waiting,
    revocations,
    bindings: await previewBindings(differences.inputs, sources),
    held,
    minimums: await previewMinimums({ grants: sorted.grants, revocations }, sources),
    brake: {
      ...(await previewBrake(revocations, { objects, configuration, now: ports.clock.now() })),
      ...permissionSets.edits,
    },
    stuck,
    vanishingRoles: findVanishingRoles({
      revocations: revocations.map(({ assignment }) => assignment),
      grants: sorted.grants.map(({ assignment }) => assignment),
      remaining,
    }),
    idleLinks: [...refused, ...(await findIdleLinks(readings, isIdle, sources))],
    rulesLater: judged.later,
    permissionSets: setChanges,
    ...(await previewAttributes({ ...ports, ssoAdmin: permissionSets.ssoAdmin }, configuration)),
    reach: new Map(changed.map((name) => [name, reachOf(name, recorded)])),
    assignedIn: new Map(changed.map((name) => [name, accountsOf(name, recorded)])),
    administrators: await findAdministrators(named, objects, permissionSets),
    ownAccount: countInOwnAccount(granted, configuration),
    memberships: ofGroups,
    people: await previewPeople({ objects: before.objects, foretold }),
    view,
    viewAgeMs: ports.clock.now().getTime() - Date.parse(view.readAt),
    unfinished: unfinished.length,
    counts,
  }
}

function withRealId({ principalId, ...grant }: PlannedGrant, { directory }: Foretold): PlannedGrant {
  return principalId === undefined || directory.isMade(principalId) ? grant : { ...grant, principalId }
}

/** If only an invalid policy refuses a link, reports what the link lacks instead. */
async function withLacks(
  { unjudged, refused }: Awaited<ReturnType<typeof previewRefusals>>,
  waiting: Preview['waiting'],
  naming: Parameters<typeof sortGrants>[1],
) {
  const lacking = (await sortGrants(unjudged, naming)).waiting
  const told = new Set(lacking.flatMap(({ grants }) => grants.flatMap(({ links }) => links)))
  return { waiting: [...waiting, ...lacking], refused: refused.filter(({ key }) => !told.has(key)) }
}

function countInOwnAccount(granted: readonly PlannedGrant[], { ownAccount }: Configuration): Preview['ownAccount'] {
  const grants = granted.filter(({ assignment }) => assignment.accountId === ownAccount).length
  return ownAccount === undefined || grants === 0 ? undefined : { id: ownAccount, grants }
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

/** The other assignments in the places of a revocation. */
async function listRemaining(
  objects: ObjectStore,
  revocations: readonly PlannedRevocation[],
): Promise<readonly ProvisionedSet[]> {
  const revoked = new Set(revocations.map(({ key }) => key))
  const places = new Set(revocations.map(({ assignment }) => renderProvisionedSet(assignment)))
  const limit = pLimit(readsAtOnce)
  const listings = [...places].map((place) => limit(() => Array.fromAsync(listKnown(objects, `account%${place}%`))))
  const known = (await Promise.all(listings)).flat()
  return known.filter(({ key, isForeign }) => isForeign || !revoked.has(key)).map(({ assignment }) => assignment)
}

async function findIdleLinks(
  readings: InputReadings,
  isIdle: (reading: LinkReading) => boolean,
  sources: Pick<GatherContext, 'policies' | 'configuration'> & { readonly organization: OrganizationCache },
): Promise<readonly IdleLink[]> {
  // An invalid policy refuses every link, which would hide the faults of each.
  const policies = { read: async () => ({ ...(await sources.policies.read()), broken: [] }) }
  const asked = { organization: asRead(sources.organization), findUploader: () => 'later' as const, policies }
  const context = { ...sources, ...asked, accountsOf: async () => [] }
  const limit = pLimit(readsAtOnce)
  const found = await Promise.all(
    readings.keys.map(async (key): Promise<readonly IdleLink[]> => {
      const reading = await readings.read(key)
      if (!isIdle(reading)) return []
      // The rest of its access is among the revocations.
      const { facts } = await limit(() => gatherLink(reading, undefined, context))
      const status = describeLink(facts)
      if (!status) return []
      const { state, reason, remedy } = status
      return [{ key, state, reason, remedy }]
    }),
  )
  return found.flat()
}

/**
 * The last reading of the organization, without a call for each account that it lacks: thousands of such links would take
 * minutes. Asks once for each organizational unit without accounts, because no view has it.
 */
function asRead(organization: OrganizationCache): AskedOrganization {
  const parents = new Map<string, Promise<boolean>>()
  return {
    view: () => organization.view(),
    selectors: () => organization.selectors(),
    viewWithTags: (untilMs) => organization.viewWithTags(untilMs),
    find: async (accountId, { accounts }) => accounts.find(({ id }) => id === accountId),
    parentExists: (id) => {
      const asked = parents.get(id) ?? organization.parentExists(id)
      parents.set(id, asked)
      return asked
    },
  }
}

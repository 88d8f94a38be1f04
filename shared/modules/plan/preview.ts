import pLimit from 'p-limit'
import type { Assignment } from '../../domain/assignments/assignment.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { listGrantingLinks } from '../../domain/links/granting-links.ts'
import type { OrganizationView } from '../../domain/organization/organization-view.ts'
import type { Membership } from '../../domain/scopes/expand-scope.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import type { TellProgress } from '../../ports/progress.ts'
import { findDifferences } from '../../reconcile/differences/find-differences.ts'
import { listKnown } from '../../reconcile/records/foreign-assignments.ts'
import type { InputReadings } from '../../reconcile/records/input-readings.ts'
import { readsAtOnce } from '../../reconcile/records/list-heads.ts'
import { findIdleLinks, findNewBindings, findRefusedLinks } from './find-link-problems.ts'
import { foreseeHolds, foreseeMinimums } from './foresee-holds.ts'
import { findAdministrators, foreseePermissionSets } from './foresee-permission-sets.ts'
import { type Foretold, foretell } from './foretell.ts'
import { listAttributeChanges } from './list-attribute-changes.ts'
import { listMembershipChanges, noMemberships } from './list-membership-changes.ts'
import { listPersonChanges } from './list-person-changes.ts'
import { planRevocations } from './plan-revocations.ts'
import { openPlanSources } from './plan-sources.ts'
import type { IdleLink, PlannedGrant, PlannedRevocation, WaitingGrants } from './planned-access.ts'
import { type Holders, holdersOf } from './rules/reach.ts'
import { findVanishingRoles, type ProvisionedSet, renderProvisionedSet } from './rules/vanishing-roles.ts'
import { sortGrants } from './sort-grants.ts'

/** The result of a reconcile if nothing changes meanwhile: the same in every run. */
export type Preview = Readonly<Awaited<ReturnType<typeof previewChanges>>>

type PreviewOptions = {
  /** Looks for existing access only if it takes at most this many calls. */
  readonly looksMost: number
  /** Receives each step. */
  readonly onStep?: TellProgress
  /** The present `principalSuffix`, if the plan is for another configuration: another suffix means another name. */
  readonly suffixBefore?: string | undefined
}

/**
 * What a reconcile of this bucket would grant and revoke, by the last reading of the organization. Writes nothing: caches go into the copy.
 * People and groups come first, so access is planned for those who are there then. Throws if a listing fails.
 */
export async function previewChanges(
  before: Ports,
  configuration: Configuration,
  { looksMost, onStep = () => {}, suffixBefore = configuration.principalSuffix }: PreviewOptions,
) {
  onStep('handling the files of people and groups, on a copy')
  const foretold = await foretell(before, configuration)
  const { objects } = foretold
  const { clock } = before
  const ports = { ...before, objects, identityStore: foretold.directory }
  const opened = await openPlanSources(ports, configuration)
  const { organization, readings } = opened
  onStep('reading the organization')
  const view = await organization.recentView()
  onStep('comparing links and ledger')
  const differences = await findDifferences(objects, view, configuration)
  const { plan, unfinished, counts, recorded } = differences
  const selectors = await organization.selectors()
  const membership = { ...configuration, managementAccountId: view.managementAccountId, selectors }
  onStep('looking up permission sets and principals')
  const foreseeing = { ...foretold.ports, ssoAdmin: before.ssoAdmin }
  const permissionSets = await foreseePermissionSets(foreseeing, { configuration, organization, recorded })
  const planned = await attributeGrants(plan.grants, readings, view, membership)
  const sources = { ...opened, permissionSets, looksMost, onStep }
  const judged = await findRefusedLinks(planned, sources)
  const sorted = await sortGrants(judged.grants, sources)
  const { waiting, refused } = await withLacks(judged, sorted.waiting, sources)
  const place = { ...view, selectors }
  const { stuck, held, revocations } = await planRevocations(differences, place, { ...sources, suffixBefore })
  const remaining = await listRemaining(objects, revocations)
  const setChanges = await permissionSets.listChanges({ revocations, remaining })
  const changed = setChanges.flatMap((one) => (one.change === 'rejected' ? [] : [one.name]))
  onStep('looking for links that grant nothing')
  const idleLinks: readonly IdleLink[] = [...refused, ...(await findIdleLinks({ ...view, membership }, sources))]
  const granted = [...sorted.grants, ...sorted.waiting.flatMap((one) => one.grants), ...idleLinks.flatMap(listLater)]
  const ofGroups =
    foretold.inputs.length > 0
      ? await listMembershipChanges({ grants: granted, revocations }, { ...sources, foretold })
      : noMemberships
  const joining = [...ofGroups.added, ...ofGroups.idle.flatMap(({ later }) => later ?? [])]
  const given = [
    ...granted.map(({ assignment }) => assignment),
    ...idleLinks.flatMap(({ later }) => later ?? []),
    ...joining.flatMap(({ access }) => access),
  ]
  const named = [...changed, ...given.map(({ permissionSet }) => permissionSet)]
  return {
    ...sorted,
    grants: sorted.grants.map((one) => withRealId(one, foretold)),
    waiting,
    revocations,
    /** Links that move to another user of the same name; the former user's access goes. */
    bindings: await findNewBindings(differences.inputs, sources),
    held,
    /** Minimums that accounts would break, as sentences. The revocations are held then. */
    minimums: await foreseeMinimums({ grants: sorted.grants, revocations }, sources),
    /** The part of `revocations`, and of the changes of permission sets, that the brake would hold. */
    brake: { ...(await foreseeHolds(revocations, { ...sources, now: clock.now() })), ...permissionSets.edits },
    stuck,
    vanishingRoles: findVanishingRoles({
      revocations: revocations.map(({ assignment }) => assignment),
      grants: sorted.grants.map(({ assignment }) => assignment),
      remaining,
    }),
    idleLinks,
    /** Rules about the uploader of a link that is not uploaded yet. */
    rulesLater: judged.later,
    permissionSets: setChanges,
    attributes: await listAttributeChanges({ ...ports, ssoAdmin: permissionSets.ssoAdmin }, configuration),
    /** Who has the permission sets that change or are deleted, by name: by the present records. */
    holders: new Map<string, Holders>(changed.map((name) => [name, holdersOf(name, recorded)])),
    /** The permission sets here that allow everything in their new version. */
    administrators: await findAdministrators(named, objects, permissionSets),
    ownAccount: countInOwnAccount(granted, configuration),
    /** Who joins and leaves groups, with the resulting access. */
    memberships: ofGroups,
    /** The planned changes of users by files under `people/`. */
    people: await listPersonChanges(foretold),
    view,
    /** How long ago the whole view was read; events have updated it since. */
    viewAgeMs: clock.now().getTime() - Date.parse(view.readAt),
    /** Unfinished ledger entries, which are retried. */
    unfinished: unfinished.length,
    counts,
  }
}

function withRealId({ principalId, ...grant }: PlannedGrant, { directory }: Foretold): PlannedGrant {
  return principalId === undefined || directory.isMade(principalId) ? grant : { ...grant, principalId }
}

/** If only an invalid policy refuses a link, reports what the link lacks instead. */
async function withLacks(
  { unjudged, refused }: Awaited<ReturnType<typeof findRefusedLinks>>,
  waiting: readonly WaitingGrants[],
  naming: Parameters<typeof sortGrants>[1],
) {
  const lacking = (await sortGrants(unjudged, naming)).waiting
  const told = new Set(lacking.flatMap(({ grants }) => grants.flatMap(({ links }) => links)))
  return { waiting: [...waiting, ...lacking], refused: refused.filter(({ key }) => !told.has(key)) }
}

/** Its grants in the accounts that are known. */
function listLater({ key, later }: IdleLink): readonly PlannedGrant[] {
  if (later === undefined) return []
  const { accounts, ...grant } = later
  return accounts.map((accountId) => ({ assignment: { ...grant, accountId }, links: [key] }))
}

/** The grants in the account in which ssofile runs. `undefined`: none. */
function countInOwnAccount(granted: readonly PlannedGrant[], { ownAccount }: Configuration) {
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
  const list = (place: string) => Array.fromAsync(listKnown(objects, `account%${place}%`))
  const known = (await pLimit(readsAtOnce).map(places, list)).flat()
  return known.filter(({ key, isForeign }) => isForeign || !revoked.has(key)).map(({ assignment }) => assignment)
}

import pLimit from 'p-limit'
import {
  type Assignment,
  type AssignmentKey,
  assignmentOf,
  nameAssignment,
  renderAssignmentName,
} from '../../domain/assignments/assignment.ts'
import { type GrantingLink, ledgerPrefix } from '../../domain/assignments/ledger-entry.ts'
import { causeOfPrincipal } from '../../domain/brake/act.ts'
import { type OrganizationView, refuses } from '../../domain/organization/organization-view.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import { principalName } from '../../domain/principals/principal.ts'
import type { Membership } from '../../domain/scopes/expand-scope.ts'
import { suspendedAs } from '../../domain/suspensions/describe-suspension.ts'
import { findCause, type RevokedAccount, withoutEnded } from '../../reconcile/brake/find-cause.ts'
import type { Differences } from '../../reconcile/differences/find-differences.ts'
import { findPrincipalChanges } from '../../reconcile/directory/principal-changes.ts'
import { Ledger, listAssignmentKeys } from '../../reconcile/records/ledger.ts'
import { readsAtOnce } from '../../reconcile/records/list-heads.ts'
import { NameIndex } from '../../reconcile/records/principal-names.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import type { PermissionSetPreview } from './foresee-permission-sets.ts'
import type { PlanSources } from './plan-sources.ts'
import type { PlannedRevocation } from './planned-access.ts'

type AccessView = OrganizationView & Pick<Membership, 'selectors'>
type RevocationSources = PlanSources & {
  /** The suffix in force. If the plan has another one, its principals have other names. */
  readonly suffixBefore: string
  readonly permissionSets: Pick<PermissionSetPreview, 'resolve' | 'lackOf'>
}

/** Why the access of a principal ends although its links may be in force. */
type End = { readonly fate: 'nameless' } | { readonly fate: 'suspended'; readonly suspension: string }

type Ends = readonly (readonly [AssignmentKey, End])[]

/** Revocations by files, by suspensions, and of principals that have another name by another suffix. */
export async function planRevocations(
  { plan, held: isHeld }: Pick<Differences, 'plan' | 'held'>,
  place: AccessView,
  sources: RevocationSources,
) {
  const ends = new Map([...(await findRenamed(plan.revocations, sources)), ...(await findSuspended(sources))])
  const keys = [...new Set([...plan.revocations, ...ends.keys()])]
  const accounts = new Map(place.accounts.map((account) => [account.id, account]))
  const found = await pLimit(readsAtOnce).map(keys, (key) => {
    const { accountId } = assignmentOf(key)
    return planRevocation(key, ends.get(key), { ...place, accountId, account: accounts.get(accountId) }, sources)
  })
  const isRefused = await findRefused(found, place, sources)
  const nameOf = ({ assignment }: PlannedRevocation) => renderAssignmentName(assignment)
  const sorted = found.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  const fateOf = ({ key, assignment }: PlannedRevocation) =>
    isRefused(assignment) ? 'stuck' : isHeld.has(key) ? 'held' : 'revocations'
  const { stuck = [], held = [], revocations = [] } = Object.groupBy(sorted, fateOf)
  return {
    revocations,
    /** Held by the brake until a person releases it. */
    held,
    /** No link grants them, but their account takes no changes, or the management account has their permission set. */
    stuck,
  }
}

/** Finds the ledger entries whose principal has another name under the new suffix. It may ask the directory for each name. */
async function findRenamed(
  planned: readonly AssignmentKey[],
  { suffixBefore, configuration, ports }: RevocationSources,
): Promise<Ends> {
  if (suffixBefore === configuration.principalSuffix) return []
  const { keys } = await findPrincipalChanges(ports, configuration)
  return [...new Set(keys).difference(new Set(planned))].map((key) => [key, { fate: 'nameless' }])
}

/** Ledger access of suspended users. Uses the names in the ledger, without a look-up. */
async function findSuspended({ objects, suspensions }: RevocationSources): Promise<Ends> {
  const suspensionOf = await suspensions.readAll()
  if (suspensionOf === undefined) return []
  const names = await NameIndex.read(objects)
  const keys = await Array.fromAsync(listAssignmentKeys(objects, ledgerPrefix))
  return keys.flatMap((key) => {
    const { type, principalId } = assignmentOf(key)
    const suspension = type === 'USER' ? suspensionOf(principalId, names.namesOf(type, principalId)[0]) : undefined
    return suspension === undefined ? [] : [[key, { fate: 'suspended', suspension }]]
  })
}

async function planRevocation(
  key: AssignmentKey,
  end: End | undefined,
  place: RevokedAccount,
  { objects, readings, statuses }: RevocationSources,
): Promise<PlannedRevocation> {
  // A spoiled entry has no known links, and no name.
  const entry = (await spoiledAsAbsent(new Ledger(objects).read(key)))?.entry
  const id = assignmentOf(key)
  const assignment = nameAssignment(id, entry?.principal ?? principalName.parse(id.principalId))
  const granting = entry?.links ?? []
  const read = (link: string) => readings.read(link)
  const counting = await withoutEnded(granting, read, objects)
  const toFate = async (link: GrantingLink): Promise<PlannedRevocation['links'][number]> => {
    if (!counting.includes(link)) return { key: link.key, fate: 'ended' }
    const { state } = await read(link.key)
    if (state === 'in-force') return { key: link.key, fate: end?.fate ?? 'elsewhere' }
    return { key: link.key, fate: state === 'absent' ? 'deleted' : state }
  }
  const links = await Promise.all(granting.toSorted((a, b) => (a.key < b.key ? -1 : 1)).map(toFate))
  if (end?.fate === 'suspended') {
    // The brake counts people then.
    const suspended = suspendedAs(id.principalId, await spoiledAsAbsent(statuses.read(end.suspension)))
    return { key, assignment, links, cause: causeOfPrincipal(assignment), suspended }
  }
  return { key, assignment, links, cause: end ? causeOfPrincipal(assignment) : await findCause(counting, read, place) }
}

async function findRefused(
  revoking: readonly PlannedRevocation[],
  { accounts }: AccessView,
  { permissionSets: { resolve, lackOf } }: RevocationSources,
): Promise<(assignment: Assignment) => boolean> {
  const refusing = new Set(accounts.filter(refuses).map(({ id }) => id))
  const uncontrolled = new Set<PermissionSetName>()
  for (const name of new Set(revoking.map(({ assignment }) => assignment.permissionSet))) {
    const arn = await resolve(name)
    if (arn !== undefined && arn !== 'new' && lackOf(name, arn)) uncontrolled.add(name)
  }
  return ({ accountId, permissionSet }) => refusing.has(accountId) || uncontrolled.has(permissionSet)
}

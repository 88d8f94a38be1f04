import pLimit from 'p-limit'
import { type Lack, lackOfBoundUser } from '../../domain/links/lack.ts'
import { renderGrant } from '../../domain/links/link.ts'
import type { PermissionSetArn, PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { listUnlessGone } from '../../ports/page.ts'
import type { TellProgress } from '../../ports/progress.ts'
import type { Principal } from '../../ports/sso-admin.ts'
import { findEnd } from '../../reconcile/assignments/find-end.ts'
import { lackOfName, lackOfSet, otherType } from '../../reconcile/assignments/find-lacks.ts'
import { bindingOfReading } from '../../reconcile/assignments/user-binding.ts'
import type { LinkPrincipal } from '../../reconcile/directory/principal-index.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import type { PermissionSetPreview } from './foresee-permission-sets.ts'
import type { PlanSources } from './plan-sources.ts'
import type { PlannedGrant, WaitingGrants } from './planned-access.ts'
import { renderProvisionedSet } from './rules/vanishing-roles.ts'

const looksAtOnce = 4

type GrantSources = Pick<PlanSources, 'ports' | 'readings' | 'principals' | 'statuses'> & {
  readonly suspensions: Pick<PlanSources['suspensions'], 'find'>
  readonly permissionSets: PermissionSetPreview
  readonly looksMost: number
  readonly onStep: TellProgress
}

type Target = { readonly arn: PermissionSetArn | 'new'; readonly principalId: PrincipalId }
/** Grants of one permission set to one principal by the same links, which all lack the same. */
type Group = { readonly grants: readonly PlannedGrant[]; readonly found: Target | Lack }

/** Sorts grants into new ones, waiting ones, and existing access. */
export async function sortGrants(grants: readonly PlannedGrant[], context: GrantSources) {
  const { principals } = context
  const absent = await principals.foresee(grants.map(({ assignment }) => assignment))
  const isAbsent = new Set(absent.map(renderPrincipal))
  const { lacking = [], rest = [] } = Object.groupBy(grants, ({ assignment }) =>
    isAbsent.has(renderPrincipal(assignment)) ? 'lacking' : 'rest',
  )
  const users = new Set(rest.flatMap(({ assignment: { type, principal } }) => (type === 'USER' ? [principal] : [])))
  const ids = [...users].map((name) => principals.resolve('USER', name, Number.NEGATIVE_INFINITY))
  const found = (await Promise.all(ids)).filter((id) => id !== undefined)
  await principals.foreseeNames('USER', found)
  const resolveLacking = async () => {
    // The report says if a user has the name of a group in a link, or the reverse.
    await principals.foresee(absent.map(({ type, principal }) => ({ type: otherType[type], principal })))
    return resolveGroups(lacking, context)
  }
  // In parallel, because the directory and SSO Admin have rates of their own.
  const [lacks, { groups, ready, existing, unchecked }] = await Promise.all([
    resolveLacking(),
    findExisting(rest, context),
  ])
  const waiting = new Map<PlannedGrant | undefined, WaitingGrants>()
  for (const { grants: all, found } of [...lacks, ...groups])
    if ('reason' in found) waiting.set(all[0], { grants: all, ...found })
  const idOf = new Map(ready.map(({ grant, principalId }) => [grant, principalId]))
  return {
    grants: grants.flatMap((grant) => {
      const principalId = idOf.get(grant)
      return principalId === undefined || existing.has(grant) ? [] : [{ ...grant, principalId }]
    }),
    /** Foreign access, which is left alone. */
    existing: [...existing],
    waiting: grants.flatMap((grant) => waiting.get(grant) ?? []),
    /** Grants that were not compared with Identity Center. */
    unchecked,
  }
}

function renderPrincipal({ type, principal }: LinkPrincipal): string {
  return `${type} ${principal}`
}

/** Finds the grants that exist already, but only in a few places. */
async function findExisting(grants: readonly PlannedGrant[], context: GrantSources) {
  const groups = await resolveGroups(grants, context)
  const ready = groups.flatMap(({ grants: all, found }) =>
    'reason' in found ? [] : all.map((grant) => ({ grant, ...found })),
  )
  const existing = new Set<PlannedGrant>()
  const made = ready.flatMap(({ arn, ...one }) => (arn === 'new' ? [] : [{ arn, ...one }]))
  const places = Map.groupBy(made, ({ grant }) => renderProvisionedSet(grant.assignment))
  const isChecked = places.size <= context.looksMost
  const { ssoAdmin } = context.permissionSets
  let done = 0
  for (const found of isChecked ? places.values() : []) {
    context.onStep('looking for existing access', { done: done++, of: places.size })
    const [first] = found
    const there = first
      ? await listUnlessGone((token) =>
          ssoAdmin.listAccountAssignments(first.grant.assignment.accountId, first.arn, token),
        )
      : []
    for (const { grant, principalId } of found) {
      const isIt = (one: Principal) => one.principalId === principalId && one.principalType === grant.assignment.type
      if (there.some(isIt)) existing.add(grant)
    }
  }
  return { groups, ready, existing, unchecked: isChecked ? 0 : made.length }
}

async function resolveGroups(grants: readonly PlannedGrant[], context: GrantSources): Promise<readonly Group[]> {
  const alike = Map.groupBy(grants, ({ assignment, links }) => [renderGrant(assignment), ...links].join('\n'))
  const resolve = async ([first, ...others]: readonly PlannedGrant[]): Promise<readonly Group[]> =>
    first ? [{ grants: [first, ...others], found: await resolveGrant(first, context) }] : []
  return (await pLimit(looksAtOnce).map(alike.values(), resolve)).flat()
}

/** In the order of the dispatcher. */
async function resolveGrant({ assignment, links }: PlannedGrant, sources: GrantSources): Promise<Target | Lack> {
  const { ports, permissionSets, principals, statuses, readings } = sources
  const { permissionSet, principal, type } = assignment
  // The caller of a plan reads the directory with their own rights: the result is no status for others.
  const configuration = { privacy: 'open' } as const
  const context = { ...sources, log: ports.log, pulledMs: Number.NEGATIVE_INFINITY, configuration }
  const principalId = await principals.resolve(type, principal, context.pulledMs)
  if (principalId === undefined) {
    const told = await Promise.all(links.map((key) => spoiledAsAbsent(statuses.read(key))))
    return lackOfName(assignment, context, told.find((status) => status?.principalId !== undefined)?.principalId)
  }
  if (type === 'USER') {
    const whereabouts = await principals.whereabouts(type, principalId, context.pulledMs)
    const end = await findEnd({ id: { type, principalId }, whereabouts, assignment, context })
    if (end?.lack) return end.lack
    const bound = await pLimit(looksAtOnce).map(links, async (key) => {
      const reading = await readings.read(key)
      return reading.state === 'absent' ? undefined : bindingOfReading(reading, await statuses.read(key))
    })
    const [other] = bound
    const isFree = bound.some((id) => id === undefined || id === principalId)
    if (!isFree && other !== undefined) return lackOfBoundUser(principal, other)
  }
  const arn = await permissionSets.resolve(permissionSet)
  if (arn === undefined) return lackOfSet(permissionSet, { permissionSets, configuration })
  return (arn === 'new' ? undefined : permissionSets.lackOf(permissionSet, arn)) ?? { arn, principalId }
}

import pLimit from 'p-limit'
import type { Configuration } from '../../domain/configuration.ts'
import type { PermissionSetArn, PrincipalId } from '../../domain/identity-center-ids.ts'
import { type Lack, lackOfBoundUser, lackOfPermissionSet } from '../../domain/lack.ts'
import { renderGrant } from '../../domain/link.ts'
import { renderProvisionedSet } from '../../domain/vanishing-roles.ts'
import type { Ports } from '../../ports/ports.ts'
import type { TellProgress } from '../../ports/progress.ts'
import type { Principal } from '../../ports/sso-admin.ts'
import { findLackOfPrincipal } from '../assignments/resolve-target.ts'
import { bindingOfReading } from '../assignments/user-binding.ts'
import { listUnlessGone } from '../calls/assignment-listings.ts'
import { patientIdentityStore } from '../calls/patient-identity-store.ts'
import { PrincipalIndex } from '../directory/principal-index.ts'
import type { InputReadings } from '../records/input-readings.ts'
import { StatusStore } from '../records/status-store.ts'
import type { PlannedGrant, Preview, WaitingGrants } from './preview.ts'
import type { PermissionSetPreview } from './preview-permission-sets.ts'

const looksAtOnce = 4

type Context = {
  readonly ports: Ports
  readonly configuration: Configuration
  readonly readings: InputReadings
  readonly permissionSets: PermissionSetPreview
  readonly looksMost: number
  readonly onStep: TellProgress
}

type Target = { readonly arn: PermissionSetArn | 'new'; readonly principalId: PrincipalId }
type Ready = Target & { readonly grant: PlannedGrant }
/** Grants of one permission set to one principal by the same links: they all lack the same. */
type Group = { readonly grants: readonly PlannedGrant[]; readonly found: Target | Lack }

/** Sorts grants: new ones, those that wait, and access that exists already. */
export async function sortGrants(
  grants: readonly PlannedGrant[],
  context: Context,
): Promise<Pick<Preview, 'grants' | 'existing' | 'waiting' | 'unchecked'>> {
  const groups = await resolveGroups(grants, context)
  const waiting: WaitingGrants[] = []
  const ready: Ready[] = []
  for (const { grants: all, found } of groups) {
    if ('reason' in found) waiting.push({ grants: all, ...found })
    else for (const grant of all) ready.push({ grant, ...found })
  }
  const existing = new Set<PlannedGrant>()
  const made = ready.filter(({ arn }) => arn !== 'new')
  const places = Map.groupBy(made, ({ grant }) => renderProvisionedSet(grant.assignment))
  const isChecked = places.size <= context.looksMost
  let done = 0
  for (const found of isChecked ? places.values() : []) {
    context.onStep('looking for access that is there already', { done: done++, of: places.size })
    const there = await listPrincipals(found[0], context)
    for (const { grant, principalId } of found) {
      const isIt = (one: Principal) => one.principalId === principalId && one.principalType === grant.assignment.type
      if (there.some(isIt)) existing.add(grant)
    }
  }
  const ids = new Map(ready.map(({ grant, principalId }) => [grant, principalId]))
  return {
    grants: grants.flatMap((grant) => {
      const principalId = ids.get(grant)
      return principalId === undefined || existing.has(grant) ? [] : [{ ...grant, principalId }]
    }),
    existing: [...existing],
    waiting,
    unchecked: isChecked ? 0 : [...places.values()].flat().length,
  }
}

async function resolveGroups(grants: readonly PlannedGrant[], context: Context): Promise<readonly Group[]> {
  const { ports, configuration } = context
  const principals = new PrincipalIndex(patientIdentityStore(ports), ports.clock, configuration.principalSuffix)
  const limit = pLimit(looksAtOnce)
  const alike = Map.groupBy(grants, ({ assignment, links }) => [renderGrant(assignment), ...links].join('\n'))
  const resolve = async (group: readonly PlannedGrant[]): Promise<readonly Group[]> => {
    const [first] = group
    return first ? [{ grants: group, found: await resolveGrant(first, principals, context) }] : []
  }
  return (await Promise.all([...alike.values()].map((group) => limit(() => resolve(group))))).flat()
}

async function resolveGrant(
  { assignment, links }: PlannedGrant,
  principals: PrincipalIndex,
  { ports, permissionSets, readings }: Context,
): Promise<Target | Lack> {
  const { permissionSet, principal, type } = assignment
  const arn = await permissionSets.resolve(permissionSet)
  if (arn === undefined) return lackOfPermissionSet(permissionSet, permissionSets.findNear(permissionSet))
  // Whoever runs a plan reads the directory with rights of their own: it is no status for others.
  const looked = { principals, pulledMs: 0, log: ports.log, configuration: { privacy: 'open' } } as const
  const principalId = await principals.resolve(type, principal, looked.pulledMs)
  if (principalId === undefined) return findLackOfPrincipal({ assignment, context: looked })
  if (type === 'GROUP') return { arn, principalId }
  const statuses = new StatusStore(ports.objects, ports.clock)
  const bound = await Promise.all(
    links.map(async (key) => {
      const reading = await readings.read(key)
      if (reading.state === 'absent') return undefined
      return bindingOfReading(reading, await statuses.read(key))
    }),
  )
  const [other] = bound
  const isFree = bound.some((id) => id === undefined || id === principalId)
  return isFree || other === undefined ? { arn, principalId } : lackOfBoundUser(principal, other)
}

async function listPrincipals(
  one: Ready | undefined,
  { permissionSets: { ssoAdmin } }: Context,
): Promise<readonly Principal[]> {
  if (one === undefined || one.arn === 'new') return []
  const { arn, grant } = one
  return listUnlessGone((token) => ssoAdmin.listAccountAssignments(grant.assignment.accountId, arn, token))
}

import { type Assignment, parseAssignmentName } from '../../domain/assignments/assignment.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalName, PrincipalType } from '../../domain/principals/principal.ts'
import { sessionMostMs } from '../../domain/sessions/ended-sessions.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { patientIdentityStore } from '../../reconcile/calls/patient-identity-store.ts'
import { People } from '../../reconcile/directory/people.ts'
import { forEachKnown } from '../../reconcile/records/foreign-assignments.ts'
import { renderNameInKey } from '../../reconcile/records/name-in-key.ts'
import { listChanges } from '../../reconcile/records/tell-event.ts'

/**
 * The permission sets of which a user may have sessions: the user's present access, direct or through a group, and lost access
 * or memberships whose sessions may still last. A membership counts as lost only if ssofile removed it, because other former
 * memberships are unknown. `groups`: the user's groups, if already known.
 */
export async function findSessions(
  user: { readonly id: PrincipalId; readonly name: PrincipalName; readonly groups?: readonly PrincipalId[] },
  account: AccountId | undefined,
  ports: Pick<Ports, 'objects' | 'identityStore' | 'clock' | 'randomness'>,
  { principalSuffix }: Pick<Configuration, 'principalSuffix'>,
): Promise<readonly PermissionSetName[]> {
  const { objects, clock } = ports
  const people = new People(patientIdentityStore(ports))
  const groups = new Map(await people.namesOf('GROUP', user.groups ?? (await people.groupsOf(user.id))))
  const isInKeys = (name: string, inKey: string) =>
    name === inKey || renderNameInKey(name) === inKey || (principalSuffix !== '' && name === inKey + principalSuffix)
  const isThere = (accountId: AccountId) => account === undefined || account === accountId
  const since = new Date(clock.now().getTime() - sessionMostMs).toISOString()
  const changes = await Array.fromAsync(listChanges(objects, since))
  const left = changes.flatMap(({ event, name }) => {
    const end = name.lastIndexOf('%')
    return event === 'membership-removed' && isInKeys(user.name, name.slice(end + 1)) ? [name.slice(0, end)] : []
  })
  const isOfGroup = (inKey: string) =>
    left.includes(inKey) || [...groups.values()].some((name) => isInKeys(name, inKey))
  const isTheirs = ({ accountId, type, principal }: Assignment) =>
    isThere(accountId) && (type === 'USER' ? isInKeys(user.name, principal) : isOfGroup(principal))
  const known = await listSets(objects, isThere)
  if (left.length > 0)
    for (const [id, name] of await people.namesOf('GROUP', known.GROUP.keys()))
      if (left.some((inKey) => isInKeys(name, inKey))) groups.set(id, name)
  const found = [
    ...(known.USER.get(user.id) ?? []),
    ...[...groups.keys()].flatMap((id) => [...(known.GROUP.get(id) ?? [])]),
  ]
  for (const { event, name } of changes) {
    const assignment = ends.includes(event) ? parseAssignmentName(name) : undefined
    if (assignment && isTheirs(assignment)) found.push(assignment.permissionSet)
  }
  return [...new Set(found)].sort()
}

/** The events after which access is gone, or not ours. */
const ends = ['revoked', 'released', 'foreign-gone']

/** The permission sets of each principal in these accounts, from ssofile or others. */
async function listSets(
  objects: ObjectStore,
  isThere: (account: AccountId) => boolean,
): Promise<Readonly<Record<PrincipalType, ReadonlyMap<PrincipalId, ReadonlySet<PermissionSetName>>>>> {
  const sets = {
    GROUP: new Map<PrincipalId, Set<PermissionSetName>>(),
    USER: new Map<PrincipalId, Set<PermissionSetName>>(),
  }
  await forEachKnown(objects, ({ assignment: { accountId, type, principalId, permissionSet } }) => {
    if (!isThere(accountId)) return
    const ofPrincipal = sets[type].get(principalId) ?? new Set()
    sets[type].set(principalId, ofPrincipal.add(permissionSet))
  })
  return sets
}

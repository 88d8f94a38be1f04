import { parseAssignmentKey, parseAssignmentName } from '../../domain/assignments/assignment.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { ownedMembershipPrefix, parseOwnedMembershipKey } from '../../domain/principals/owned-membership.ts'
import type { PrincipalType } from '../../domain/principals/principal.ts'
import { sessionMostMs } from '../../domain/sessions/ended-sessions.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { patientIdentityStore } from '../../reconcile/calls/patient-identity-store.ts'
import { People } from '../../reconcile/directory/people.ts'
import { forEachKnown } from '../../reconcile/records/foreign-assignments.ts'
import { forEachAtOnce } from '../../reconcile/records/list-heads.ts'
import { type Change, listChanges, readIdBeside } from '../../reconcile/records/tell-event.ts'

/**
 * The permission sets of which a user may have sessions: the user's present access, direct or through a group, and lost access or
 * memberships whose sessions may still last. A membership counts as lost only if ssofile removed it, because other former memberships are
 * unknown. Only ids are compared, because users and groups may have another name since. `groups`: the user's groups, if already known.
 */
export async function findSessions(
  user: { readonly id: PrincipalId; readonly groups?: readonly PrincipalId[] },
  account: AccountId | undefined,
  ports: Pick<Ports, 'objects' | 'identityStore' | 'clock' | 'randomness'>,
): Promise<readonly PermissionSetName[]> {
  const { objects, clock } = ports
  const isThere = (accountId: AccountId) => account === undefined || account === accountId
  // The entries first: ssofile writes the change before it removes the entry.
  const known = await listSets(objects, isThere)
  const since = new Date(clock.now().getTime() - sessionMostMs).toISOString()
  const changes = await Array.fromAsync(listChanges(objects, since))
  const groups = new Set([
    ...(user.groups ?? (await new People(patientIdentityStore(ports)).groupsOf(user.id))),
    ...(await listLeft(user.id, changes, objects)),
  ])
  const found = new Set(known.USER.get(user.id))
  for (const group of groups) for (const set of known.GROUP.get(group) ?? []) found.add(set)
  await forEachAtOnce(changes, async (change) => {
    if (!ends.has(change.event)) return
    const named = parseAssignmentName(change.name)
    // The id of this change would add nothing.
    if (named && (found.has(named.permissionSet) || !isThere(named.accountId))) return
    const ended = parseAssignmentKey((await readIdBeside(objects, change)) ?? '')
    if (ended === undefined || !isThere(ended.accountId)) return
    if (ended.type === 'USER' ? ended.principalId === user.id : groups.has(ended.principalId))
      found.add(ended.permissionSet)
  })
  return [...found].sort()
}

/** The events after which access is gone, or not ours. */
const ends: ReadonlySet<string> = new Set(['revoked', 'released', 'foreign-gone'])

/** The groups out of which ssofile took this user. */
async function listLeft(
  user: PrincipalId,
  changes: readonly Change[],
  objects: ObjectStore,
): Promise<readonly PrincipalId[]> {
  const left: PrincipalId[] = []
  await forEachAtOnce(changes, async (change) => {
    if (change.event !== 'membership-removed') return
    const id = await readIdBeside(objects, change)
    const membership = parseOwnedMembershipKey(`${ownedMembershipPrefix}${id}`)
    if (membership?.user === user) left.push(membership.group)
  })
  return left
}

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

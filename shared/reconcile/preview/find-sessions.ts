import { type Assignment, parseAssignmentName } from '../../domain/assignments/assignment.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { renderNameInKey } from '../../domain/links/name-in-key.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { PrincipalName } from '../../domain/principals/principal.ts'
import { sessionMostMs } from '../../domain/sessions/ended-sessions.ts'
import type { Ports } from '../../ports/ports.ts'
import { patientIdentityStore } from '../calls/patient-identity-store.ts'
import { listKnown } from '../records/foreign-assignments.ts'
import { listChanges } from '../records/tell-event.ts'
import { People } from './people.ts'

/**
 * The permission sets that a user may have sessions of: what the user has now, directly or through a group, and what was taken
 * away while a session may still last. A user who has left a group meanwhile is not known to have been in it.
 */
export async function findSessions(
  user: { readonly id: PrincipalId; readonly name: PrincipalName },
  account: AccountId | undefined,
  ports: Pick<Ports, 'objects' | 'identityStore' | 'clock' | 'randomness'>,
  { principalSuffix }: Pick<Configuration, 'principalSuffix'>,
): Promise<readonly PermissionSetName[]> {
  const people = new People(patientIdentityStore(ports))
  const groups = await people.namesOf('GROUP', await people.groupsOf(user.id))
  const isInKeys = (name: string, inKey: string) =>
    name === inKey || renderNameInKey(name) === inKey || (principalSuffix !== '' && name === inKey + principalSuffix)
  const isThere = (accountId: AccountId) => account === undefined || account === accountId
  const isTheirs = ({ accountId, type, principal }: Assignment) =>
    isThere(accountId) &&
    (type === 'USER' ? [user.name] : [...groups.values()]).some((name) => isInKeys(name, principal))
  const ids: ReadonlySet<string> = new Set([user.id, ...groups.keys()])
  const { objects, clock } = ports
  const found: PermissionSetName[] = []
  for await (const { assignment } of listKnown(objects))
    if (isThere(assignment.accountId) && ids.has(assignment.principalId)) found.push(assignment.permissionSet)
  const since = new Date(clock.now().getTime() - sessionMostMs).toISOString()
  for await (const { event, at, name } of listChanges(objects, since.slice(0, 10))) {
    const assignment = at >= since && ends.includes(event) ? parseAssignmentName(name) : undefined
    if (assignment && isTheirs(assignment)) found.push(assignment.permissionSet)
  }
  return [...new Set(found)].sort()
}

/** The events after which an access is not there any more, or not ours. */
const ends = ['revoked', 'released', 'foreign-gone']

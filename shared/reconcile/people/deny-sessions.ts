import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { type EndedSession, endSession, endWhileSuspended, revocationMs } from '../../domain/sessions/ended-sessions.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { recordEndedSessions } from '../records/ended-sessions.ts'
import { listKnown } from '../records/foreign-assignments.ts'
import { readOwned } from '../records/owned-permission-sets.ts'

type Leaver = Pick<EndedSession, 'user' | 'name' | 'by'> & { readonly at: Date }

/** Denies what somebody who leaves may have open of these permission sets, as far as ssofile owns them. `at`: by S3's clock. */
export async function denySessions(
  { at, ...whose }: Leaver,
  sets: Iterable<PermissionSetName>,
  objects: ObjectStore,
): Promise<void> {
  const until = new Date(at.getTime() + revocationMs)
  const ended = (await listOwnedOf(sets, objects)).map((permissionSet) =>
    endSession({ ...whose, permissionSet }, until),
  )
  if (ended.length > 0) await recordEndedSessions(objects, ended)
}

/** The same of every session, while the file `by` suspends the user: what ssofile cannot take, it denies. */
export async function denyWhileSuspended(
  whose: Omit<Leaver, 'at'>,
  sets: Iterable<PermissionSetName>,
  objects: ObjectStore,
): Promise<void> {
  const ended = (await listOwnedOf(sets, objects)).map((permissionSet) =>
    endWhileSuspended({ ...whose, permissionSet }),
  )
  if (ended.length > 0) await recordEndedSessions(objects, ended)
}

async function listOwnedOf(
  sets: Iterable<PermissionSetName>,
  objects: ObjectStore,
): Promise<readonly PermissionSetName[]> {
  const owned = [...sets].map(async (set) => ((await readOwned(objects, set))?.value.arn ? [set] : []))
  return (await Promise.all(owned)).flat()
}

/** The same of all access that a group has. */
export async function denySessionsThrough(group: PrincipalId, leaver: Leaver, objects: ObjectStore): Promise<void> {
  const sets = new Set<PermissionSetName>()
  for await (const { assignment } of listKnown(objects))
    if (assignment.principalId === group) sets.add(assignment.permissionSet)
  await denySessions(leaver, sets, objects)
}

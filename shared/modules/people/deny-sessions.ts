import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { type EndedSession, endSession, revocationMs } from '../../domain/sessions/ended-sessions.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { recordEndedSessions, recordWhileSuspended } from '../../reconcile/records/ended-sessions.ts'
import { forEachKnown } from '../../reconcile/records/foreign-assignments.ts'
import { readOwned, type StoredOwned } from '../../reconcile/records/owned-permission-sets.ts'

type Leaver = Pick<EndedSession, 'user' | 'name' | 'by'> & { readonly at: Date }

/** Denies the sessions that a leaver may have in these permission sets, if ssofile owns them. `at`: by S3's clock. */
export async function denySessions({ at, ...whose }: Leaver, sets: Iterable<PermissionSetName>, objects: ObjectStore) {
  const until = new Date(at.getTime() + revocationMs)
  const ended = (await listOwned(sets, objects)).map(({ name }) => endSession({ ...whose, permissionSet: name }, until))
  if (ended.length > 0) await recordEndedSessions(objects, ended)
}

/**
 * Denies every session while the file `by` suspends the user: the access that ssofile cannot take away. Returns our permission
 * sets that do not deny it, because their inline policy has no room or Identity Center refused it.
 */
export async function denyWhileSuspended(
  whose: Omit<Leaver, 'at'>,
  { sets, over }: { readonly sets: Iterable<PermissionSetName>; readonly over: ReadonlySet<PermissionSetName> },
  objects: ObjectStore,
): Promise<readonly PermissionSetName[]> {
  const owned = await listOwned(sets, objects)
  await recordWhileSuspended(objects, whose, new Set(owned.map(({ name }) => name)), { over })
  return owned.flatMap(({ name, value: { sessions } }) => {
    const isLeft = sessions?.left?.some(({ user }) => user === whose.user) || sessions?.refused !== undefined
    return isLeft ? [name] : []
  })
}

async function listOwned(sets: Iterable<PermissionSetName>, objects: ObjectStore): Promise<readonly StoredOwned[]> {
  const read = await Promise.all([...sets].map((set) => readOwned(objects, set)))
  return read.flatMap((owned) => (owned?.value.arn ? [owned] : []))
}

/** Denies sessions with all access of a group. */
export async function denySessionsThrough(group: PrincipalId, leaver: Leaver, objects: ObjectStore): Promise<void> {
  const sets = new Set<PermissionSetName>()
  await forEachKnown(objects, ({ assignment }) => {
    if (assignment.principalId === group) sets.add(assignment.permissionSet)
  })
  await denySessions(leaver, sets, objects)
}

import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { DirectoryPerson } from '../../ports/identity-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { patientIdentityStore } from '../../reconcile/calls/patient-identity-store.ts'
import { DirectoryListing, recentMs } from '../../reconcile/directory/directory-listing.ts'
import { PrincipalIndex } from '../../reconcile/directory/principal-index.ts'
import { renderNameInKey } from '../../reconcile/records/name-in-key.ts'
import { listOwnedMemberships } from '../../reconcile/records/owned-groups.ts'
import { NameIndex } from '../../reconcile/records/principal-names.ts'
import { isListingStored } from '../../reconcile/records/stored-listing.ts'
import { type Leaving, lastOfEach, listLeaving, tellLeaving } from './leaving-history.ts'
import { listMembershipsOf } from './membership-index.ts'

type Following = Pick<Ports, 'objects' | 'clock' | 'randomness' | 'identityStore'>

/**
 * After changes in the directory, and every hour: records once when one of our users was seen disabled or gone, and when the
 * user was seen again. Our users have access or a membership in the bucket, or were seen leaving. No decision reads these
 * records. `changed`: only these users, or all. Returns how many it recorded.
 */
export async function followLeavers(
  ports: Following,
  configuration: Pick<Configuration, 'principalSuffix'>,
  changed: ReadonlySet<PrincipalId> | 'all',
): Promise<number> {
  if (changed !== 'all' && changed.size === 0) return 0
  const { objects, clock } = ports
  const isAll = changed === 'all'
  const leaving: Leaving[] = []
  for (const user of isAll ? [undefined] : changed)
    for await (const one of listLeaving(objects, user)) leaving.push(one)
  const told = lastOfEach(leaving)
  const hasLeft = (user: PrincipalId) => told.get(user)?.event === 'left'
  const names = isAll ? await NameIndex.read(objects) : await NameIndex.readUsers(objects, changed)
  const known = new Set([...names.idsOfType('USER'), ...told.keys()])
  if (isAll) for await (const { user } of listOwnedMemberships(objects)) known.add(user)
  else for (const { user } of await listMembershipsOf(objects, changed)) known.add(user)
  if (known.size === 0) return 0
  const identityStore = patientIdentityStore(ports)
  const principals = new PrincipalIndex(identityStore, clock, configuration.principalSuffix)
  const listing = new DirectoryListing({ ...ports, identityStore }, configuration.principalSuffix)
  // A large directory is listed for the rules too: asks only about those who seem to differ.
  const listed = isAll && (await isListingStored(objects)) ? await listing.read(undefined, recentMs) : undefined
  const concerned = listed ? [...known].filter((user) => isThere(listed.find(user)) === hasLeft(user)) : known
  await principals.foreseeNames('USER', concerned)
  const at = renderInstant(clock.now())
  let count = 0
  for (const user of concerned) {
    const now = await principals.whereabouts('USER', user, Number.NEGATIVE_INFINITY)
    const why = now === 'gone' ? 'gone' : now.isDisabled ? 'disabled' : 'enabled'
    const event = why === 'enabled' ? 'back' : 'left'
    if (hasLeft(user) === (event === 'left')) continue
    const name = (now === 'gone' ? undefined : now.name) ?? names.namesOf('USER', user)[0] ?? user
    await tellLeaving(objects, { user, name: renderNameInKey(name), event, at, why })
    count++
  }
  return count
}

function isThere(found: Pick<DirectoryPerson, 'isDisabled'> | undefined): boolean {
  return found !== undefined && !found.isDisabled
}

/** The users of these events. If an event names nobody, the hourly run finds the user. */
export function usersIn(
  changes: readonly { readonly type: string; readonly id?: PrincipalId }[],
): ReadonlySet<PrincipalId> {
  return new Set(changes.flatMap(({ type, id }) => (type === 'USER' && id !== undefined ? [id] : [])))
}

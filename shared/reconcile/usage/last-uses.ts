import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { type LastUse, lastUsesOf } from '../../domain/usage/person-uses.ts'
import { type Watched, watchedUntil } from '../../domain/usage/watched.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { forEachAtOnce } from '../records/list-heads.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import { peoplePrefix, personKey, personRecord, watchedRecord } from './usage-records.ts'

type Reading = { readonly objects: ObjectStore; readonly clock: Clock }

/** Every last use of these people, or of everybody, in no order. Leaves out a record that ssofile cannot read. */
export async function readLastUses(
  { objects, clock }: Reading,
  users?: Iterable<PrincipalId>,
): Promise<readonly LastUse[]> {
  const keys = users
    ? [...users].map(personKey)
    : (await Array.fromAsync(objects.list(peoplePrefix))).map(({ key }) => key)
  const found: LastUse[] = []
  await forEachAtOnce(keys, async (key) => {
    const stored = await spoiledAsAbsent(personRecord(objects, key).read())
    if (stored) found.push(...lastUsesOf(stored.value, clock.now()))
  })
  return found
}

export async function readWatched({ objects, clock }: Reading): Promise<Watched> {
  const stored = await spoiledAsAbsent(watchedRecord(objects).read())
  return watchedUntil(stored?.value.hours ?? {}, clock.now())
}

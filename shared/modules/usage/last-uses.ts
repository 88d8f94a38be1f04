import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { readsAtOnce } from '../../reconcile/records/list-heads.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { type LastUse, lastUsesOf } from './rules/person-uses.ts'
import { type Watched, watchedUntil } from './rules/watched.ts'
import { peoplePrefix, personKey, personRecord, watchedRecord } from './usage-records.ts'

type Reading = { readonly objects: ObjectStore; readonly clock: Clock }

/** The last uses of these people, or of everybody, some people at a time. Leaves out a record that ssofile cannot read. */
export async function* listLastUses(
  { objects, clock }: Reading,
  users?: Iterable<PrincipalId>,
): AsyncGenerator<readonly LastUse[]> {
  const keys = users
    ? [...users].map(personKey)
    : (await Array.fromAsync(objects.list(peoplePrefix))).map(({ key }) => key)
  for (let from = 0; from < keys.length; from += readsAtOnce) {
    const reads = keys.slice(from, from + readsAtOnce).map((key) => spoiledAsAbsent(personRecord(objects, key).read()))
    const stored = await Promise.all(reads)
    yield stored.flatMap((one) => (one ? lastUsesOf(one.value, clock.now()) : []))
  }
}

export async function readLastUses(reading: Reading, users?: Iterable<PrincipalId>): Promise<readonly LastUse[]> {
  return (await Array.fromAsync(listLastUses(reading, users))).flat()
}

export async function readWatched({ objects, clock }: Reading): Promise<Watched> {
  const stored = await spoiledAsAbsent(watchedRecord(objects).read())
  return watchedUntil(stored?.value.hours ?? {}, clock.now())
}

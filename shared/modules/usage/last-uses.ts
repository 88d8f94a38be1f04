import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { readsAtOnce } from '../../reconcile/records/list-heads.ts'
import {
  isSpoiled,
  type SpoiledObjectError,
  spoiledAsAbsent,
  unlessSpoiled,
} from '../../reconcile/records/stored-json.ts'
import { type LastUse, lastUsesOf } from './rules/person-uses.ts'
import { type Watched, watchedUntil } from './rules/watched.ts'
import { parsePersonKey, peoplePrefix, personKey, personRecord, watchedRecord } from './usage-records.ts'

type Reading = { readonly objects: ObjectStore; readonly clock: Clock }

/** `unread`: the people whose record ssofile cannot read, and why. Nobody knows what they used: it is not unused. */
export type ReadUses = {
  readonly uses: readonly LastUse[]
  readonly unread: ReadonlyMap<PrincipalId, SpoiledObjectError>
}

/** The last uses of these people, or of everybody, some people at a time. */
export async function* listLastUses(
  { objects, clock }: Reading,
  users?: Iterable<PrincipalId>,
): AsyncGenerator<ReadUses> {
  const people = [...(users ?? (await listPeople(objects)))]
  for (let from = 0; from < people.length; from += readsAtOnce) {
    const some = people.slice(from, from + readsAtOnce)
    const read = await Promise.all(
      some.map(async (user) => [user, await unlessSpoiled(personRecord(objects, personKey(user)).read())] as const),
    )
    yield {
      uses: read.flatMap(([, one]) => (one && !isSpoiled(one) ? lastUsesOf(one.value, clock.now()) : [])),
      unread: new Map(read.flatMap(([user, one]) => (isSpoiled(one) ? [[user, one]] : []))),
    }
  }
}

async function listPeople(objects: ObjectStore): Promise<readonly PrincipalId[]> {
  const heads = await Array.fromAsync(objects.list(peoplePrefix))
  return heads.flatMap(({ key }) => parsePersonKey(key) ?? [])
}

export async function readLastUses(reading: Reading, users?: Iterable<PrincipalId>): Promise<ReadUses> {
  const all = await Array.fromAsync(listLastUses(reading, users))
  return { uses: all.flatMap(({ uses }) => uses), unread: new Map(all.flatMap(({ unread }) => [...unread])) }
}

export async function readWatched({ objects, clock }: Reading): Promise<Watched> {
  const stored = await spoiledAsAbsent(watchedRecord(objects).read())
  return watchedUntil(stored?.value.hours ?? {}, clock.now())
}

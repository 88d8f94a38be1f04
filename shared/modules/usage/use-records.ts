import * as z from 'zod'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { record } from '../../domain/json/record.ts'
import { type PrincipalId, principalId } from '../../domain/principals/identity-center-ids.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { definePlace } from '../../reconcile/records/define-record.ts'
import { JsonRecord } from '../../reconcile/records/json-record.ts'
import { forEachAtOnce, readsAtOnce } from '../../reconcile/records/list-heads.ts'
import {
  isSpoiled,
  type SpoiledObjectError,
  spoiledAsAbsent,
  unlessSpoiled,
} from '../../reconcile/records/stored-json.ts'
import { addHour, type Hours, hours, hoursFrom } from './rules/hours.ts'
import { addUses, daysBefore, forgetBefore, type LastUse, lastUsesOf, personUses } from './rules/person-uses.ts'
import type { Use } from './rules/use.ts'
import { type Watched, watchedUntil } from './rules/watched.ts'

export const usageRecords = definePlace({
  at: 'usage/',
  meaning: 'who used which access last',
  source: { is: 'primary' },
})
export const usagePrefix = usageRecords.at
export const peoplePrefix = `${usagePrefix}people/`

/** One object for each person: whoever reads all of them reads each once, and whoever deletes one deletes a person's data. */
export const personKey = (user: string): string => `${peoplePrefix}${user}.json`
/** `undefined`: ssofile did not write this key. */
export function parsePersonKey(key: string): PrincipalId | undefined {
  const user = principalId.safeParse(key.slice(peoplePrefix.length, -'.json'.length)).data
  return user !== undefined && personKey(user) === key ? user : undefined
}

export const personRecord = (objects: ObjectStore, key: string) => new JsonRecord(objects, key, personUses)

const watchedHours = record({ v: z.literal(1), hours })
const watchedRecord = (objects: ObjectStore) => new JsonRecord(objects, `${usagePrefix}watched.json`, watchedHours)

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
    const uses: LastUse[] = []
    const unread = new Map<PrincipalId, SpoiledObjectError>()
    for (const [user, one] of read)
      if (isSpoiled(one)) unread.set(user, one)
      else if (one) uses.push(...lastUsesOf(one.value, clock.now()))
    yield { uses, unread }
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

/**
 * Records the uses of one person. It only reads if none is new in its hour. `onFresh` learns of new ones before they are recorded: so no
 * crash keeps them from it.
 */
export async function recordUses(
  { objects }: Pick<Ports, 'objects'>,
  user: PrincipalId,
  uses: readonly Use[],
  onFresh: (fresh: readonly Use[]) => Promise<void> = async () => {},
): Promise<void> {
  const person = personRecord(objects, personKey(user))
  const stored = await person.read()
  const { fresh } = addUses(user, stored?.value, uses)
  if (fresh.length === 0) return
  await onFresh(fresh)
  await person.revise((current) => addUses(user, current, fresh).person, { stored })
}

export async function recordWatching({ objects }: Pick<Ports, 'objects'>, instants: readonly Date[]): Promise<void> {
  await watchedRecord(objects).revise((current) => ({
    ...current,
    v: 1,
    hours: instants.map(renderInstant).reduce<Hours>(addHour, current?.hours ?? {}),
  }))
}

/** Each night: deletes records older than `usageDays`. With 0 it deletes everything. */
export async function forgetUses(
  { objects, clock, log }: Pick<Ports, 'objects' | 'clock' | 'log'>,
  { usageDays }: Pick<Configuration, 'usageDays'>,
): Promise<void> {
  const keys = (await Array.fromAsync(objects.list(usageDays === 0 ? usagePrefix : peoplePrefix))).map(({ key }) => key)
  const oldest = daysBefore(clock.now(), usageDays)
  await forEachAtOnce(keys, async (key) => {
    if (usageDays === 0) return void (await objects.delete(key))
    const forgotten = await unlessSpoiled(
      personRecord(objects, key).revise((current) => current && forgetBefore(current, oldest)),
    )
    if (isSpoiled(forgotten)) log.error('ssofile cannot read the uses of a person', { error: forgotten })
  })
  await watchedRecord(objects).revise((current) => current && { ...current, hours: hoursFrom(current.hours, oldest) })
}

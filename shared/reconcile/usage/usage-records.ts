import { renderInstant } from '../../domain/text/instant.ts'
import { rollUp } from '../../domain/usage/roll-up.ts'
import { dateOf, type UsageDay, usageDay } from '../../domain/usage/usage-day.ts'
import { watchedTime } from '../../domain/usage/watched.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { JsonRecord } from '../records/json-record.ts'
import { forEachAtOnce } from '../records/list-heads.ts'
import { isSpoiled, type SpoiledObjectError, unlessSpoiled } from '../records/stored-json.ts'

const dayMs = 24 * 60 * 60_000

export const usagePrefix = 'usage/'
export const daysPrefix = `${usagePrefix}days/`

/** The last digit of an id: people spread evenly over 16 roll-ups, so that reading everything takes few calls. */
export const shards = [...'0123456789abcdef']
export const shardOf = (user: string): string => user.slice(-1).toLowerCase()

export const dayRecord = (objects: ObjectStore, date: string, user: string) =>
  new JsonRecord(objects, `${daysPrefix}${date}/${user}.json`, usageDay)

export const rollUpRecord = (objects: ObjectStore, shard: string) =>
  new JsonRecord(objects, `${usagePrefix}last/${shard}.json`, rollUp)

export const watchedRecord = (objects: ObjectStore) =>
  new JsonRecord(objects, `${usagePrefix}watched.json`, watchedTime)

function parseDayKey(key: string): { readonly date: string; readonly user: string } {
  const [date = '', file = ''] = key.slice(daysPrefix.length).split('/')
  return { date, user: file.replace(/\.json$/, '') }
}

/** The dates from the first to the last, both included. Empty if the first is later. */
export function datesFrom(first: string, last: string): readonly string[] {
  const days = Math.round((Date.parse(last) - Date.parse(first)) / dayMs)
  return Array.from({ length: Math.max(0, days + 1) }, (_, index) => dateAfter(first, index))
}

export function dateAfter(date: string, days: number): string {
  return dateOf(renderInstant(new Date(Date.parse(date) + days * dayMs)))
}

/** The first day with uses; `undefined`: there is none. */
export async function firstDate(objects: ObjectStore): Promise<string | undefined> {
  for await (const { key } of objects.list(daysPrefix)) return parseDayKey(key).date
  return undefined
}

/** The users with uses on a day. */
export async function usersOn(objects: ObjectStore, date: string): Promise<readonly string[]> {
  const listed = await Array.fromAsync(objects.list(`${daysPrefix}${date}/`))
  return listed.map(({ key }) => parseDayKey(key).user)
}

/** The days of these users, a few at a time. A day that cannot be read is left out and told to `spoiled`. */
export async function readDays(
  objects: ObjectStore,
  date: string,
  users: readonly string[],
  spoiled: (error: SpoiledObjectError) => void = () => {},
): Promise<readonly UsageDay[]> {
  const days: UsageDay[] = []
  await forEachAtOnce(users, async (user) => {
    const read = await unlessSpoiled(dayRecord(objects, date, user).read())
    if (isSpoiled(read)) spoiled(read)
    else if (read !== undefined) days.push(read.value)
  })
  return days
}

import type { Configuration } from '../../domain/deployment/configuration.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import { addDay, forgetBefore, type RollUp } from '../../domain/usage/roll-up.ts'
import { dateOf } from '../../domain/usage/usage-day.ts'
import { forgetSpans } from '../../domain/usage/watched.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { onceEach } from '../../ports/once.ts'
import type { Ports } from '../../ports/ports.ts'
import type { SpoiledObjectError } from '../records/stored-json.ts'
import {
  dateAfter,
  datesFrom,
  daysPrefix,
  firstDate,
  readDays,
  rollUpRecord,
  shardOf,
  shards,
  usagePrefix,
  usersOn,
  watchedRecord,
} from './usage-records.ts'

/** A batch that began before midnight may end after it. */
const settlesMs = 60 * 60_000

/**
 * Adds the days that are over to the roll-ups, each day once, then deletes what is older than `usageDays`. With 0 it deletes everything.
 * A run that dies leaves the rest to the next one.
 */
export async function rollUpUses(ports: Pick<Ports, 'objects' | 'clock' | 'log'>, { usageDays }: Configuration) {
  const { objects, clock, log } = ports
  if (usageDays === 0) return deleteDays(objects, usagePrefix)
  const today = dateOf(renderInstant(new Date(clock.now().getTime() - settlesMs)))
  const oldest = dateAfter(today, -usageDays)
  const first = await firstDate(objects)
  const users = onceEach((date: string) => usersOn(objects, date))
  // One after the other: a roll-up of thousands of people has some megabytes.
  for (const shard of shards) {
    const record = rollUpRecord(objects, shard)
    const before = await record.read()
    const from = before === undefined ? first : dateAfter(before.value.through, 1)
    const dates = from === undefined ? [] : datesFrom(from, dateAfter(today, -1))
    const add = async (rolled: RollUp | undefined, date: string) => {
      const of = (await users(date)).filter((user) => shardOf(user) === shard)
      const spoiled = (error: SpoiledObjectError) => log.error('ssofile cannot read the uses of a day', { error })
      return addDay(rolled, date, await readDays(objects, date, of, spoiled))
    }
    const rolled = await dates.reduce<Promise<RollUp | undefined>>(
      async (last, date) => add(await last, date),
      Promise.resolve(before?.value),
    )
    if (rolled !== undefined && dates.length > 0) await record.write(forgetBefore(rolled, oldest), before?.object.etag)
  }
  await deleteDays(objects, daysPrefix, oldest)
  await watchedRecord(objects).revise((current) => current && forgetSpans(current, oldest))
}

/** `before`: only days before this date; absent: all under the prefix. */
async function deleteDays(objects: ObjectStore, prefix: string, before?: string): Promise<void> {
  for await (const { key } of objects.list(prefix)) {
    if (before !== undefined && key >= `${prefix}${before}`) return
    await objects.delete(key)
  }
}

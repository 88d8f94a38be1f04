import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import { addDay, type LastUse, lastUsesIn, type RollUp } from '../../domain/usage/roll-up.ts'
import { dateOf, type UsageDay } from '../../domain/usage/usage-day.ts'
import { type Watched, watchedUntil } from '../../domain/usage/watched.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { once } from '../../ports/once.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import {
  dateAfter,
  datesFrom,
  firstDate,
  readDays,
  rollUpRecord,
  shardOf,
  shards,
  usersOn,
  watchedRecord,
} from './usage-records.ts'

/**
 * Who used which access when: the roll-ups of the nights, and the days since. Reads each object once: make another one for newer uses.
 * An object that ssofile cannot read is left out.
 */
export class LastUses {
  readonly #objects: ObjectStore
  readonly #clock: Clock
  /** Every last use of everybody, in no order. */
  readonly all: () => Promise<readonly LastUse[]>
  readonly watched: () => Promise<Watched>

  constructor(objects: ObjectStore, clock: Clock) {
    this.#objects = objects
    this.#clock = clock
    this.all = once(() => this.#readAll())
    this.watched = once(async () => {
      const stored = await spoiledAsAbsent(watchedRecord(objects).read())
      return watchedUntil({ spans: stored?.value.spans ?? [] }, clock.now())
    })
  }

  /** The last uses of one person. */
  async of(user: PrincipalId): Promise<readonly LastUse[]> {
    const rolled = await this.#rollUpOf(shardOf(user))
    const uses = rolled && { ...rolled, uses: rolled.uses.filter((use) => use.user === user) }
    return addDays(uses, await this.#daysAfter([rolled], async () => [user]))
  }

  async #readAll(): Promise<readonly LastUse[]> {
    const rolled = await Promise.all(shards.map((shard) => this.#rollUpOf(shard)))
    const open = await this.#daysAfter(rolled, (date) => usersOn(this.#objects, date))
    return shards.flatMap((shard, index) =>
      addDays(
        rolled[index],
        open.map(({ date, days }) => ({ date, days: days.filter(({ user }) => shardOf(user) === shard) })),
      ),
    )
  }

  async #rollUpOf(shard: string): Promise<RollUp | undefined> {
    return (await spoiledAsAbsent(rollUpRecord(this.#objects, shard).read()))?.value
  }

  /** The days that one of these roll-ups does not contain, up to today. */
  async #daysAfter(
    rolled: readonly (RollUp | undefined)[],
    usersOf: (date: string) => Promise<readonly string[]>,
  ): Promise<readonly Day[]> {
    const throughs = rolled.map((one) => one?.through)
    const first = throughs.includes(undefined) ? await firstDate(this.#objects) : dateAfter(throughs.sort()[0] ?? '', 1)
    const dates = first === undefined ? [] : datesFrom(first, dateOf(renderInstant(this.#clock.now())))
    const open: Day[] = []
    for (const date of dates) open.push({ date, days: await readDays(this.#objects, date, await usersOf(date)) })
    return open
  }
}

type Day = { readonly date: string; readonly days: readonly UsageDay[] }

function addDays(rolled: RollUp | undefined, open: readonly Day[]): readonly LastUse[] {
  const later = open.filter(({ date }) => rolled === undefined || date > rolled.through)
  const all = later.reduce<RollUp | undefined>((before, { date, days }) => addDay(before, date, days), rolled)
  return all === undefined ? [] : lastUsesIn(all)
}

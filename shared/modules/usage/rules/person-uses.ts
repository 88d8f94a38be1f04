import * as z from 'zod'
import { record } from '../../../domain/json/record.ts'
import { accountId } from '../../../domain/organization/account-id.ts'
import { permissionSetName } from '../../../domain/permission-sets/permission-set-name.ts'
import { type PrincipalId, principalId } from '../../../domain/principals/identity-center-ids.ts'
import { renderInstant } from '../../../domain/text/instant.ts'
import { addHour, countHours, hasHour, hours, hoursFrom } from './hours.ts'
import { type Use, ways } from './use.ts'

const text = z.string().optional()
/** For each way: `at`, `from` and `agent` of the first use in the last hour with one. */
const lastByWay = record({ by: z.enum(ways), at: z.iso.datetime(), from: text, agent: text })
const usedAccess = record({
  account: accountId,
  permissionSet: permissionSetName,
  first: z.iso.datetime(),
  ways: z.array(lastByWay),
  hours,
})
export type UsedAccess = z.infer<typeof usedAccess>

/** Which access one person used, and when. */
export const personUses = record({ v: z.literal(1), user: principalId, uses: z.array(usedAccess) })
export type PersonUses = z.infer<typeof personUses>

/** The last use of one access by one person. `hours90`, `hours400`: hours with a use in so many days. */
export type LastUse = Use & {
  /** The first known use. */
  readonly first: string
  readonly hours90: number
  readonly hours400: number
}

/**
 * The record with more uses of its person, and the uses that changed it. A second use of the same way in the same hour changes nothing, so
 * neither a loop nor a repeated event is written. The order of uses has no influence on hours, first use and last hour.
 */
export function addUses(user: PrincipalId, before: PersonUses | undefined, uses: readonly Use[]) {
  const all = new Map(before?.uses.map((one) => [keyOf(one), one]))
  const fresh = uses.filter((use) => {
    const known = all.get(keyOf(use))
    const last = known?.ways.find(({ by }) => by === use.by)
    if (known && last && hasHour(known.hours, use.at) && hourOf(last.at) >= hourOf(use.at)) return false
    all.set(keyOf(use), addUse(known, use))
    return true
  })
  const person: PersonUses = { ...before, v: 1, user, uses: [...all.values()] }
  return { person, fresh }
}

function addUse(before: UsedAccess | undefined, { account, permissionSet, by, at, from, agent }: Use): UsedAccess {
  const last = before?.ways.find((one) => one.by === by)
  const others = before?.ways.filter((one) => one.by !== by) ?? []
  return {
    ...{ ...before, account, permissionSet },
    first: before && before.first < at ? before.first : at,
    ways: [...others, last && last.at > at ? last : { by, at, from, agent }],
    hours: addHour(before?.hours, at),
  }
}

const dayMs = 24 * 60 * 60_000
export const daysBefore = (now: Date, days: number): string => renderInstant(new Date(now.getTime() - days * dayMs))

export function lastUsesOf({ user, uses }: PersonUses, now: Date): readonly LastUse[] {
  const [from90, from400] = [daysBefore(now, 90), daysBefore(now, 400)]
  return uses.flatMap(({ account, permissionSet, first, ways: lasts, hours: all }) => {
    const [newest] = lasts.toSorted((a, b) => (a.at < b.at ? 1 : -1))
    const counts = { hours90: countHours(all, from90), hours400: countHours(all, from400) }
    return newest === undefined ? [] : [{ user, account, permissionSet, first, ...newest, ...counts }]
  })
}

/** Without what ended before this instant. `undefined`: nothing is left. */
export function forgetBefore(person: PersonUses, instant: string): PersonUses | undefined {
  const uses = person.uses
    .map((one) => ({ ...one, ways: one.ways.filter(({ at }) => at >= instant), hours: hoursFrom(one.hours, instant) }))
    .filter((one) => one.ways.length > 0)
  return uses.length === 0 ? undefined : { ...person, uses }
}

const hourOf = (at: string): string => at.slice(0, 'yyyy-mm-ddThh'.length)

export function keyOf({ account, permissionSet }: Readonly<Record<'account' | 'permissionSet', string>>): string {
  return `${account}%${permissionSet}`
}

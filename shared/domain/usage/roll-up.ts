import * as z from 'zod'
import { record } from '../json/record.ts'
import { type AccountId, accountId } from '../organization/account-id.ts'
import { type PermissionSetName, permissionSetName } from '../permission-sets/permission-set-name.ts'
import { type PrincipalId, principalId } from '../principals/identity-center-ids.ts'
import { dateOf, type UsageDay } from './usage-day.ts'
import { type Way, ways } from './use.ts'

const rolledUse = record({
  user: principalId,
  account: accountId,
  permissionSet: permissionSetName,
  first: z.iso.datetime(),
  at: z.iso.datetime(),
  by: z.enum(ways),
  from: z.string().optional(),
  agent: z.string().optional(),
  /** Hours with a use in the week of the roll-up and in each one before it: `12,,3`. */
  weeks: z.string(),
})
type RolledUse = z.infer<typeof rolledUse>

/** The last uses of some people. `through`: the last day that is in it. `week`: the Monday of that day. */
export const rollUp = record({ v: z.literal(1), through: z.iso.date(), week: z.iso.date(), uses: z.array(rolledUse) })
export type RollUp = z.infer<typeof rollUp>

/** The last use of one access by one person. `hours90`, `hours400`: hours with a use in the last 13 and 57 weeks. */
export type LastUse = {
  readonly user: PrincipalId
  readonly account: AccountId
  readonly permissionSet: PermissionSetName
  /** The first known use. */
  readonly first: string
  readonly at: string
  readonly by: Way
  readonly from?: string | undefined
  readonly agent?: string | undefined
  readonly hours90: number
  readonly hours400: number
}

const dayMs = 24 * 60 * 60_000
const weekMs = 7 * dayMs
export const weeksKept = 57
const weeksOf90Days = 13

/** The roll-up with one more day. Days come in their order. */
export function addDay(before: RollUp | undefined, date: string, days: readonly UsageDay[]): RollUp {
  const week = mondayOf(date)
  const uses = new Map(before?.uses.map((use) => [keyOf(use), { ...use, weeks: moveTo(week, before.week, use.weeks) }]))
  for (const day of days) {
    for (const rows of Map.groupBy(day.rows, (row) => `${row.account}%${row.permissionSet}`).values()) {
      const key = `${day.user}%${rows[0]?.account}%${rows[0]?.permissionSet}`
      const next = addRows(uses.get(key), day.user, rows)
      if (next !== undefined) uses.set(key, next)
    }
  }
  return { ...before, v: 1, through: date, week, uses: [...uses.values()] }
}

/** Without the uses that ended before this instant. */
export function forgetBefore(rolled: RollUp, instant: string): RollUp {
  return { ...rolled, uses: rolled.uses.filter(({ at }) => at >= instant) }
}

export function lastUsesIn({ uses }: RollUp): readonly LastUse[] {
  return uses.map(({ user, account, permissionSet, first, at, by, from, agent, weeks }) => ({
    ...{ user, account, permissionSet, first, at, by, from, agent },
    hours90: sum(weeks, weeksOf90Days),
    hours400: sum(weeks, weeksKept),
  }))
}

/** The rows of one access on one day: one for each way. */
function addRows(before: RolledUse | undefined, user: PrincipalId, rows: UsageDay['rows']): RolledUse | undefined {
  const newest = rows.toSorted((a, b) => (a.last < b.last ? 1 : -1))[0]
  if (newest === undefined) return before
  const { account, permissionSet, last: at, by, from, agent } = newest
  const [current = '', ...earlier] = before?.weeks.split(',') ?? []
  const hours = new Set(rows.flatMap((row) => row.hours)).size
  const first = [...rows.map((row) => row.first), ...(before ? [before.first] : [])].sort()[0] ?? at
  const weeks = [Number(current) + hours, ...earlier].join(',')
  if (before !== undefined && at < before.at) return { ...before, first, weeks }
  return { user, account, permissionSet, first, at, by, from, agent, weeks }
}

function moveTo(week: string, from: string, weeks: string): string {
  const passed = Math.round((Date.parse(week) - Date.parse(from)) / weekMs)
  return [...new Array<string>(Math.max(passed, 0)).fill(''), ...weeks.split(',')].slice(0, weeksKept).join(',')
}

function sum(weeks: string, most: number): number {
  return weeks
    .split(',')
    .slice(0, most)
    .reduce((all, hours) => all + Number(hours), 0)
}

function mondayOf(date: string): string {
  const at = Date.parse(date)
  return dateOf(new Date(at - ((new Date(at).getUTCDay() + 6) % 7) * dayMs).toISOString())
}

function keyOf({ user, account, permissionSet }: Pick<RolledUse, 'user' | 'account' | 'permissionSet'>): string {
  return `${user}%${account}%${permissionSet}`
}

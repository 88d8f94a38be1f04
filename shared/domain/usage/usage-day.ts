import * as z from 'zod'
import { record } from '../json/record.ts'
import { accountId } from '../organization/account-id.ts'
import { permissionSetName } from '../permission-sets/permission-set-name.ts'
import { type PrincipalId, principalId } from '../principals/identity-center-ids.ts'
import { type Use, ways } from './use.ts'

/** `hours`: the hours (UTC) with a use, such as `2026-11-28T09`. `last`, `from` and `agent`: of the first use in the last of them. */
const row = record({
  account: accountId,
  permissionSet: permissionSetName,
  by: z.enum(ways),
  first: z.iso.datetime(),
  last: z.iso.datetime(),
  hours: z.array(z.string()),
  from: z.string().optional(),
  agent: z.string().optional(),
})

/** The uses of one person that arrived on one day (UTC). */
export const usageDay = record({ v: z.literal(1), user: principalId, rows: z.array(row) })
export type UsageDay = z.infer<typeof usageDay>
type Row = UsageDay['rows'][number]

const hourOf = (at: string): string => at.slice(0, 'yyyy-mm-ddThh'.length)
export const dateOf = (at: string): string => at.slice(0, 'yyyy-mm-dd'.length)

/**
 * The day with more uses of its person. One row for each account, permission set and way; a second use in the same hour changes nothing, so
 * neither a loop nor a repeated event is written. The order of uses has no influence on rows, hours, first and last hour.
 */
export function addUses(user: PrincipalId, day: UsageDay | undefined, uses: readonly Use[]): UsageDay {
  const rows = new Map(day?.rows.map((one) => [keyOf(one), one]))
  for (const use of uses) {
    const before = rows.get(keyOf(use))
    if (!before?.hours.includes(hourOf(use.at))) rows.set(keyOf(use), addUse(before, use))
  }
  return { ...day, v: 1, user, rows: [...rows.values()] }
}

/** The uses that a day does not have yet. */
export function newIn(day: UsageDay | undefined, uses: readonly Use[]): readonly Use[] {
  const known = new Map(day?.rows.map((one) => [keyOf(one), one.hours]))
  return uses.filter((use) => !known.get(keyOf(use))?.includes(hourOf(use.at)))
}

function addUse(before: Row | undefined, { account, permissionSet, by, at, from, agent }: Use): Row {
  const first = before === undefined || at < before.first ? at : before.first
  const hours = [...(before?.hours ?? []), hourOf(at)].sort()
  if (before !== undefined && at < before.last) return { ...before, first, hours }
  return { account, permissionSet, by, first, last: at, hours, from, agent }
}

function keyOf({ account, permissionSet, by }: Pick<Row, 'account' | 'permissionSet' | 'by'>): string {
  return `${account}%${permissionSet}%${by}`
}

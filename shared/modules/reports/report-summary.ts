import * as z from 'zod'
import { record } from '../../domain/json/record.ts'
import { temporaryPrefix } from '../../domain/links/link.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { definePlace } from '../../reconcile/records/define-record.ts'
import { JsonRecord } from '../../reconcile/records/json-record.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { type HeldInAccount, membersUnknown } from '../access/expand-access.ts'
import { isAdministrator } from '../access-page/rules/access-table.ts'
import { judgeUse } from '../usage/rules/role-use.ts'

export const reports = definePlace({
  at: 'reports/',
  meaning: 'the reports of a night, and of people who left',
  source: { is: 'text' },
})
export const reportsPrefix = reports.at
const unusedDaysAsked = 90
const count = z.int().min(0)

const counts = record({
  rows: count,
  assignments: count,
  /** Only the foreign assignments. */
  foreign: count,
  accounts: count,
  people: count,
  groups: count,
  /** Assignments without known use. Absent, like the next field, if no auditor's role is configured. */
  unusedFor90Days: count.optional(),
  /** Assignments whose use is unknown. */
  useNotKnown: count.optional(),
  /** People with a permission set that allows everything, or is named like that. Absent, like the next ones: an older report. */
  administrators: count.optional(),
  /** Assignments by an approved request. */
  temporary: count.optional(),
  /** The median, for the people who got their first access this month. Absent also: nobody did. */
  hoursToAccess: z.number().min(0).optional(),
})
export type ReportCounts = z.infer<typeof counts>

const summary = record({
  v: z.literal(1),
  date: z.string(),
  /** When the reading of the bucket began: later changes may be missing. */
  madeAt: z.iso.datetime(),
  counts,
  /** Calls to Identity Store, by operation. */
  calls: z.record(z.string(), count),
  /** Absent: there is no earlier report. */
  before: record({ date: z.string(), difference: z.record(z.string(), z.int()) }).optional(),
  /** The number of each event under `changes/` since the last report, or today. */
  changes: z.record(z.string(), count),
  sources: z.array(z.tuple([z.string(), z.string()])),
  /** Failed reads. */
  notes: z.array(z.string()),
})
export type ReportSummary = z.infer<typeof summary>

/** Written last: if it exists, the report of that day is complete. */
export const summaryRecord = (objects: ObjectStore, date: string) =>
  new JsonRecord(objects, `${reportsPrefix}${date}/summary.json`, summary)

export async function readSummaryBefore(objects: ObjectStore, date: string): Promise<ReportSummary | undefined> {
  const dates: string[] = []
  for await (const { key } of objects.list(reportsPrefix)) {
    const [, of = ''] = /^reports\/(\d{4}-\d\d-\d\d)\/summary\.json$/.exec(key) ?? []
    if (of !== '' && of < date) dates.push(of)
  }
  const last = dates.at(-1)
  return last === undefined ? undefined : (await spoiledAsAbsent(summaryRecord(objects, last).read()))?.value
}

export function subtractCounts(now: ReportCounts, before: ReportCounts): Readonly<Record<string, number>> {
  const names = (Object.keys(now) as (keyof ReportCounts)[]).filter((name) => name !== 'hoursToAccess')
  return Object.fromEntries(
    names.flatMap((name) => {
      const [one, other] = [now[name], before[name]]
      return one === undefined || other === undefined ? [] : [[name, one - other]]
    }),
  )
}

type TallyOptions = { readonly isUseAsked: boolean; readonly administratorSets: readonly string[] }

/** Counts rows as they pass. Keeps each id once. */
export class ReportTally {
  #rows = 0
  #assignments = 0
  #foreign = 0
  #unused = 0
  #useNotKnown = 0
  #temporary = 0
  readonly #isUseAsked: boolean
  readonly #administratorSets: ReadonlySet<string>
  readonly #administrators = new Set<string>()
  readonly #accounts = new Set<string>()
  readonly #people = new Set<string>()
  /** Groups with access: names by id. */
  readonly groups = new Map<string, string>()
  /** People who have access from ssofile, through groups too. */
  readonly holders = new Set<PrincipalId>()
  /** The directory did not tell the members of a group that has access from ssofile. */
  hasUnknownHolders = false
  /** Known last. */
  hoursToAccess: number | undefined

  constructor({ isUseAsked, administratorSets }: TallyOptions) {
    this.#isUseAsked = isUseAsked
    this.#administratorSets = new Set(administratorSets)
  }

  add({ rows, access }: HeldInAccount): void {
    this.#rows += rows.length
    this.#assignments += access.length
    this.#foreign += access.filter(({ state }) => state === 'foreign').length
    this.#temporary += access.filter(({ links }) => links.some(({ key }) => key.startsWith(temporaryPrefix))).length
    for (const one of access) {
      const verdict = judgeUse(one, unusedDaysAsked)
      if (verdict === 'unused') this.#unused++
      if (verdict === 'not known') this.#useNotKnown++
    }
    for (const { personId, groupId, group = '', account, permissionSet, origin, remark } of rows) {
      if (origin === 'ssofile' && personId !== undefined) this.holders.add(personId)
      if (origin === 'ssofile' && remark === membersUnknown) this.hasUnknownHolders = true
      this.#accounts.add(account)
      if (personId !== undefined && isAdministrator(permissionSet, this.#administratorSets))
        this.#administrators.add(personId)
      if (personId !== undefined) this.#people.add(personId)
      if (groupId !== undefined) this.groups.set(groupId, group)
    }
  }

  get counts(): ReportCounts {
    return {
      rows: this.#rows,
      assignments: this.#assignments,
      foreign: this.#foreign,
      accounts: this.#accounts.size,
      people: this.#people.size,
      groups: this.groups.size,
      administrators: this.#administrators.size,
      temporary: this.#temporary,
      ...(this.hoursToAccess === undefined ? {} : { hoursToAccess: this.hoursToAccess }),
      ...(this.#isUseAsked ? { unusedFor90Days: this.#unused, useNotKnown: this.#useNotKnown } : {}),
    }
  }
}

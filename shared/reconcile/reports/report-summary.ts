import * as z from 'zod'
import { judgeUse } from '../../domain/assignments/role-use.ts'
import { record } from '../../domain/json/record.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { JsonRecord } from '../records/json-record.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import type { Reported } from './list-held-access.ts'

export const reportsPrefix = 'reports/'
const unusedDaysAsked = 90
const count = z.int().min(0)

const counts = record({
  /** Rows of access.csv. */
  rows: count,
  assignments: count,
  /** Of these, given by others. */
  foreign: count,
  accounts: count,
  people: count,
  groups: count,
  /** Assignments that nobody is known to have used. Absent, as the next: no auditor's role is configured. */
  unusedFor90Days: count.optional(),
  /** Assignments where that is not known. */
  useNotKnown: count.optional(),
})
export type ReportCounts = z.infer<typeof counts>

const summary = record({
  v: z.literal(1),
  date: z.string(),
  /** When the reading of the bucket began: what happened since then may be in the report or not. */
  madeAt: z.iso.datetime(),
  counts,
  /** Calls to Identity Store, by operation. */
  calls: z.record(z.string(), count),
  /** Absent: there is no earlier report. */
  before: record({
    date: z.string(),
    /** What is more now, or less. */
    difference: z.record(z.string(), z.int()),
  }).optional(),
  /** Under `changes/` since the report before, or of this day: how often each event. */
  changes: z.record(z.string(), count),
  sources: z.array(z.tuple([z.string(), z.string()])),
  /** What could not be read. */
  notes: z.array(z.string()),
})
export type ReportSummary = z.infer<typeof summary>

/** It is written last: where it is, the report of that day is whole. */
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
  const names = Object.keys(now) as (keyof ReportCounts)[]
  return Object.fromEntries(
    names.flatMap((name) => {
      const [one, other] = [now[name], before[name]]
      return one === undefined || other === undefined ? [] : [[name, one - other]]
    }),
  )
}

/** Counts what passes. It keeps each id once. */
export class ReportTally {
  #rows = 0
  #assignments = 0
  #foreign = 0
  #unused = 0
  #useNotKnown = 0
  readonly #isUseAsked: boolean
  readonly #accounts = new Set<string>()
  readonly #people = new Set<string>()
  /** The groups that have access, by id, and how they are called. */
  readonly groups = new Map<string, string>()
  /** Users who have an assignment of ours. */
  readonly users = new Set<PrincipalId>()

  constructor({ isUseAsked }: { readonly isUseAsked: boolean }) {
    this.#isUseAsked = isUseAsked
  }

  add({ rows, access }: Reported): void {
    this.#rows += rows.length
    this.#assignments += access.length
    this.#foreign += access.filter(({ state }) => state === 'foreign').length
    for (const one of access) {
      const verdict = judgeUse(one, unusedDaysAsked)
      if (verdict === 'unused') this.#unused++
      if (verdict === 'not known') this.#useNotKnown++
      if (one.type === 'USER' && one.state !== 'foreign') this.users.add(one.principalId)
    }
    for (const { personId, groupId, group = '', account } of rows) {
      this.#accounts.add(account)
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
      ...(this.#isUseAsked ? { unusedFor90Days: this.#unused, useNotKnown: this.#useNotKnown } : {}),
    }
  }
}

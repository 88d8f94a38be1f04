import * as z from 'zod'
import { record } from '../../domain/json/record.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { JsonRecord } from '../../reconcile/records/json-record.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { findingKinds } from './rules/credential-row.ts'

/** Followed by a date. */
export const credentialReportsPrefix = 'reports/credentials/'

const count = z.int().min(0)
const summary = record({
  v: z.literal(1),
  date: z.string(),
  madeAt: z.iso.datetime(),
  counts: record({
    accounts: count,
    unread: count,
    users: count,
    keys: count,
    /** All roles except those that AWS makes for its services. */
    roles: count.default(0),
    rows: count,
    excepted: count,
  }),
  /** Findings that need somebody, by urgency. */
  urgent: record({ now: count, soon: count, later: count }),
  findings: z.partialRecord(z.enum(findingKinds), count),
  /** Accounts by the owner of the analyzer that looked at them (`AnalyzedBy`). */
  analyzedBy: z.record(z.string(), count).default({}),
  mails: count,
  notes: z.array(z.string()),
})
export type CredentialSummary = z.infer<typeof summary>

/** Written last: if it exists, the report of that day is complete. */
export const credentialSummary = (objects: ObjectStore, date: string) =>
  new JsonRecord(objects, `${credentialReportsPrefix}${date}/summary.json`, summary)

/** The summary of the newest complete report. */
export async function readNewestSummary(objects: ObjectStore): Promise<CredentialSummary | undefined> {
  const dates: string[] = []
  for await (const { key } of objects.list(credentialReportsPrefix)) {
    const [, date = ''] = /\/(\d{4}-\d\d-\d\d)\/summary\.json$/.exec(key) ?? []
    if (date !== '') dates.push(date)
  }
  const last = dates.sort().at(-1)
  return last === undefined ? undefined : (await spoiledAsAbsent(credentialSummary(objects, last).read()))?.value
}

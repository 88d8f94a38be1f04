import * as z from 'zod'
import { accessLevels } from '../../domain/iam-policies/access-level.ts'
import { setUsage } from '../../domain/iam-policies/set-usage.ts'
import { record } from '../../domain/json/record.ts'
import { type PermissionSetName, permissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { JsonRecord } from '../../reconcile/records/json-record.ts'

/** Followed by the name of a permission set. */
export const permissionReportsPrefix = 'reports/permissions/'

/** One line for each permission set. */
export const permissionOverviewKey = 'reports/permissions.csv'

/** How a permission set was used in all its accounts when that month's report was made. */
export const setUsageReport = (objects: ObjectStore, name: PermissionSetName) =>
  new JsonRecord(objects, `${permissionReportsPrefix}${name}.json`, setUsage)

const count = z.int().min(0)
/** The figures of one permission set. */
export const reportedSet = record({
  name: permissionSetName,
  /** The levels of its permissions, the gravest first. */
  levels: z.array(z.enum(accessLevels)).default([]),
  accounts: count,
  unread: count,
  services: count,
  unusedServices: count,
  unusedActions: count,
})
export type ReportedSet = z.infer<typeof reportedSet>

const summary = record({
  v: z.literal(1),
  /** Such as `2026-03`. */
  month: z.string(),
  madeAt: z.iso.datetime(),
  /** How many days something must be unused to count as unused. */
  unusedDays: count,
  sets: z.array(reportedSet),
})
export type PermissionSummary = z.infer<typeof summary>

/** Written last: if it is of this month, the reports of all permission sets are complete. */
export const permissionSummary = (objects: ObjectStore) => new JsonRecord(objects, 'reports/permissions.json', summary)

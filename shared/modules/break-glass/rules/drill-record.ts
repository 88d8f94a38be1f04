import * as z from 'zod'
import { userName } from '../../../domain/account-facts/break-glass-names.ts'
import type { TrailRecord } from '../../../domain/account-facts/deployed-break-glass.ts'
import { type DryCallName, type DryOutcome, dryCallNames } from '../../../domain/account-facts/dry-calls.ts'
import { parseLooseJson } from '../../../domain/json/loose-json.ts'

const call = z.looseObject({ call: z.enum(dryCallNames), expected: z.enum(['allowed', 'refused']), came: z.string() })
const drilledRole = z.looseObject({
  role: z.string(),
  account: z.string(),
  /** Absent: the drill could not assume the role. */
  assumedInMs: z.number().optional(),
  refusal: z.string().optional(),
  calls: z.array(call),
})

/** `drills/<date>/<responder>.json`: the record of one responder's drill. */
export const drillRecord = z.looseObject({
  v: z.literal(1),
  responder: z.string(),
  definition: z.string(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  roles: z.array(drilledRole),
  /** Absent: the responder did not enter the code from the mail. */
  alarm: z.looseObject({ code: z.string(), afterMs: z.number() }).optional(),
  isPassed: z.boolean(),
})
export type DrillRecord = z.infer<typeof drillRecord>
export type DrilledRole = z.infer<typeof drilledRole>

export const drillPrefix = 'drills/'

export function drillKey({ startedAt, responder }: Pick<DrillRecord, 'startedAt' | 'responder'>): string {
  return `${drillPrefix}${startedAt.slice(0, 10)}/${responder}.json`
}

/**
 * Everybody who responds may upload records, so a record is not believed: it stands under its own date and responder, and whether the drill
 * has passed follows from its calls. `undefined`: it is no record, or stands under another key.
 */
export function parseDrill(key: string, text: string): DrillRecord | undefined {
  const { data } = drillRecord.safeParse(parseLooseJson(text))
  return data && drillKey(data) === key ? { ...data, isPassed: isPassed(data) } : undefined
}

export function drilledCall(
  name: DryCallName,
  expected: 'allowed' | 'refused',
  came: DryOutcome,
): z.infer<typeof call> {
  return { call: name, expected, came: typeof came === 'string' ? came : came.unclear }
}

/** A drill passes if the responder could assume each role, each role could do its permitted calls and no other, and the alarm rang. */
export function isPassed({ roles, alarm }: Pick<DrillRecord, 'roles' | 'alarm'>): boolean {
  const good = ({ refusal, calls }: DrilledRole) =>
    refusal === undefined && calls.every(({ expected, came }) => expected === came)
  return roles.length > 0 && roles.every(good) && alarm !== undefined
}

/** Whether the code of a drill belongs to a role that this responder assumed in this drill. An older mail has another code. */
export function isAlarmOf({ responder, alarm, startedAt, endedAt }: DrillRecord, record: TrailRecord): boolean {
  const at = Date.parse(record.at)
  // CloudTrail records whole seconds.
  const isWithin = at > Date.parse(startedAt) - 1_000 && at <= Date.parse(endedAt)
  return isWithin && record.id === alarm?.code && record.name === 'AssumeRole' && record.by === userName(responder)
}

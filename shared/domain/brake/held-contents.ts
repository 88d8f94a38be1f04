import * as z from 'zod'
import { record } from '../json/record.ts'
import { permissionSetName } from '../permission-sets/permission-set-name.ts'
import { quote } from '../statuses/complaint.ts'
import { count } from '../text/count.ts'
import { type ContentsChange, isGrave } from './weigh-contents.ts'

/** Names at most this many losses, and counts the others. */
const namedMost = 20
const toldMost = 5

/** A file that the brake keeps out of force, because it changes the rights of many people. */
export const heldContents = record({
  /** The digest of this content with this effect. Another content or effect has another digest. */
  digest: z.string(),
  rule: z.literal('contents'),
  cause: z.literal('permission set'),
  name: permissionSetName,
  since: z.iso.datetime(),
  etag: z.string(),
  versionId: z.string().optional(),
  /** How many account assignments have the set, and for how many the file may take much away, or make administrators, without a release. */
  assignments: z.int().min(0),
  limit: z.int().min(0),
  leavesNone: z.boolean(),
  mayLeaveNone: z.boolean().default(false),
  givesAdministrator: z.boolean(),
  /** It is one too many: `passed` sets lost something before it, and `base` sets existed. */
  many: record({
    limit: z.int().min(0),
    base: z.int().min(0),
    minutes: z.number(),
    passed: z.int().min(0),
  }).optional(),
  /** The first losses, and the number of all. */
  takesAway: z.array(z.string()),
  taken: z.int().min(0),
})
export type HeldContents = z.infer<typeof heldContents>

/** The effect of a change, and how many assignments it affects. */
export type ContentsFinding = Pick<
  HeldContents,
  'assignments' | 'limit' | 'leavesNone' | 'mayLeaveNone' | 'givesAdministrator' | 'takesAway' | 'taken'
>

/** The part of a change that the brake judges. `undefined`: nobody loses anything, and nobody becomes an administrator. */
export function findContents(
  { takesAway, ...change }: ContentsChange,
  { assignments, limit }: Pick<HeldContents, 'assignments' | 'limit'>,
): ContentsFinding | undefined {
  if (assignments === 0 || !isGrave({ takesAway, ...change })) return undefined
  return { assignments, limit, ...change, takesAway: takesAway.slice(0, namedMost), taken: takesAway.length }
}

/** Whether the brake holds the file even if few others changed. */
export function isHeldAlone(finding: ContentsFinding): boolean {
  const { leavesNone, mayLeaveNone, givesAdministrator, assignments, limit } = finding
  return leavesNone || ((mayLeaveNone || givesAdministrator) && assignments > limit)
}

/** A text for a person: the permissions that a change takes away, and the number of assignments that lose them. `undefined`: none. */
export function describeLoss(finding: Omit<ContentsFinding, 'limit' | 'givesAdministrator'>): string | undefined {
  const { taken, leavesNone, mayLeaveNone } = finding
  if (taken === 0 && !leavesNone && !mayLeaveNone) return undefined
  return `${renderLoss(finding)}, on ${count(finding.assignments, 'account assignment')}`
}

/** Why the brake holds a file, for a person. */
export function describeContents(finding: ContentsFinding & Pick<HeldContents, 'many'>): string {
  const { assignments, limit, leavesNone, mayLeaveNone, givesAdministrator, taken, many } = finding
  if (leavesNone || many) return `held by the brake: the file ${describeLoss(finding)}${many ? renderMany(many) : ''}`
  const does = [
    ...(taken > 0 || mayLeaveNone ? [renderLoss(finding)] : []),
    ...(givesAdministrator ? ['makes everybody who has it an administrator'] : []),
  ]
  const needs = givesAdministrator ? 'to make administrators on' : 'to take so much away from'
  return `held by the brake: the file ${does.join(' and ')}, on ${count(assignments, 'account assignment')}; ${needs} more than ${limit} needs a release`
}

function renderMany({ limit, base, minutes }: NonNullable<HeldContents['many']>): string {
  const of = base > limit ? ` of the ${base.toLocaleString('en')}` : ''
  return `; more than ${limit}${of} permission sets would lose something within ${minutes} minutes`
}

type Loss = Pick<ContentsFinding, 'takesAway' | 'taken' | 'leavesNone' | 'mayLeaveNone'>

function renderLoss({ takesAway, taken, leavesNone, mayLeaveNone }: Loss): string {
  const told = takesAway.slice(0, toldMost).map((one) => quote(one, 300))
  const more = taken > told.length ? ` and ${(taken - told.length).toLocaleString('en')} more` : ''
  const what = taken > 0 ? ` (${taken}: ${told.join('; ')}${more})` : ''
  if (leavesNone) return `takes away almost everything that the permission set allows${what}`
  return `may take away ${mayLeaveNone ? 'almost everything that' : 'what'} the permission set allows${what}`
}

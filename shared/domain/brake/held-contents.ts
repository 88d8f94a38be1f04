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
  /** How many account assignments have the set, and for how many the file may make administrators without a release. */
  assignments: z.int().min(0),
  limit: z.int().min(0),
  leavesNone: z.boolean(),
  givesAdministrator: z.boolean(),
  /** It is one too many of its uploader: `passed` sets lost something before it, and `base` sets existed. */
  many: record({
    /** As in `uploaderWithoutSession`. Absent: unknown. */
    uploader: z.string().optional(),
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
  'assignments' | 'limit' | 'leavesNone' | 'givesAdministrator' | 'takesAway' | 'taken'
>

/** The part of a change that the brake judges. `undefined`: nobody loses anything, and nobody becomes an administrator. */
export function findContents(
  { takesAway, ...change }: ContentsChange,
  { assignments, limit }: Pick<HeldContents, 'assignments' | 'limit'>,
): ContentsFinding | undefined {
  if (assignments === 0 || !isGrave({ takesAway, ...change })) return undefined
  return { assignments, limit, ...change, takesAway: takesAway.slice(0, namedMost), taken: takesAway.length }
}

/** Whether the brake holds the file even if its uploader changed few others. */
export function isHeldAlone({ leavesNone, givesAdministrator, assignments, limit }: ContentsFinding): boolean {
  return leavesNone || (givesAdministrator && assignments > limit)
}

/** A text for a person: the permissions that a change takes away, and the number of assignments that lose them. `undefined`: none. */
export function describeLoss({ takesAway, taken, leavesNone, assignments }: ContentsFinding): string | undefined {
  if (leavesNone) return `leaves the permission set without any policy, on ${count(assignments, 'account assignment')}`
  return taken === 0
    ? undefined
    : `${renderTaken({ takesAway, taken })}, on ${count(assignments, 'account assignment')}`
}

/** Why the brake holds a file, for a person. */
export function describeContents(finding: ContentsFinding & Pick<HeldContents, 'many'>): string {
  const { assignments, limit, leavesNone, givesAdministrator, taken, many } = finding
  if (leavesNone || many) return `held by the brake: the file ${describeLoss(finding)}${many ? renderMany(many) : ''}`
  const does = [
    ...(taken > 0 ? [renderTaken(finding)] : []),
    ...(givesAdministrator ? ['makes everybody who has it an administrator'] : []),
  ]
  return `held by the brake: the file ${does.join(' and ')}, on ${count(assignments, 'account assignment')}; to make administrators on more than ${limit} needs a release`
}

function renderMany({ uploader, limit, base, minutes }: NonNullable<HeldContents['many']>): string {
  const who = uploader === undefined ? 'uploads by unknown people' : quote(uploader)
  const of = base > limit ? ` of the ${base.toLocaleString('en')}` : ''
  return `; more than ${limit}${of} permission sets would lose something by ${who} within ${minutes} minutes`
}

function renderTaken({ takesAway, taken }: Pick<ContentsFinding, 'takesAway' | 'taken'>): string {
  const told = takesAway.slice(0, toldMost).map((one) => quote(one, 300))
  const more = taken > told.length ? ` and ${(taken - told.length).toLocaleString('en')} more` : ''
  return `may take away what the permission set allows (${taken}: ${told.join('; ')}${more})`
}

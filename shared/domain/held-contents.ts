import * as z from 'zod'
import { quote } from './complaint.ts'
import { permissionSetName } from './permission-set-name.ts'
import { record } from './record.ts'
import { type ContentsChange, isGrave } from './weigh-contents.ts'

/** So many of what is taken away are named; the others are counted. */
const namedMost = 20
const toldMost = 5

/** A file that the brake keeps out of force, since it changes what many people may do. */
export const heldContents = record({
  /** Of exactly this content of the file, with exactly this effect: another one has another digest. */
  digest: z.string(),
  rule: z.literal('contents'),
  cause: z.literal('permission set'),
  name: permissionSetName,
  since: z.iso.datetime(),
  etag: z.string(),
  versionId: z.string().optional(),
  /** How many account assignments have the permission set, and how many may without a release. */
  assignments: z.int().min(0),
  limit: z.int().min(0),
  leavesNone: z.boolean(),
  givesAdministrator: z.boolean(),
  /** The first of what is taken away, and how many there are. */
  takesAway: z.array(z.string()),
  taken: z.int().min(0),
})
export type HeldContents = z.infer<typeof heldContents>

/** What a change would do, and to how many. */
export type ContentsFinding = Pick<
  HeldContents,
  'assignments' | 'limit' | 'leavesNone' | 'givesAdministrator' | 'takesAway' | 'taken'
>

/**
 * Whether the change of a permission set is held. `undefined`: it passes.
 *
 * | the change                                           | assigned    | then   |
 * | ---------------------------------------------------- | ----------- | ------ |
 * | leaves no policy                                     | at all      | held   |
 * | may take something away, or makes administrators     | > the limit | held   |
 * | any other                                            | any         | passes |
 */
export function judgeContents(
  { takesAway, ...change }: ContentsChange,
  { assignments, limit }: Pick<HeldContents, 'assignments' | 'limit'>,
): ContentsFinding | undefined {
  const isHeld = change.leavesNone ? assignments > 0 : isGrave({ takesAway, ...change }) && assignments > limit
  if (!isHeld) return undefined
  return { assignments, limit, ...change, takesAway: takesAway.slice(0, namedMost), taken: takesAway.length }
}

/** Why a file is held, for a person. */
export function describeContents(finding: ContentsFinding): string {
  const { assignments, limit, leavesNone, givesAdministrator, takesAway, taken } = finding
  const where = `on ${assignments.toLocaleString('en')} account assignment${assignments === 1 ? '' : 's'}`
  if (leavesNone) return `held by the brake: the file leaves the permission set without any policy, ${where}`
  const told = takesAway.slice(0, toldMost).map((one) => quote(one, 300))
  const more = taken > told.length ? ` and ${(taken - told.length).toLocaleString('en')} more` : ''
  const does = [
    ...(taken > 0 ? [`may take away what the permission set allows (${taken}: ${told.join('; ')}${more})`] : []),
    ...(givesAdministrator ? ['makes everybody who has it an administrator'] : []),
  ]
  return `held by the brake: the file ${does.join(' and ')}, ${where}; on more than ${limit} this needs a release`
}

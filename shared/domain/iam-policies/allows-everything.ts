import * as z from 'zod'
import type { PermissionSetDefinition } from '../permission-sets/permission-set-file.ts'
import { covers } from '../text/glob.ts'

export const oneOrMore = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat())
/**
 * A statement without a condition, or with an empty one. All operators and keys of a condition must match, so none limits nothing. (IAM User
 * Guide, "Conditions with multiple context keys or values".)
 */
const unconditional = z.object({
  Effect: z.literal('Allow'),
  Action: oneOrMore.optional(),
  NotAction: oneOrMore.optional(),
  Resource: oneOrMore.optional(),
  NotResource: oneOrMore.optional(),
  Condition: z.record(z.string(), z.record(z.string(), z.never())).optional(),
})
type Unconditional = z.infer<typeof unconditional>
const policy = z.object({ Statement: z.union([z.unknown().array(), z.unknown()]).transform((value) => [value].flat()) })

type Policies = Pick<PermissionSetDefinition, 'managedPolicyArns' | 'inlinePolicy'>

/**
 * Whether a permission set allows everything: by AWS's policy AdministratorAccess, or by a statement in its inline policy that allows every
 * action on every resource. Its customer managed policies are in each account and unknown here.
 */
export function allowsEverything(set: Policies): boolean {
  return allowsBy(set, ({ Action, Resource }) => Action?.some(isAll) === true && Resource?.some(isEvery) === true)
}

/**
 * Whether people with the permission set are administrators: it allows everything, or a statement allows everything but some actions or
 * resources. If those include all of IAM, as in AWS's policy PowerUserAccess, people cannot give themselves the rest.
 */
export function allowsAlmostEverything(set: Policies): boolean {
  return allowsBy(set, ({ Action, NotAction, Resource, NotResource }) => {
    const leavesOut = NotAction?.some((one) => covers(one.toLowerCase(), 'iam:*'))
    const isEverywhere = Resource?.some(isAnywhere) === true || NotResource?.some(isAnywhere) === false
    return isEverywhere && (Action?.some(isAll) === true || leavesOut === false)
  })
}

function allowsBy(
  { managedPolicyArns, inlinePolicy }: Policies,
  isWide: (statement: Unconditional) => boolean,
): boolean {
  if (managedPolicyArns.some((arn) => /^arn:[^:]+:iam::aws:policy\/AdministratorAccess$/.test(arn))) return true
  if (inlinePolicy === undefined) return false
  return statementsOf(inlinePolicy).some((statement) => {
    const { data } = unconditional.safeParse(statement)
    return data !== undefined && isWide(data)
  })
}

/** The statements of an inline policy, unchanged. */
export function statementsOf(inlinePolicy: string): readonly unknown[] {
  return policy.safeParse(JSON.parse(inlinePolicy)).data?.Statement ?? []
}

const isWild = (text: string): boolean => /^[*?]+$/.test(text) && text.includes('*')

/** `*`, `*:*` and `?*` all name every action. (IAM User Guide, "IAM JSON policy elements: Action".) */
const isAll = (action: string): boolean => action.split(':').length <= 2 && action.split(':').every(isWild)

/** Some actions, such as s3:ListAllMyBuckets, know no other resource. (Service Authorization Reference.) */
const isEvery = (resource: string): boolean => /^\*+$/.test(resource)

/** Also `arn:*` and `arn:aws:*`: every resource that has an ARN. */
const isAnywhere = (resource: string): boolean =>
  isWild(resource.replace(/^arn:(?:aws[-a-z]*:)?/, '').replaceAll(':', ''))

import * as z from 'zod'
import type { PermissionSetDefinition } from '../permission-sets/permission-set-file.ts'
import { covers } from '../text/glob.ts'

export const oneOrMore = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat())
const allowance = z.object({
  Effect: z.literal('Allow'),
  Action: oneOrMore.optional(),
  NotAction: oneOrMore.optional(),
  Resource: oneOrMore.optional(),
  NotResource: oneOrMore.optional(),
  Condition: z.record(z.string(), z.record(z.string(), oneOrMore.catch([]))).default({}),
})
type Allowance = z.infer<typeof allowance>
type Test = { readonly operator: string; readonly key: string; readonly values: readonly string[] }
const policy = z.object({ Statement: z.union([z.unknown().array(), z.unknown()]).transform((value) => [value].flat()) })

type Policies = Pick<PermissionSetDefinition, 'managedPolicyArns' | 'inlinePolicy'>

/**
 * Whether a permission set allows everything: by AWS's policy AdministratorAccess, or by a statement in its inline policy that allows every
 * action on every resource. Its customer managed policies are in each account and unknown here.
 */
export function allowsEverything(set: Policies): boolean {
  return allowsBy(
    set,
    ({ Action, Resource, Condition }) =>
      Action?.some(isAll) === true && Resource?.some(isEvery) === true && testsOf(Condition).length === 0,
  )
}

/**
 * Whether people with the permission set are administrators: it allows everything, or a statement allows everything but some actions or
 * resources, or on a condition that says only who, when and from where. If those include all of IAM, as in AWS's policy PowerUserAccess,
 * people cannot give themselves the rest.
 */
export function allowsAlmostEverything(set: Policies): boolean {
  return allowsBy(set, ({ Action, NotAction, Resource, NotResource, Condition }) => {
    if (testsOf(Condition).some(isLimit)) return false
    const leavesOut = NotAction?.some((one) => covers(one.toLowerCase(), 'iam:*'))
    const isEverywhere = Resource?.some(isAnywhere) === true || NotResource?.some(isAnywhere) === false
    return isEverywhere && (Action?.some(isAll) === true || leavesOut === false)
  })
}

function allowsBy({ managedPolicyArns, inlinePolicy }: Policies, isWide: (statement: Allowance) => boolean): boolean {
  if (managedPolicyArns.some((arn) => /^arn:[^:]+:iam::aws:policy\/AdministratorAccess$/.test(arn))) return true
  if (inlinePolicy === undefined) return false
  return statementsOf(inlinePolicy).some((statement) => {
    const { data } = allowance.safeParse(statement)
    return data !== undefined && isWide(data)
  })
}

/** The statements of an inline policy, unchanged. */
export function statementsOf(inlinePolicy: string): readonly unknown[] {
  return policy.safeParse(JSON.parse(inlinePolicy)).data?.Statement ?? []
}

/** A condition without a test limits nothing: all tests must match. (IAM User Guide, "Conditions with multiple context keys or values".) */
function testsOf(condition: Allowance['Condition']): readonly Test[] {
  return Object.entries(condition).flatMap(([operator, tests]) =>
    Object.entries(tests).map(([key, values]) => ({ operator, key, values })),
  )
}

/**
 * Whether a test of a condition limits what people may do: the resource or the request must have a certain value, such as a tag or a region.
 * A test of the person, the session or the network limits only who, when and from where. A test that also matches without the key, or
 * excludes some values, limits nothing. (IAM User Guide, "AWS global condition context keys"; "IAM JSON policy elements: Condition operators".)
 */
function isLimit({ operator, key, values }: Test): boolean {
  const isAboutRequest = /^(?!aws:)|^aws:(?:Resource|Request|TagKeys)/i.test(key)
  const isDemand = /^(?!ForAllValues:|Null$)(?!.*Not).*(?<!IfExists)$/i.test(operator)
  return isAboutRequest && isDemand && !values.some(isWild)
}

const isWild = (text: string): boolean => /^[*?]+$/.test(text) && text.includes('*')

/** `*`, `*:*` and `?*` all name every action. (IAM User Guide, "IAM JSON policy elements: Action".) */
const isAll = (action: string): boolean => action.split(':').length <= 2 && action.split(':').every(isWild)

/** Some actions, such as s3:ListAllMyBuckets, know no other resource. (Service Authorization Reference.) */
const isEvery = (resource: string): boolean => /^\*+$/.test(resource)

/** Also `arn:*` and `arn:aws:*`: every resource that has an ARN. */
const isAnywhere = (resource: string): boolean =>
  isWild(resource.replace(/^arn:(?:aws[-a-z]*:)?/, '').replaceAll(':', ''))

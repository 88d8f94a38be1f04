import * as z from 'zod'
import type { PermissionSetDefinition } from '../permission-sets/permission-set-file.ts'

export const oneOrMore = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat())
const fullStatement = z.object({
  Effect: z.literal('Allow'),
  Action: oneOrMore,
  Resource: oneOrMore,
  Condition: z.undefined().optional(),
})
const policy = z.object({ Statement: z.union([z.unknown().array(), z.unknown()]).transform((value) => [value].flat()) })

/**
 * Whether a permission set allows everything: by AWS's policy AdministratorAccess, or by a statement in its inline policy that allows every
 * action on every resource. Its customer managed policies are in each account and unknown here.
 */
export function allowsEverything(set: Pick<PermissionSetDefinition, 'managedPolicyArns' | 'inlinePolicy'>): boolean {
  if (set.managedPolicyArns.some((arn) => /^arn:[^:]+:iam::aws:policy\/AdministratorAccess$/.test(arn))) return true
  if (set.inlinePolicy === undefined) return false
  return statementsOf(set.inlinePolicy).some((statement) => {
    const { data } = fullStatement.safeParse(statement)
    return data?.Action.some(isAll) === true && data.Resource.includes('*')
  })
}

/** The statements of an inline policy, unchanged. */
export function statementsOf(inlinePolicy: string): readonly unknown[] {
  return policy.safeParse(JSON.parse(inlinePolicy)).data?.Statement ?? []
}

/** Source: IAM User Guide, "IAM JSON policy elements: Action": `*` and `*:*` both name every action. */
const isAll = (action: string): boolean => action === '*' || action === '*:*'

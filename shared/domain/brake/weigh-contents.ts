import { allowsEverything } from '../iam-policies/allows-everything.ts'
import { type PolicyStatement, parsePolicyStatements } from '../iam-policies/policy-statement.ts'
import {
  boundaryKey,
  isSamePolicy,
  listMissing,
  type PermissionSetPolicies,
  referenceKey,
} from '../permission-sets/permission-set-changes.ts'
import { covers, overlap } from '../text/glob.ts'

/** What another definition may do to those who have a permission set. */
export type ContentsChange = {
  /** Allowed before, and maybe not any more, in words: patterns of actions, policies, what a denial or a boundary takes. */
  readonly takesAway: readonly string[]
  /** There was a policy before, and is none any more: nobody can do anything with it. */
  readonly leavesNone: boolean
  /** It allows everything, and did not before, or not without a denial or a boundary that is gone. */
  readonly givesAdministrator: boolean
}

/**
 * What may be lost when a permission set is made to be as `after`, by what the two definitions say, and nothing else: no list
 * of AWS's actions, no content of managed policies. So it is the same wherever it is asked, and in doubt something is lost:
 *
 * | before                          | is kept                                                                           |
 * | ------------------------------- | --------------------------------------------------------------------------------- |
 * | anything                        | where the new version allows everything, unless a denial or a boundary comes      |
 * | a managed policy                | where it stays                                                                    |
 * | an action of an Allow statement | where one new statement has it, on the same resources or more, with no new condition |
 * | what no denial took             | where each new denial was there before, or is within one that was                 |
 * | what no boundary limited        | where the boundary is the same, or gone                                           |
 */
export function weighContents(before: PermissionSetPolicies, after: PermissionSetPolicies): ContentsChange {
  const [old, now] = [parsePolicyStatements(before.inlinePolicy), parsePolicyStatements(after.inlinePolicy)]
  const isUnclear = (old === undefined || now === undefined) && !isSamePolicy(before.inlinePolicy, after.inlinePolicy)
  const [was, is] = isUnclear ? [[], []] : [old ?? [], now ?? []]
  const { permissionsBoundary: boundary } = after
  const isLimited = boundary !== undefined && !isSameBoundary(before, after)
  return {
    takesAway: [
      ...(isUnclear ? ['what its inline policy says, which is not understood here'] : []),
      ...(allowsEverything(after) ? [] : [...listDetached(before, after), ...listLost(was, is)]),
      ...listDenied(was, is),
      ...(isLimited ? [`what the permissions boundary ${boundaryKey(boundary)} does not allow`] : []),
    ],
    leavesNone: hasPolicy(before) && !hasPolicy(after),
    givesAdministrator: allowsEverything(after) && (!allowsEverything(before) || isLessLimited(before, after, was, is)),
  }
}

/** Whether it may harm anybody who has it. */
export function isGrave({ takesAway, leavesNone, givesAdministrator }: ContentsChange): boolean {
  return takesAway.length > 0 || leavesNone || givesAdministrator
}

function hasPolicy({ managedPolicyArns, customerManagedPolicies, inlinePolicy }: PermissionSetPolicies): boolean {
  if (managedPolicyArns.length + customerManagedPolicies.length > 0) return true
  // One that is not understood may allow something.
  return parsePolicyStatements(inlinePolicy)?.some(({ effect }) => effect === 'Allow') ?? true
}

function isSameBoundary(a: PermissionSetPolicies, b: PermissionSetPolicies): boolean {
  const [first, second] = [a, b].map(({ permissionsBoundary: one }) => one && boundaryKey(one))
  return first === second
}

function listDetached(before: PermissionSetPolicies, after: PermissionSetPolicies): readonly string[] {
  const customer = listMissing(before.customerManagedPolicies, after.customerManagedPolicies, referenceKey)
  return [
    ...listMissing(before.managedPolicyArns, after.managedPolicyArns, (arn) => arn),
    ...customer.map((policy) => `customer managed policy ${referenceKey(policy)}`),
  ]
}

/** What the old statements allow that no new one does. */
function listLost(was: readonly PolicyStatement[], is: readonly PolicyStatement[]): readonly string[] {
  const now = is.filter(({ effect }) => effect === 'Allow')
  return was
    .filter(({ effect }) => effect === 'Allow')
    .flatMap((old) => listUncovered(old, now))
    .filter((one, index, all) => all.indexOf(one) === index)
}

/** What the new denials take that no old one did. */
function listDenied(was: readonly PolicyStatement[], is: readonly PolicyStatement[]): readonly string[] {
  const old = was.filter(({ effect }) => effect === 'Deny')
  const denials = is.filter(({ effect }) => effect === 'Deny').flatMap((one) => listUncovered(one, old))
  return [...new Set(denials)].map((actions) => `${actions}, by a denial`)
}

function isLessLimited(
  before: PermissionSetPolicies,
  after: PermissionSetPolicies,
  was: readonly PolicyStatement[],
  is: readonly PolicyStatement[],
): boolean {
  if (before.permissionsBoundary !== undefined && after.permissionsBoundary === undefined) return true
  const denying = (statements: readonly PolicyStatement[]) => statements.filter(({ effect }) => effect === 'Deny')
  return denying(was).some((old) => listUncovered(old, denying(is)).length > 0)
}

/** The actions of a statement that none of the others has under the same limits or fewer; each within one of them. */
function listUncovered(statement: PolicyStatement, others: readonly PolicyStatement[]): readonly string[] {
  const wide = others.filter(
    (other) => isWhere(other, statement) && (other.condition === statement.condition || other.condition === ''),
  )
  const { actions, isInverted } = statement
  if (isInverted) return wide.some((one) => hasAllBut(one, actions)) ? [] : [`all but ${actions.join(', ')}`]
  return actions.filter((action) => !wide.some((one) => hasAction(one, action)))
}

/** Whether a statement is about the resources of another, or more. */
function isWhere(wide: PolicyStatement, narrow: PolicyStatement): boolean {
  if (wide.resources === narrow.resources || wide.onlyOn?.includes('*')) return true
  return narrow.onlyOn?.every((one) => wide.onlyOn?.some((other) => covers(other, one))) === true
}

function hasAction({ actions, isInverted }: PolicyStatement, action: string): boolean {
  return isInverted ? !actions.some((one) => overlap(one, action)) : actions.some((one) => covers(one, action))
}

/** Whether a statement is about every action but these, or more. */
function hasAllBut({ actions, isInverted }: PolicyStatement, but: readonly string[]): boolean {
  return isInverted ? actions.every((one) => but.some((other) => covers(other, one))) : actions.includes('*')
}

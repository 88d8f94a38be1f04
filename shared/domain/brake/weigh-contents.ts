import { allowsAlmostEverything, allowsEverything } from '../iam-policies/allows-everything.ts'
import { type PolicyStatement, parsePolicyStatements } from '../iam-policies/policy-statement.ts'
import {
  boundaryKey,
  isSamePolicy,
  listMissing,
  type PermissionSetPolicies,
  referenceKey,
} from '../permission-sets/permission-set-changes.ts'
import { covers, overlap } from '../text/glob.ts'

/** The effect of a new definition on the people who have the permission set. */
export type ContentsChange = {
  /** Allowed before and maybe not now, in words: patterns of actions, policies, the effect of a denial or a boundary. */
  readonly takesAway: readonly string[]
  /** The set had a policy before and has none now: nobody can do anything with it. */
  readonly leavesNone: boolean
  /**
   * The set allows everything now, or almost everything. It did not before, or less: a denial, a boundary or another limit is gone, or
   * another boundary is in its place.
   */
  readonly givesAdministrator: boolean
}

/**
 * The possible losses when a permission set becomes `after`. It compares only the two definitions: no list of AWS's actions, no content
 * of managed policies. So the answer is the same everywhere. In doubt, it reports a loss.
 *
 * | before                          | is kept if                                                                        |
 * | ------------------------------- | --------------------------------------------------------------------------------- |
 * | anything                        | the new version allows everything, and adds no denial and no boundary             |
 * | a managed policy                | it stays                                                                          |
 * | an action of an Allow statement | one new statement has it, on the same resources or more, with no new condition    |
 * | anything outside the denials    | each new denial was there before, or is within an old one                         |
 * | anything within the boundary    | the boundary is the same, or gone                                                 |
 */
export function weighContents(before: PermissionSetPolicies, after: PermissionSetPolicies): ContentsChange {
  const [old, now] = [parsePolicyStatements(before.inlinePolicy), parsePolicyStatements(after.inlinePolicy)]
  const isUnclear = (old === undefined || now === undefined) && !isSamePolicy(before.inlinePolicy, after.inlinePolicy)
  const [was, is] = isUnclear ? [[], []] : [old ?? [], now ?? []]
  const { permissionsBoundary: boundary } = after
  const isLimited = boundary !== undefined && !isSameBoundary(before, after)
  return {
    takesAway: [
      ...(isUnclear ? ['its inline policy, a part of which ssofile cannot analyze'] : []),
      ...(allowsEverything(after) ? [] : [...listDetached(before, after), ...listLost(was, is)]),
      ...listDenied(was, is),
      ...(isLimited ? [`all permissions outside the permissions boundary ${boundaryKey(boundary)}`] : []),
    ],
    leavesNone: hasPolicy(before) && !hasPolicy(after),
    givesAdministrator:
      allowsAlmostEverything(after) && (!allowsAlmostEverything(before) || isLessLimited(before, after, was, is)),
  }
}

/** Whether the change may harm anybody who has the set. */
export function isGrave({ takesAway, leavesNone, givesAdministrator }: ContentsChange): boolean {
  return takesAway.length > 0 || leavesNone || givesAdministrator
}

function hasPolicy({ managedPolicyArns, customerManagedPolicies, inlinePolicy }: PermissionSetPolicies): boolean {
  if (managedPolicyArns.length + customerManagedPolicies.length > 0) return true
  // An unreadable policy may allow something.
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

/** The actions that the old statements allow and no new one does. */
function listLost(was: readonly PolicyStatement[], is: readonly PolicyStatement[]): readonly string[] {
  const now = is.filter(({ effect }) => effect === 'Allow')
  return was
    .filter(({ effect }) => effect === 'Allow')
    .flatMap((old) => listUncovered(old, now))
    .filter((one, index, all) => all.indexOf(one) === index)
}

/** The actions that the new denials take and no old one did. */
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
  // ssofile does not know what a boundary allows: another one may allow more, such as AdministratorAccess.
  if (before.permissionsBoundary !== undefined && !isSameBoundary(before, after)) return true
  if (allowsEverything(after) && !allowsEverything(before)) return true
  const denying = (statements: readonly PolicyStatement[]) => statements.filter(({ effect }) => effect === 'Deny')
  return denying(was).some((old) => listUncovered(old, denying(is)).length > 0)
}

/** The actions of a statement that no other statement covers under the same limits or fewer. One other must cover a whole action. */
function listUncovered(statement: PolicyStatement, others: readonly PolicyStatement[]): readonly string[] {
  const wide = others.filter(
    (other) => isWhere(other, statement) && (other.condition === statement.condition || other.condition === ''),
  )
  const { actions, isInverted } = statement
  if (isInverted) return wide.some((one) => hasAllBut(one, actions)) ? [] : [`all but ${actions.join(', ')}`]
  return actions.filter((action) => !wide.some((one) => hasAction(one, action)))
}

/** Whether a statement covers the resources of another, or more. */
function isWhere(wide: PolicyStatement, narrow: PolicyStatement): boolean {
  if (wide.resources === narrow.resources || wide.onlyOn?.includes('*')) return true
  return narrow.onlyOn?.every((one) => wide.onlyOn?.some((other) => covers(other, one))) === true
}

function hasAction({ actions, isInverted }: PolicyStatement, action: string): boolean {
  return isInverted ? !actions.some((one) => overlap(one, action)) : actions.some((one) => covers(one, action))
}

/** Whether a statement covers every action except these, or more. */
function hasAllBut({ actions, isInverted }: PolicyStatement, but: readonly string[]): boolean {
  return isInverted ? actions.every((one) => but.some((other) => covers(other, one))) : actions.includes('*')
}

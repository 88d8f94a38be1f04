import { isAdministrator } from '../iam-policies/is-administrator.ts'
import { effectOf, type PoliciesEffect, stays } from '../iam-policies/policies-effect.ts'
import type { PolicyStatement } from '../iam-policies/policy-statement.ts'
import { listUnknown, shareLeft } from '../iam-policies/share-left.ts'
import { isAllActions, listUncovered } from '../iam-policies/statement-cover.ts'
import { boundaryKey, isSamePolicy, type PermissionSetPolicies } from '../permission-sets/permission-set-changes.ts'
import { overlap } from '../text/glob.ts'

/** Less than this share of the permissions is almost nothing. */
const almostNothing = 0.1
/** More actions than this denied at once, without a condition, are as grave: AWS's quarantine policies deny 28 and more. */
const deniedMost = 20

/** The effect of a new definition on the people who have the permission set. */
export type ContentsChange = {
  /** Allowed before and maybe not now, in words: patterns of actions, policies, the effect of a denial or a boundary. */
  readonly takesAway: readonly string[]
  /** The set allowed something, and at most a tenth of it is left: nothing is allowed, or a denial takes it. */
  readonly leavesNone: boolean
  /** Perhaps at most a tenth is left: a policy with unknown content, a condition, a boundary may take the rest. Or very much is denied. */
  readonly mayLeaveNone: boolean
  /**
   * People with the set are administrators now. They were not before, or less: a denial, a boundary or another limit is gone, or another
   * boundary is in its place.
   */
  readonly givesAdministrator: boolean
}

/**
 * The possible losses when a permission set becomes `after`. It judges all statements and policies of the two definitions together. It has
 * no list of AWS's actions, and only the denials of AWS's managed policies. So the answer is the same everywhere. In doubt, it reports a
 * loss.
 *
 * | before                          | is kept if                                                                        |
 * | ------------------------------- | --------------------------------------------------------------------------------- |
 * | anything                        | the new version allows everything, and adds no denial and no boundary             |
 * | a managed policy                | it stays, or one of AWS's that allows all of it comes                             |
 * | an action of an Allow statement | the new statements have it, on the same resources or more, with no new condition  |
 * | anything outside the denials    | each new denial was there before, or is within old ones                           |
 * | anything at all                 | no policy with unknown content comes: it may deny                                 |
 * | anything within the boundary    | the boundary is the same, or gone                                                 |
 */
export function weighContents(before: PermissionSetPolicies, after: PermissionSetPolicies): ContentsChange {
  const isSame = isSamePolicy(before.inlinePolicy, after.inlinePolicy)
  const [was, is] = [effectOf(before), effectOf(after)].map((one) => ({ ...one, isUnclear: one.isUnclear && !isSame }))
  if (was === undefined || is === undefined) throw new Error('received two definitions, expected two effects')
  const isUnclear = was.isUnclear || is.isUnclear
  const { permissionsBoundary: boundary } = after
  const isLimited = boundary !== undefined && !isSameBoundary(before, after)
  const { least, most } = shareLeft(was, is)
  const denied = listDenied(was, is)
  const inlineDenied = isUnclear ? [] : denied.inline
  const leavesNone = most < almostNothing
  return {
    takesAway: [
      ...(isUnclear ? ['its inline policy, a part of which ssofile cannot analyze'] : []),
      ...(is.allows.some(isEverything) ? [] : [...listDetached(was, is), ...(isUnclear ? [] : listLost(was, is))]),
      ...inlineDenied.map((actions) => `${actions}, by a denial`),
      ...denied.policies.map((name) => `whatever ${name} denies`),
      ...listUnknown(was, is).map((name) => `whatever ${name} denies, which ssofile cannot know`),
      ...(isLimited ? [`all permissions outside the permissions boundary ${boundaryKey(boundary)}`] : []),
    ],
    leavesNone,
    mayLeaveNone:
      !leavesNone && hasPolicy(was) && (least < almostNothing || denied.unlimited > deniedMost || isLimited),
    givesAdministrator:
      isAdministrator(after) && (!isAdministrator(before) || isLessLimited({ before, after }, { was, is })),
  }
}

/** Whether the change may harm anybody who has the set. */
export function isGrave({ takesAway, leavesNone, mayLeaveNone, givesAdministrator }: ContentsChange): boolean {
  return takesAway.length > 0 || leavesNone || mayLeaveNone || givesAdministrator
}

function hasPolicy({ allows, attached, isUnclear }: PoliciesEffect): boolean {
  return allows.length + attached.length > 0 || isUnclear
}

function isSameBoundary(a: PermissionSetPolicies, b: PermissionSetPolicies): boolean {
  const [first, second] = [a, b].map(({ permissionsBoundary: one }) => one && boundaryKey(one))
  return first === second
}

type Effects = { readonly was: PoliciesEffect; readonly is: PoliciesEffect }

const withEffect = (effect: 'Allow' | 'Deny', { inline }: PoliciesEffect) =>
  inline.filter((one) => one.effect === effect)

const isEverything = ({ isUnlimited, isInverted, actions }: PolicyStatement): boolean =>
  isUnlimited && !isInverted && actions.some(isAllActions)

function listDetached(was: PoliciesEffect, is: PoliciesEffect): readonly string[] {
  return was.attached.map(({ name }) => name).filter((name) => !stays(name, is))
}

/** The actions that the old statements allow and the new ones together do not. */
function listLost(was: PoliciesEffect, is: PoliciesEffect): readonly string[] {
  return [...new Set(withEffect('Allow', was).flatMap((old) => listUncovered(old, is.allows)))]
}

/** The actions that new denials of the inline policy take, and the new policies of AWS's that deny. A denial of what nobody had takes nothing. */
function listDenied(was: PoliciesEffect, is: PoliciesEffect) {
  const isHeld = (actions: string) =>
    actions.startsWith('all but ') ||
    was.attached.length > 0 ||
    was.isUnclear ||
    was.allows.some((one) => one.isInverted || one.actions.some((action) => overlap(action, actions)))
  const newActions = (one: PolicyStatement) => listUncovered(one, was.denies).filter(isHeld)
  const fromAws = is.attached.filter(({ name }) => !was.attached.some((one) => one.name === name))
  const policies = fromAws.filter(({ known = [] }) =>
    known.some((one) => one.effect === 'Deny' && newActions(one).length > 0),
  )
  return {
    inline: [...new Set(withEffect('Deny', is).flatMap(newActions))],
    policies: policies.map(({ name }) => name),
    unlimited: new Set(is.denies.filter(({ isUnlimited }) => isUnlimited).flatMap(newActions)).size,
  }
}

function isLessLimited(
  { before, after }: { readonly before: PermissionSetPolicies; readonly after: PermissionSetPolicies },
  { was, is }: Effects,
): boolean {
  // ssofile does not know what a boundary allows: another one may allow more, such as AdministratorAccess.
  if (before.permissionsBoundary !== undefined && !isSameBoundary(before, after)) return true
  if (is.allows.some(isEverything) && !was.allows.some(isEverything)) return true
  // Beside administrator rights, a policy with unknown content can only have denied.
  if (listUnknown(is, was).length > 0) return true
  return was.denies.some((old) => listUncovered(old, is.denies).length > 0)
}

import type { PermissionSetPolicies } from '../permission-sets/permission-set-changes.ts'
import { matchesAction, matchesGlob } from '../text/glob.ts'
import aws from './aws-managed-policy-administrators.json' with { type: 'json' }
import { managedPolicyPath } from './managed-policy-path.ts'
import { type ConditionTest, type PolicyStatement, readPolicyStatements } from './policy-statement.ts'

/**
 * Each of these actions lets people give themselves all other rights, if they may use it on everything: on their own policies and roles, on
 * those of others whom they can become, or through a service. With `iam:PassRole` a service acts with any role. Identity Center protects
 * its own roles from IAM, so people make or change another role. (IAM User Guide, "Permissions management".)
 */
const grantingActions: Readonly<Record<string, readonly string[]>> = {
  role: ['attachrolepolicy', 'putrolepolicy', 'updateassumerolepolicy', 'passrole'],
  user: ['attachuserpolicy', 'putuserpolicy', 'createaccesskey', 'createloginprofile', 'updateloginprofile'],
  group: ['attachgrouppolicy', 'putgrouppolicy', 'addusertogroup'],
  policy: ['createpolicyversion', 'setdefaultpolicyversion'],
}

/** Nobody has such a name, so only patterns that mean everything match it. */
const anyName = 'zq/ssofile-0/any'
const probes = Object.entries(grantingActions).flatMap(([type, actions]) =>
  actions.map((action) => ({ action: `iam:${action}`, resource: `arn:aws:iam::0:${type}/${anyName}` })),
)

type Policies = Pick<PermissionSetPolicies, 'inlinePolicy' | 'managedPolicyArns'>

/** Which of the actions above some statements grant, and which they deny on everything. */
export type AdministratorRights = { readonly grants: readonly string[]; readonly denies: readonly string[] }

/**
 * AWS's managed policies that grant or deny one of these actions. A small list of its own: the page needs no other knowledge of AWS's
 * policies. `infra/write-policy-effects.ts` wrote it.
 */
export const administratorsByAws: ReadonlyMap<string, AdministratorRights> = new Map(
  aws.flatMap(({ policies, ...rights }) => policies.map((path) => [path, rights])),
)

/**
 * Whether people with the permission set are administrators: all its policies together let them give themselves every right.
 *
 * | an action of the list above is                                                     | counts |
 * | ---------------------------------------------------------------------------------- | ------ |
 * | allowed on every role, user, group or policy, also of one account only             | yes    |
 * | allowed on a condition about the person, the session, the network or the time      | yes    |
 * | allowed on a condition about the resource or the request, such as a tag or service | no     |
 * | allowed on some names only                                                         | no     |
 * | denied on everything, without a condition                                          | no     |
 *
 * A customer managed policy counts for nothing: each account has its own. AWS's PowerUserAccess makes no administrators. So this list has
 * none of its rights, such as `sts:AssumeRole`: the trust of each role decides there.
 */
export function isAdministrator({ inlinePolicy, managedPolicyArns }: Policies): boolean {
  const attached = managedPolicyArns.flatMap((arn) => administratorsByAws.get(managedPolicyPath(arn) ?? '') ?? [])
  const all = [administratorRightsOf(readPolicyStatements(inlinePolicy).statements), ...attached]
  return probes.some(
    ({ action }) =>
      all.some(({ grants }) => grants.includes(action)) && !all.some(({ denies }) => denies.includes(action)),
  )
}

export function administratorRightsOf(statements: readonly PolicyStatement[]): AdministratorRights {
  const allows = statements.filter(({ effect, tests }) => effect === 'Allow' && !tests.some(isLimit))
  const denies = statements.filter(({ effect, isUnlimited }) => effect === 'Deny' && isUnlimited)
  const actions = (isMeant: (probe: (typeof probes)[number]) => boolean) =>
    probes.filter(isMeant).map(({ action }) => action)
  return {
    grants: actions(({ action, resource }) => allows.some((one) => hasAction(one, action) && isOn(one, resource))),
    denies: actions(({ action }) => denies.some((one) => hasAction(one, action))),
  }
}

function hasAction({ actions, isInverted }: PolicyStatement, action: string): boolean {
  return actions.some((one) => matchesAction(one, action)) !== isInverted
}

function isOn({ onlyOn, butOn }: PolicyStatement, resource: string): boolean {
  if (onlyOn === undefined) return butOn.length > 0 && !butOn.some((one) => matchesGlob(one)(resource))
  return onlyOn.some((one) => matchesGlob(anywhere(one))(resource))
}

/** In any partition, Region and account: an administrator of one account is an administrator. A variable may be any text. */
function anywhere(resource: string): string {
  const parts = resource
    .replace(/^2012-10-17 (?=.*\$\{)/, '')
    .replace(/\$\{[^}]*\}/g, '*')
    .split(':')
  const isFree = (nth: number) => nth === 1 || (parts.length > 5 && (nth === 3 || nth === 4))
  return parts.map((part, nth) => (isFree(nth) ? '*' : part)).join(':')
}

/**
 * Whether a test of a condition limits what people may do: the resource or the request must have a certain value, such as a tag. A test of
 * the person, the session or the network limits only who, when and from where; the organization or the account of a resource, only where. A
 * test that also matches without the key, or excludes some values, limits nothing. (IAM User Guide, "AWS global condition context keys";
 * "IAM JSON policy elements: Condition operators".)
 */
export function isLimit({ operator, key, values }: ConditionTest): boolean {
  const isAboutRequest = /^(?!aws:)|^aws:(?:ResourceTag|RequestTag|RequestedRegion|TagKeys)/i.test(key)
  const isDemand = /^(?!ForAllValues:|Null$)(?!.*Not).*(?<!IfExists)$/i.test(operator)
  const telling = tellingValues[key.toLowerCase()] ?? []
  const isMet = values.some((one) => isWild(one) || telling.some((value) => matchesGlob(one)(value)))
  return isAboutRequest && isDemand && !isMet
}

const isWild = (text: string): boolean => /^[*?]+$/.test(text) && text.includes('*')

/** Values with which IAM's calls still do everything: IAM's own Region of each partition, a policy that allows everything, any service. */
const tellingValues: Readonly<Record<string, readonly string[]>> = {
  'aws:requestedregion': ['us-east-1', 'cn-north-1', 'us-gov-west-1', 'eusc-de-east-1'],
  'iam:policyarn': ['arn:aws:iam::aws:policy/AdministratorAccess'],
  'iam:passedtoservice': ['any-service.amazonaws.com'],
}

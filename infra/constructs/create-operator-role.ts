import { CompositePrincipal, PrincipalBase, PrincipalPolicyFragment, Role } from 'aws-cdk-lib/aws-iam'
import { Stack } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { Partition } from '../../shared/domain/deployment/environment.ts'
import { acknowledge } from '../acknowledge.ts'
import { checkTrustPolicy } from '../check-trust-policy.ts'
import { operatorPolicy, type PolicyContext, wildcardReasons } from '../function-policy.ts'

/**
 * The role for `import`, `release` and `restore`: it may write inputs and records, which the bucket's policy denies operators themselves,
 * and only reads Identity Center. CloudTrail logs each AssumeRole with the person.
 * Without operators there is no role. Throws Refusal if IAM does not take so many operators.
 */
export function createOperatorRole(scope: Construct, props: Omit<PolicyContext, 'logGroupArn'>): void {
  const { environment, names } = props
  const trusted = trustedPrincipals(environment.access.operators, names.partition)
  if (trusted.length === 0) return
  const calls = operatorPolicy(props)
  const role = new Role(scope, 'Role-operator', {
    roleName: names.operatorRole,
    description: 'For operators of ssofile: import, release and restore',
    assumedBy: new CompositePrincipal(...trusted),
    inlinePolicies: { calls },
  })
  checkTrustPolicy(names.operatorRole, Stack.of(role).resolve(role.assumeRolePolicy), 'access.operators')
  for (const [resource, reason] of wildcardReasons(calls))
    acknowledge(role, { [`AwsSolutions-IAM5[Resource::${resource}]`]: reason })
}

/**
 * Trusts the accounts of the operators, with the operators in a condition: IAM would refuse the policy if it named a role that does not
 * exist. All accounts share one condition, because the room is small. An IAM user needs MFA in the call. AWS does not say whether a role's session had MFA: IAM Identity Center or the issuer of the
 * role demands it. (IAM User Guide, "AWS global condition context keys", aws:MultiFactorAuthPresent.)
 */
function trustedPrincipals(operators: readonly string[], partition: Partition): readonly PrincipalBase[] {
  const isUser = (arn: string) => arn.split(':')[5]?.startsWith('user/') === true
  const kinds = [
    { arns: operators.filter((arn) => !isUser(arn)), conditions: {} },
    { arns: operators.filter(isUser), conditions: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } },
  ]
  return kinds.flatMap(({ arns, conditions }) => {
    if (arns.length === 0) return []
    const accounts = [...new Set(arns.map((arn) => arn.split(':')[4] ?? ''))]
    const roots = accounts.map((account) => `arn:${partition}:iam::${account}:root`)
    return [new Principals(roots, { ArnLike: { 'aws:PrincipalArn': arns }, ...conditions })]
  })
}

/** One statement for all. A CompositePrincipal of the CDK makes one for each principal, with all conditions. */
class Principals extends PrincipalBase {
  readonly policyFragment: PrincipalPolicyFragment

  constructor(arns: string[], conditions: object) {
    super()
    this.policyFragment = new PrincipalPolicyFragment({ AWS: arns }, { ...conditions })
  }

  /** Nothing is like it, so it stays in a statement of its own. */
  dedupeString(): undefined {
    return undefined
  }
}

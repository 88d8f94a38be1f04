import { AccountPrincipal, CompositePrincipal, type PrincipalBase, Role } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import { acknowledge } from '../acknowledge.ts'
import { operatorPolicy, type PolicyContext, wildcardReasons } from '../function-policy.ts'

/**
 * The role for `import`, `release` and `restore`: it may write inputs and records, which the bucket's policy denies operators themselves,
 * and only reads Identity Center. CloudTrail logs each AssumeRole with the person.
 * Without operators there is no role.
 */
export function createOperatorRole(scope: Construct, props: Omit<PolicyContext, 'logGroupArn'>): void {
  const { environment, names } = props
  const trusted = trustedPrincipals(environment.access.operators)
  if (trusted.length === 0) return
  const calls = operatorPolicy(props)
  const role = new Role(scope, 'Role-operator', {
    roleName: names.operatorRole,
    description: 'For operators of ssofile: import, release and restore',
    assumedBy: new CompositePrincipal(...trusted),
    inlinePolicies: { calls },
  })
  for (const [resource, reason] of wildcardReasons(calls))
    acknowledge(role, { [`AwsSolutions-IAM5[Resource::${resource}]`]: reason })
}

/**
 * Trusts the accounts of the operators, with the operators in a condition: IAM would refuse the policy if it named a role that does not
 * exist. An IAM user needs MFA in the call. AWS does not say whether a role's session had MFA: IAM Identity Center or the issuer of the
 * role demands it. (IAM User Guide, "AWS global condition context keys", aws:MultiFactorAuthPresent.)
 */
function trustedPrincipals(operators: readonly string[]): readonly PrincipalBase[] {
  const isUser = (arn: string) => arn.split(':')[5]?.startsWith('user/') === true
  const kinds = [
    { arns: operators.filter((arn) => !isUser(arn)), conditions: {} },
    { arns: operators.filter(isUser), conditions: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } },
  ]
  return kinds.flatMap(({ arns, conditions }) => {
    const accounts = [...new Set(arns.map((arn) => arn.split(':')[4] ?? ''))]
    return accounts.map((account) =>
      new AccountPrincipal(account).withConditions({ ArnLike: { 'aws:PrincipalArn': arns }, ...conditions }),
    )
  })
}

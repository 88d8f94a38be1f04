import { checkTrustPolicy } from './check-trust-policy.ts'

/** The CloudFormation template of one role that a StackSet creates in each account. */
export type RoleTemplate = {
  readonly AWSTemplateFormatVersion: '2010-09-09'
  readonly Description: string
  readonly Resources: Readonly<Record<string, { readonly Type: 'AWS::IAM::Role'; readonly Properties: object }>>
}

type AccountRole = {
  /** The role's name with its path, as in the configuration. */
  readonly role: string
  readonly description: string
  /** Roles that may assume it, by ARN; a `*` stands for any text. */
  readonly assumedBy: readonly string[]
  readonly policy: string
  readonly statements: readonly object[]
}

/**
 * The principals are accounts: IAM would refuse the whole policy if it named a role that does not exist yet. Throws Refusal if IAM does not
 * take so many principals.
 */
export function accountRoleTemplate({ role, description, assumedBy, policy, statements }: AccountRole): RoleTemplate {
  const place = role.lastIndexOf('/') + 1
  const Principal = { AWS: [...new Set(assumedBy.map((arn) => arn.split(':')[4]))] }
  const Condition = { ArnLike: { 'aws:PrincipalArn': assumedBy } }
  const Version = '2012-10-17'
  const AssumeRolePolicyDocument = {
    Version,
    Statement: [{ Effect: 'Allow', Principal, Action: 'sts:AssumeRole', Condition }],
  }
  checkTrustPolicy(role, AssumeRolePolicyDocument, 'access.operators and access.auditors')
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: description,
    Resources: {
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          RoleName: role.slice(place),
          Path: `/${role.slice(0, place)}`,
          AssumeRolePolicyDocument,
          Policies: [{ PolicyName: policy, PolicyDocument: { Version, Statement: statements } }],
        },
      },
    },
  }
}

import { userPath } from '../shared/domain/break-glass/break-glass-names.ts'
import type { Environment } from '../shared/domain/deployment/environment.ts'
import type { DeploymentNames } from './deployment-names.ts'

/** What a template of CloudFormation has for one role. */
export type RoleTemplate = {
  readonly AWSTemplateFormatVersion: '2010-09-09'
  readonly Description: string
  readonly Resources: Readonly<Record<string, { readonly Type: 'AWS::IAM::Role'; readonly Properties: object }>>
}

/** Every operation of the adapter: users are looked at, keys and passwords and empty users go. */
export const hygieneActions = {
  reads: ['GetAccessKeyLastUsed', 'GetLoginProfile', 'GetUser', 'ListAccessKeys'],
  writes: ['DeleteAccessKey', 'DeleteLoginProfile', 'DeleteUser', 'UpdateAccessKey'],
} as const

/**
 * The role that retires credentials in each account, as one template for a StackSet of its own: nothing of it is deployed with
 * ssofile. Only the function `retire` assumes it; users of break-glass it may not touch, whatever a file says.
 * `undefined`: no such role is configured.
 */
export function hygieneRoleTemplate(environment: Environment, names: DeploymentNames): RoleTemplate | undefined {
  const { hygieneRole, name } = environment
  if (hygieneRole === '') return undefined
  const place = hygieneRole.lastIndexOf('/') + 1
  const actions = (of: readonly string[]) => of.map((action) => `iam:${action}`)
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: `${name}: makes access keys inactive, and deletes keys, passwords and empty users that account owners retire`,
    Resources: {
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          RoleName: hygieneRole.slice(place),
          Path: `/${hygieneRole.slice(0, place)}`,
          AssumeRolePolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Allow',
                Principal: { AWS: environment.account },
                Action: 'sts:AssumeRole',
                Condition: onlyBy(names),
              },
            ],
          },
          Policies: [
            {
              PolicyName: 'retire',
              PolicyDocument: {
                Version: '2012-10-17',
                Statement: [
                  { Sid: 'Look', Effect: 'Allow', Action: actions(hygieneActions.reads), Resource: '*' },
                  {
                    Sid: 'Retire',
                    Effect: 'Allow',
                    Action: actions(hygieneActions.writes),
                    Resource: { 'Fn::Sub': arnOfUsers('*') },
                  },
                  {
                    Sid: 'NeverBreakGlass',
                    Effect: 'Deny',
                    Action: actions(hygieneActions.writes),
                    Resource: { 'Fn::Sub': arnOfUsers(`${userPath.slice(1)}*`) },
                  },
                ],
              },
            },
          ],
        },
      },
    },
  }
}

/** The account is the principal: a role that does not exist yet would make IAM refuse the whole policy. */
function onlyBy(names: DeploymentNames) {
  return { ArnEquals: { 'aws:PrincipalArn': names.roleArn('retire') } }
}

/** CloudFormation puts the values in. (CloudFormation User Guide, "Fn::Sub".) */
const arnOfUsers = (which: string) => `arn:\${AWS::Partition}:iam::\${AWS::AccountId}:user/${which}`

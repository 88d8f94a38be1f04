import { userPath } from '../shared/domain/account-facts/break-glass-names.ts'
import type { Environment } from '../shared/domain/deployment/environment.ts'
import { accountRoleTemplate, type RoleTemplate } from './account-role.ts'
import type { DeploymentNames } from './deployment-names.ts'

/** Every operation of the adapter: it reads users, and removes keys, passwords and empty users. */
export const hygieneActions = {
  reads: ['GetAccessKeyLastUsed', 'GetLoginProfile', 'GetUser', 'ListAccessKeys'],
  writes: ['DeleteAccessKey', 'DeleteLoginProfile', 'DeleteUser', 'UpdateAccessKey'],
} as const

/**
 * The role that retires credentials in each account, as one template for a StackSet of its own: it is not part of ssofile's deployment.
 * Only the function `retire` assumes it. It may not touch users of break-glass, whatever a file says.
 * `undefined`: no such role is configured.
 */
export function hygieneRoleTemplate(environment: Environment, names: DeploymentNames): RoleTemplate | undefined {
  const { hygieneRole, name } = environment
  if (hygieneRole === '') return undefined
  const actions = (of: readonly string[]) => of.map((action) => `iam:${action}`)
  const writes = (Sid: string, Effect: 'Allow' | 'Deny', users: string) => ({
    Sid,
    Effect,
    Action: actions(hygieneActions.writes),
    Resource: { 'Fn::Sub': arnOfUsers(users) },
  })
  return accountRoleTemplate({
    role: hygieneRole,
    description: `${name}: makes access keys inactive, and deletes keys, passwords and empty users that account owners retire`,
    assumedBy: [names.roleArn('retire')],
    policy: 'retire',
    statements: [
      { Sid: 'Look', Effect: 'Allow', Action: actions(hygieneActions.reads), Resource: '*' },
      writes('Retire', 'Allow', '*'),
      writes('NeverBreakGlass', 'Deny', `${userPath.slice(1)}*`),
    ],
  })
}

/** CloudFormation inserts the values. (CloudFormation User Guide, "Fn::Sub".) */
const arnOfUsers = (which: string) => `arn:\${AWS::Partition}:iam::\${AWS::AccountId}:user/${which}`

import type { Environment } from '../shared/domain/deployment/environment.ts'
import { accountRoleTemplate, type RoleTemplate } from './account-role.ts'
import type { DeploymentNames } from './deployment-names.ts'
import { permissionsOf } from './function-permissions.ts'

/** Every operation of the adapters. All of them only read, except the one that makes IAM create its credential report. */
export const auditorActions = [
  'access-analyzer:ListAnalyzers',
  'access-analyzer:ListFindings',
  'iam:GenerateCredentialReport',
  'iam:GenerateServiceLastAccessedDetails',
  'iam:GetAccessKeyLastUsed',
  'iam:GetAccountAuthorizationDetails',
  'iam:GetAccountPasswordPolicy',
  'iam:GetAccountSummary',
  'iam:GetCredentialReport',
  'iam:GetPolicy',
  'iam:GetPolicyVersion',
  'iam:GetRole',
  'iam:GetServiceLastAccessedDetails',
  'iam:ListAccessKeys',
  'iam:ListOrganizationsFeatures',
  'iam:ListRoles',
] as const

/** The further reads of the break-glass checks. */
export const breakGlassActions = {
  everywhere: ['events:ListRuleNamesByTarget', 'events:ListRules'],
  inSecurityAccount: [
    'cloudtrail:LookupEvents',
    'events:DescribeEventBus',
    'iam:ListMFADevices',
    'sns:GetSubscriptionAttributes',
    'sns:GetTopicAttributes',
    'sns:ListSubscriptionsByTopic',
  ],
} as const

/**
 * The role by which ssofile, operators and auditors read in each account, as one template for a StackSet of its own: it is not part of
 * ssofile's deployment. `definitions`: of break-glass. `undefined`: no such role is configured.
 */
export function auditorRoleTemplate(
  { auditorRole: role, name, access }: Environment,
  names: DeploymentNames,
  definitions: readonly { readonly securityAccount: string; readonly auditorRole: string }[],
): RoleTemplate | undefined {
  if (role === '') return undefined
  const allow = (Sid: string, Action: readonly string[]) => ({ Sid, Effect: 'Allow', Action, Resource: '*' })
  const securityAccounts = definitions.filter((one) => one.auditorRole === role).map((one) => one.securityAccount)
  const inSecurityAccount = {
    ...allow('BreakGlassUsers', breakGlassActions.inSecurityAccount),
    Condition: { StringEquals: { 'aws:PrincipalAccount': securityAccounts } },
  }
  return accountRoleTemplate({
    role,
    description: `${name}: reads who used which access, credentials, and what policies say`,
    assumedBy: [
      ...names.functions.filter((one) => permissionsOf(one).auditorRole !== undefined).map((one) => names.roleArn(one)),
      ...names.operatorRoleArns,
      ...access.auditors,
    ],
    policy: 'read',
    statements: [
      allow('Read', auditorActions),
      ...(securityAccounts.length === 0
        ? []
        : [allow('BreakGlassRules', breakGlassActions.everywhere), inSecurityAccount]),
    ],
  })
}

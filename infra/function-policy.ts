import { Effect, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import * as z from 'zod'
import { asksPath, principalsOf } from '../shared/domain/deployment/api-access.ts'
import type { Environment } from '../shared/domain/deployment/environment.ts'
import { isManagementDeployment } from '../shared/domain/deployment/environment.ts'
import { permissionSetRolePath } from '../shared/domain/permission-sets/permission-set-role.ts'
import { type FunctionName, functionSettings } from '../shared/ports/deployment-settings.ts'
import { deadLetterQueues } from '../shared/ports/queues.ts'
import { joinRights, placesOfRights, type Rights } from '../shared/ports/rights.ts'
import type { DeploymentNames } from './deployment-names.ts'
import {
  accountAccessActions,
  directoryActionsOf,
  identityCenterActionsOf,
  organizationsActions,
  permissionsIn,
  permissionsOf,
  policyCheckActions,
  type RoleName,
} from './function-permissions.ts'
import { identityCenterKeyStatements } from './identity-center-key.ts'
import { denyUses } from './people-policies.ts'

export type PolicyContext = {
  readonly environment: Environment
  readonly names: DeploymentNames
  /** The keys of bucket and queues. */
  readonly keyArns: readonly string[]
  /** The ARN ends in `:*`, for the group's streams. */
  readonly logGroupArn: string
}

type Services = Omit<PolicyContext, 'logGroupArn'>

export function functionPolicy(name: FunctionName, context: PolicyContext): PolicyDocument {
  return new PolicyDocument({
    statements: [
      ...allow('Logs', ['logs:CreateLogStream', 'logs:PutLogEvents'], [context.logGroupArn]),
      ...serviceStatements(name, context),
      ...queueStatements(name, context),
      ...outcomeStatements(name, context),
      ...pageSecretStatements(name, context),
    ],
  })
}

export function operatorPolicy(context: Services): PolicyDocument {
  const uses = PolicyStatement.fromJson(denyUses(context.names))
  // After `restore`, in the same session.
  const redrive = allow('Redrive', ['lambda:InvokeFunction'], [context.names.functionArn('redrive')])
  return new PolicyDocument({ statements: [...serviceStatements('operator', context), ...redrive, uses] })
}

function serviceStatements(role: RoleName, context: Services): PolicyStatement[] {
  const permissions = permissionsIn(context.environment, role)
  const checks = actionsOf('access-analyzer', policyCheckActions)
  return [
    ...allow('Keys', ['kms:Decrypt', 'kms:GenerateDataKey'], context.keyArns),
    ...bucketStatements(permissions, context),
    ...organizationStatements(permissions, context),
    ...directoryStatements(permissions, context),
    ...identityCenterStatements(permissions, context),
    ...keyStatements(permissions, context),
    ...accountAccessStatements(permissions, context),
    ...ownRoleStatements(permissions, context),
    ...accountRoleStatements(permissions, context),
    ...allow('PolicyChecks', checks, permissions.policyChecks === undefined ? [] : ['*']),
  ]
}

/** Why a statement covers more than one resource by `*`. */
const whyWildcards: Readonly<Record<string, string>> = {
  Read: 'the objects under a prefix; which there are is what people upload',
  Write: 'the objects under a prefix; there is one for each input, assignment and instant',
  Put: 'the objects under a prefix; there is one for each assignment and instant',
  Remove: 'the objects under a prefix; a review may revoke any of them',
  Versions: 'any object may have been lost',
  Organization: 'these actions know no resource (Service Authorization Reference, "AWS Organizations")',
  Accounts: 'any account of the organization may be meant by a link',
  OrganizationalUnits: 'any organizational unit may be meant by a link',
  Directory: 'any group and user may be meant by a link; an account has one identity store',
  PolicyChecks: 'these actions know no resource (Service Authorization Reference, "AWS IAM Access Analyzer")',
  Instances: 'this action knows no resource (Service Authorization Reference, "AWS IAM Identity Center")',
  IdentityCenter: 'any account and any permission set of this instance may be meant by a link',
  Applications: 'this action knows no resource (Service Authorization Reference, "Account access manager")',
  Entitlements: 'account access manager names its instance, in the management account or where it was delegated to',
  AuditorRole: 'this one role in each account of the organization, by a condition',
  HygieneRole: 'this one role in each account of the organization, by a condition',
  OwnRoles: 'Identity Center names the roles that it makes for permission sets; others as the environment ends them',
  RolesOfManagementAccount: 'Identity Center names the roles that it makes for permission sets',
  ListsOfManagementAccount:
    'these actions list all of an account (Service Authorization Reference, "AWS Identity and Access Management")',
  ProviderOfManagementAccount: 'Identity Center names its provider',
}

/** Each resource with a `*`, and the reason. */
export function wildcardReasons(policy: PolicyDocument): ReadonlyMap<string, string> {
  const { Statement } = documentSchema.parse(policy.toJSON())
  return new Map(
    Statement.flatMap(({ Sid, Resource }) =>
      [Resource]
        .flat()
        .filter((resource) => typeof resource === 'string' && resource.includes('*'))
        .map((resource) => [String(resource), whyWildcards[Sid] ?? ''] as const),
    ),
  )
}
const documentSchema = z.object({ Statement: z.array(z.object({ Sid: z.string(), Resource: z.unknown() })) })

function bucketStatements(permissions: Rights, { names }: Services): PolicyStatement[] {
  const { write = [], put = [], remove = [], versions } = permissions
  const objects = (prefix: string) => `${names.bucketArn}/${prefix}${prefix === '' || prefix.endsWith('/') ? '*' : ''}`
  const { read = [] } = joinRights({ read: ['control/owner.json', ...placesOfRights(permissions)] })
  return [
    ...allow('ListBucket', ['s3:ListBucket'], [names.bucketArn]),
    ...allow('Read', ['s3:GetObject'], read.map(objects)),
    ...allow('Write', ['s3:PutObject', 's3:DeleteObject'], write.map(objects)),
    ...allow('Put', ['s3:PutObject'], put.map(objects)),
    ...allow('Remove', ['s3:DeleteObject'], remove.map(objects)),
    ...allow('ListVersions', ['s3:ListBucketVersions'], versions === undefined ? [] : [names.bucketArn]),
    ...allow('Versions', ['s3:GetObjectVersion'], versions === 'read' ? read.map(objects) : []),
  ]
}

const receiving = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility']

function queueStatements(name: FunctionName, { names }: PolicyContext): PolicyStatement[] {
  const { send = [], receive = [], deadLetters } = permissionsOf(name)
  const dead = deadLetters === undefined ? [] : deadLetterQueues.map((queue) => names.queueArn(queue))
  const own = (functionSettings[name].queues ?? []).map((queue) => names.queueArn(queue.name))
  const arn = (queue: (typeof send)[number]) => names.queueArn(queue)
  return [
    // Lambda's own calls for the event source mapping. (Lambda Developer Guide, "Execution role permissions".)
    ...allow('OwnQueue', ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], own),
    ...allow('Send', ['sqs:SendMessage'], send.map(arn)),
    ...allow('Receive', receiving, [...receive.map(arn), ...dead]),
  ]
}

/** A message that a receiver did not accept is postponed. The ARN of a secret ends in a suffix of six characters. */
function outcomeStatements(name: FunctionName, { environment, names }: PolicyContext): PolicyStatement[] {
  const { outcomes } = permissionsOf(name)
  if (outcomes === 'publish') return allow('Publish', ['events:PutEvents'], [names.outcomesBusArn])
  if (outcomes === undefined) return []
  const secrets = environment.notifications.receivers.flatMap(({ webhook }) => webhook?.secretArn ?? [])
  return [
    ...allow('PutOff', ['sqs:ChangeMessageVisibility'], [names.queueArn('digests')]),
    ...allow('Mail', ['sns:Publish'], [names.notificationsTopicArn]),
    ...allow('Webhooks', ['secretsmanager:GetSecretValue'], [...new Set(secrets)]),
  ]
}

function pageSecretStatements(name: FunctionName, { environment: { page } }: PolicyContext): PolicyStatement[] {
  if (permissionsOf(name).pageSecret === undefined || page === undefined) return []
  return allow('PageSecret', ['secretsmanager:GetSecretValue'], [page.signIn.clientSecretArn])
}

/** Service Authorization Reference, "AWS Organizations". */
function organizationStatements({ organizations }: Rights, { environment, names }: Services): PolicyStatement[] {
  if (organizations === undefined) return []
  const { everywhere, accounts, organizationalUnits } = organizationsActions
  const owned = `arn:${names.partition}:organizations::${environment.managementAccount}`
  return [
    ...allow('Organization', actionsOf('organizations', everywhere), ['*']),
    ...allow('Accounts', actionsOf('organizations', accounts), [`${owned}:account/o-*/*`]),
    ...allow('OrganizationalUnits', actionsOf('organizations', organizationalUnits), [`${owned}:ou/o-*/*`]),
    ...allow('TagReader', ['sts:AssumeRole'], organizations === 'tags' ? [names.tagReaderArn] : []),
  ]
}

/** Service Authorization Reference, "AWS Identity Store". */
function directoryStatements(permissions: Rights, { environment, names }: Services): PolicyStatement[] {
  const actions = directoryActionsOf(permissions)
  if (actions.length === 0) return []
  const memberships = permissions.directory === 'read' ? [] : ['membership']
  const arn = `arn:${names.partition}:identitystore`
  return allow('Directory', actionsOf('identitystore', actions), [
    `${arn}::${environment.managementAccount}:identitystore/d-*`,
    ...['group', 'user', ...memberships].map((kind) => `${arn}:::${kind}/*`),
  ])
}

/** Service Authorization Reference, "AWS IAM Identity Center". */
function identityCenterStatements({ identityCenter }: Rights, { environment, names }: Services): PolicyStatement[] {
  if (identityCenter === undefined) return []
  const instances = allow('Instances', ['sso:ListInstances'], ['*'])
  if (identityCenter === 'instance') return instances
  const { instanceArn } = environment
  const permissionSets = `arn:${names.partition}:sso:::permissionSet/${instanceArn.split('/')[1]}/*`
  const applications = `arn:${names.partition}:sso::*:application/${instanceArn.split('/')[1]}/*`
  const isChange = identityCenter === 'change'
  const calls = allow(
    'IdentityCenter',
    actionsOf('sso', identityCenterActionsOf({ identityCenter })),
    identityCenter === 'applications'
      ? [instanceArn, applications]
      : [instanceArn, permissionSets, `arn:${names.partition}:sso:::account/*`],
  )
  const reachesItself = isChange && isManagementDeployment(environment) && environment.includeManagementAccount
  return [...instances, ...calls, ...(reachesItself ? managementAccountStatements(environment, names) : [])]
}

function keyStatements({ identityCenter, directory }: Rights, { environment, names }: Services): PolicyStatement[] {
  const asks = { identityCenter: identityCenter !== undefined, directory: directory !== undefined }
  return identityCenterKeyStatements(environment, names, asks).map((one) => PolicyStatement.fromJson(one))
}

/** Service Authorization Reference, "Account access manager". GovCloud and China lack the service. */
function accountAccessStatements(
  { accountAccess }: Rights,
  { environment: { region, account, managementAccount }, names }: Services,
): PolicyStatement[] {
  if (accountAccess === undefined || names.partition !== 'aws') return []
  const { everywhere, applications } = accountAccessActions
  const owners = [...new Set([managementAccount, account])]
  const owned = owners.map((owner) => `arn:${names.partition}:account-access:${region}:${owner}:application/*`)
  return [
    ...allow('Applications', actionsOf('account-access', everywhere), ['*']),
    ...allow('Entitlements', actionsOf('account-access', applications), owned),
  ]
}

/**
 * The function may assume roles with this one name, in this organization only. (IAM User Guide, "AWS global condition context keys":
 * aws:ResourceOrgID.)
 */
function accountRoleStatements(
  { auditorRole, hygieneRole }: Rights,
  { environment, names }: Services,
): PolicyStatement[] {
  const assume = (sid: string, role: string) =>
    new PolicyStatement({
      sid,
      effect: Effect.ALLOW,
      actions: ['sts:AssumeRole'],
      resources: [`arn:${names.partition}:iam::*:role/${role}`],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: IAM puts the value in (IAM User Guide, "Policy variables")
      conditions: { StringEquals: { 'aws:ResourceOrgID': '${aws:PrincipalOrgID}' } },
    })
  return [
    ...(auditorRole === undefined || environment.auditorRole === ''
      ? []
      : [assume('AuditorRole', environment.auditorRole)]),
    ...(hygieneRole === undefined || environment.hygieneRole === ''
      ? []
      : [assume('HygieneRole', environment.hygieneRole)]),
  ]
}

function ownRoleStatements({ ownRoles }: Rights, { environment, names }: Services): PolicyStatement[] {
  if (ownRoles === undefined) return []
  // The API also compares the path of other roles, if the environment ends a name with a star.
  const own = `arn:${names.partition}:iam::${environment.account}:role/`
  const others = principalsOf(environment.access).filter(
    (one) => one.startsWith(own) && asksPath(one) && !one.includes(permissionSetRolePath),
  )
  return allow('OwnRoles', ['iam:GetRole'], [permissionSetRolesOf(environment, names), ...new Set(others)])
}

function permissionSetRolesOf({ account }: Environment, { partition }: DeploymentNames): string {
  return `arn:${partition}:iam::${account}:role${permissionSetRolePath}*`
}

/**
 * Identity Center creates the roles of the management account with the rights of its caller: its own role may not. (IAM Identity Center
 * User Guide, "Identity-based policy examples", example 2; AWSSSOServiceRolePolicy leaves out this account.)
 */
function managementAccountStatements(environment: Environment, names: DeploymentNames): PolicyStatement[] {
  return [
    ...allow(
      'RolesOfManagementAccount',
      [
        'iam:AttachRolePolicy',
        'iam:CreateRole',
        'iam:DeleteRole',
        'iam:DeleteRolePermissionsBoundary',
        'iam:DeleteRolePolicy',
        'iam:DetachRolePolicy',
        'iam:GetRole',
        // Identity Center reads the inline policy that it puts and deletes. AWS's example lacks it; AWSSSOServiceRolePolicy has it.
        'iam:GetRolePolicy',
        'iam:ListAttachedRolePolicies',
        'iam:ListRolePolicies',
        'iam:PutRolePermissionsBoundary',
        'iam:PutRolePolicy',
        'iam:UpdateAssumeRolePolicy',
        'iam:UpdateRole',
        'iam:UpdateRoleDescription',
      ],
      [permissionSetRolesOf(environment, names)],
    ),
    ...allow('ListsOfManagementAccount', ['iam:ListPolicies', 'iam:ListRoles'], ['*']),
    ...allow(
      'ProviderOfManagementAccount',
      ['iam:CreateSAMLProvider', 'iam:GetSAMLProvider', 'iam:UpdateSAMLProvider'],
      [`arn:${names.partition}:iam::${environment.account}:saml-provider/AWSSSO_*`],
    ),
  ]
}

const actionsOf = (service: string, actions: readonly string[]) => actions.map((action) => `${service}:${action}`)

/** Returns no statement if there are no resources. */
function allow(sid: string, actions: readonly string[], resources: readonly string[]): PolicyStatement[] {
  if (resources.length === 0) return []
  return [new PolicyStatement({ sid, effect: Effect.ALLOW, actions: [...actions], resources: [...resources] })]
}

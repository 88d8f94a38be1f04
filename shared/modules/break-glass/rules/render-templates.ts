import {
  alarmBus,
  alarmBusArn,
  alarmTopic,
  alarmTopicArn,
  iamRegion,
  policyArn,
  roleName,
  rolePrefix,
  thingPrefix,
  userName,
  userPath,
} from '../../../domain/account-facts/break-glass-names.ts'
import type { BreakGlass, Playbook } from '../../../domain/files/break-glass-file.ts'
import {
  type PolicyDocument,
  policyDocument,
  resourceId,
  type Template,
  type TemplateResource,
} from '../../../domain/files/policy-document.ts'
import { alarmMail, roleRules, securityRules, stackSetRules, type WantedRule } from './alarm-rules.ts'
import { type RenderedRole, renderRole, renderSender } from './render-role.ts'
import { renderUserPolicy } from './render-user-policy.ts'

type Resources = Readonly<Record<string, TemplateResource>>
const tags = (more: Readonly<Record<string, string>> = {}) =>
  Object.entries({ 'break-glass': 'true', ...more }).map(([Key, Value]) => ({ Key, Value }))

/** The IAM users. Each has a first password that nobody has to know, since the user changes it at the first sign-in. */
export function renderUsers(file: BreakGlass): Template {
  const resources = file.responders.map((responder): Resources => {
    const id = resourceId(responder.name)
    const name = userName(responder.name)
    return {
      [`Password${id}`]: {
        Type: 'AWS::SecretsManager::Secret',
        Properties: {
          Name: `${thingPrefix}${responder.name}`,
          Description: `First password of ${name}; worth nothing after the first sign-in`,
          GenerateSecretString: { PasswordLength: 40, RequireEachIncludedType: true, ExcludeCharacters: '"\\\'{}$' },
          Tags: tags(),
        },
      },
      [`Policy${id}`]: {
        Type: 'AWS::IAM::ManagedPolicy',
        Properties: {
          ManagedPolicyName: name,
          Path: userPath,
          Description: `What ${name} may do; nothing else`,
          PolicyDocument: renderUserPolicy(file, responder),
        },
      },
      [`User${id}`]: {
        Type: 'AWS::IAM::User',
        Properties: {
          UserName: name,
          Path: userPath,
          LoginProfile: {
            Password: { 'Fn::Sub': `{{resolve:secretsmanager:\${Password${id}}:SecretString}}` },
            PasswordResetRequired: true,
          },
          ManagedPolicyArns: [{ Ref: `Policy${id}` }],
          Tags: tags({ email: responder.email }),
        },
      },
    }
  })
  return { Description: 'Break-glass: the users of the responders', Resources: merge(resources) }
}

/** The alarms in one Region of the security account: the topic, its subscribers and the rules. */
export function renderAlarms(file: BreakGlass, region: string): Template {
  const { securityAccount: account, alarmAddresses } = file
  const topicArn = alarmTopicArn(account, region)
  return {
    Description: 'Break-glass: every use rings, without ssofile',
    Resources: {
      Topic: {
        Type: 'AWS::SNS::Topic',
        Properties: {
          TopicName: alarmTopic,
          DisplayName: 'BREAK-GLASS',
          Subscription: alarmAddresses.map((Endpoint) => ({ Protocol: 'email', Endpoint })),
          Tags: tags(),
        },
      },
      TopicPolicy: {
        Type: 'AWS::SNS::TopicPolicy',
        Properties: { Topics: [{ Ref: 'Topic' }], PolicyDocument: renderTopicPolicy(topicArn) },
      },
      ...(region === iamRegion ? renderBus(file) : {}),
      ...renderRules(securityRules(file, region), { Id: 'mail', Arn: topicArn, InputTransformer: alarmMail }),
    },
  }
}

export function renderTopicPolicy(topicArn: string): PolicyDocument {
  const publish = { Action: ['sns:Publish'], Resource: [topicArn] }
  return policyDocument(
    // The statement has no condition, since EventBridge publishes to no topic whose policy has one. (EventBridge User Guide,
    // "Troubleshooting".)
    { Sid: 'RulesPublish', Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' }, ...publish },
    {
      Sid: 'OnlyByTls',
      Effect: 'Deny',
      Principal: { AWS: ['*'] },
      ...publish,
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    },
  )
}

/** The only statement of the policy of the bus: the senders of the organization may put events on it. */
export function renderBusStatement({ securityAccount, organizationId }: BreakGlass) {
  return {
    Sid: 'AccountsOfTheOrganization',
    Effect: 'Allow',
    Principal: '*',
    Action: 'events:PutEvents',
    Resource: alarmBusArn(securityAccount),
    Condition: {
      StringEquals: { 'aws:PrincipalOrgID': organizationId },
      ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::*:role/${rolePrefix}*-alarms` },
    },
  }
}

/** The bus to which the accounts of the organization send changes of a role. */
function renderBus(file: BreakGlass): Resources {
  const Statement = renderBusStatement(file)
  return {
    Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: alarmBus } },
    BusPolicy: {
      Type: 'AWS::Events::EventBusPolicy',
      DependsOn: ['Bus'],
      Properties: { EventBusName: alarmBus, StatementId: Statement.Sid, Statement },
    },
  }
}

/** The resources of a StackSet in each account, in one Region: the role, and the rules that send its changes to the security account. */
export function renderPlaybook(file: BreakGlass, playbook: Playbook): Template {
  const { name, description } = playbook
  return {
    Description: `Break-glass: ${description}`,
    Resources: { ...renderRoleResource(renderRole(file, playbook)), ...renderForwarding(file, name, roleRules(name)) },
  }
}

function renderRoleResource(role: RenderedRole): Resources {
  const { name, description, maxSessionSeconds, trust, inline, managedPolicies, permissionsBoundary } = role
  return {
    [resourceId(name)]: {
      Type: 'AWS::IAM::Role',
      Properties: {
        RoleName: name,
        Description: description,
        MaxSessionDuration: maxSessionSeconds,
        AssumeRolePolicyDocument: trust,
        ManagedPolicyArns: managedPolicies.map(policyInAccount),
        Policies: Object.entries(inline).map(([PolicyName, PolicyDocument]) => ({ PolicyName, PolicyDocument })),
        // IAM refuses the text None, so a role without a boundary has no such property.
        ...(permissionsBoundary === undefined ? {} : { PermissionsBoundary: policyInAccount(permissionsBoundary) }),
        Tags: tags(),
      },
    },
  }
}

/**
 * The stack of the management account: the StackSets, the resources that no StackSet creates there, and alarms for changes of the
 * StackSets.
 */
export function renderManagement(file: BreakGlass): Template {
  const stackSets = file.playbooks.flatMap((playbook): Resources[] => {
    const members = playbook.accounts.filter((account) => account !== file.managementAccount)
    const targets = [
      // New accounts in these organizational units get the role without anybody's help.
      { part: '', isAutomatic: true, units: playbook.organizationalUnits, accounts: [] },
      // A named account gets the role. Accounts that come later do not.
      { part: '-accounts', isAutomatic: false, units: [], accounts: members },
    ]
    return targets
      .filter(({ units, accounts }) => units.length + accounts.length > 0)
      .map((target) => renderStackSet(file, playbook, target))
  })
  const own = file.playbooks.filter(({ accounts }) => accounts.includes(file.managementAccount))
  return {
    Description: 'Break-glass: roles in the accounts of the organization',
    Resources: {
      ...merge(stackSets),
      ...renderForwarding(file, 'stacksets', stackSetRules(file)),
      ...merge(own.map((playbook) => renderPlaybook(file, playbook).Resources)),
    },
  }
}

type Target = {
  readonly part: string
  readonly isAutomatic: boolean
  readonly units: readonly string[]
  readonly accounts: readonly string[]
}

function renderStackSet(
  file: BreakGlass,
  playbook: Playbook,
  { part, isAutomatic, units, accounts }: Target,
): Resources {
  const template = renderPlaybook(file, playbook)
  return {
    [`StackSet${resourceId(`${playbook.name}${part}`)}`]: {
      Type: 'AWS::CloudFormation::StackSet',
      Properties: {
        StackSetName: `${roleName(playbook.name)}${part}`,
        Description: template.Description,
        PermissionModel: 'SERVICE_MANAGED',
        AutoDeployment: isAutomatic ? { Enabled: true, RetainStacksOnAccountRemoval: false } : { Enabled: false },
        Capabilities: ['CAPABILITY_NAMED_IAM'],
        ManagedExecution: { Active: true },
        OperationPreferences: { FailureTolerancePercentage: 100, MaxConcurrentPercentage: 100 },
        StackInstancesGroup: [
          {
            Regions: [iamRegion],
            DeploymentTargets: isAutomatic
              ? { OrganizationalUnitIds: units }
              : { OrganizationalUnitIds: [file.rootId], AccountFilterType: 'INTERSECTION', Accounts: accounts },
          },
        ],
        TemplateBody: JSON.stringify({ AWSTemplateFormatVersion: '2010-09-09', ...template }),
        Tags: tags(),
      },
    },
  }
}

/** The rules, and the role with which they send. */
function renderForwarding(file: BreakGlass, name: string, rules: readonly WantedRule[]): Resources {
  const sender = renderSender(file, name)
  const RoleArn = { 'Fn::GetAtt': [resourceId(sender.name), 'Arn'] }
  return {
    ...renderRoleResource(sender),
    ...renderRules(rules, { Id: 'security', Arn: alarmBusArn(file.securityAccount), RoleArn }),
  }
}

function renderRules(rules: readonly WantedRule[], target: object): Resources {
  return Object.fromEntries(
    rules.map(({ name, pattern: EventPattern, state: State, bus }) => [
      `Rule${resourceId(name)}`,
      {
        Type: 'AWS::Events::Rule',
        ...(bus === undefined ? {} : { DependsOn: ['Bus'] }),
        Properties: { Name: name, EventBusName: bus, EventPattern, State, Targets: [target] },
      },
    ]),
  )
}

/** The ARN of a policy, in a template that is the same in every account. */
function policyInAccount(policy: string): string | { readonly 'Fn::Sub': string } {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation puts the account in
  return policy.startsWith('arn:') ? policy : { 'Fn::Sub': policyArn('${AWS::AccountId}', policy) }
}

function merge(resources: readonly Resources[]): Resources {
  return Object.assign({}, ...resources)
}

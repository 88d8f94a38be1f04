import type { BreakGlass, Playbook } from './break-glass-file.ts'
import {
  alarmBus,
  alarmBusArn,
  alarmTopic,
  roleName,
  rolePrefix,
  senderName,
  thingPrefix,
  userArn,
  userNameSuffix,
  userPath,
} from './break-glass-names.ts'
import { type PolicyDocument, policyDocument } from './policy-document.ts'
import { mfaMostSeconds } from './render-user-policy.ts'

/** A role as it has to be in an account, in the words of IAM. */
export type RenderedRole = {
  readonly name: string
  readonly description: string
  readonly maxSessionSeconds: number
  readonly trust: PolicyDocument
  /** By name. */
  readonly inline: Readonly<Record<string, PolicyDocument>>
  readonly managedPolicies: readonly string[]
  readonly permissionsBoundary?: string | undefined
}

export const protectionPolicyName = 'break-glass-protection'

export function renderRole(file: BreakGlass, playbook: Playbook): RenderedRole {
  const { name, description, sessionHours, statements, managedPolicies, permissionsBoundary } = playbook
  return {
    name: roleName(name),
    description,
    maxSessionSeconds: sessionHours * 3600,
    trust: renderTrust(file, playbook),
    inline: {
      ...(statements.length === 0 ? {} : { playbook: policyDocument(...statements) }),
      [protectionPolicyName]: protection,
    },
    managedPolicies,
    permissionsBoundary,
  }
}

/** The role by which the rules beside a role send to the bus of the security account; `stacksets`: those of the StackSets. */
export function renderSender({ securityAccount }: BreakGlass, playbook: string): RenderedRole {
  const send = { Effect: 'Allow', Action: ['events:PutEvents'], Resource: [alarmBusArn(securityAccount)] } as const
  return {
    name: senderName(playbook),
    description: `Sends the alarms of ${roleName(playbook)}`,
    maxSessionSeconds: 3600,
    trust: policyDocument({
      Sid: 'Rules',
      Effect: 'Allow',
      Principal: { Service: 'events.amazonaws.com' },
      Action: ['sts:AssumeRole'],
    }),
    inline: { send: policyDocument({ Sid: 'Send', ...send }) },
    managedPolicies: [],
  }
}

export function rolesOfAccount(file: BreakGlass, account: string, playbooks: readonly Playbook[]): RenderedRole[] {
  return [
    ...playbooks.flatMap((playbook) => [renderRole(file, playbook), renderSender(file, playbook.name)]),
    ...(account === file.managementAccount ? [renderSender(file, 'stacksets')] : []),
  ]
}

/**
 * Users are named by their ARNs, which IAM turns into their unique ids: a user who is deleted and made again under the same
 * name is not trusted. (IAM User Guide, "AWS JSON policy elements: Principal".) Who claims another one's name is refused too.
 */
function renderTrust({ securityAccount }: BreakGlass, { responders }: Playbook): PolicyDocument {
  return policyDocument({
    Sid: 'RespondersWithFreshMfa',
    Effect: 'Allow',
    Principal: { AWS: responders.map((name) => userArn(securityAccount, name)) },
    Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'],
    Condition: {
      Bool: { 'aws:MultiFactorAuthPresent': 'true' },
      NumericLessThan: { 'aws:MultiFactorAuthAge': String(mfaMostSeconds) },
      // biome-ignore lint/suspicious/noTemplateCurlyInString: IAM puts the value in (IAM User Guide, "Policy variables")
      StringEquals: { 'sts:SourceIdentity': '${aws:username}' },
    },
  })
}

const reads = [
  'cloudformation:Describe*',
  'cloudformation:Get*',
  'cloudformation:List*',
  'events:Describe*',
  'events:List*',
  'iam:Get*',
  'iam:List*',
  'sns:Get*',
  'sns:List*',
] as const

/**
 * What is denied to every session of break-glass. It holds for the session itself: one that may make other roles (administrator)
 * can make one without it, which the service control policy `protection` keeps from these things too.
 */
export const protection: PolicyDocument = policyDocument(
  { Sid: 'KeepsBreakGlass', Effect: 'Deny', NotAction: reads, Resource: protectedThings() },
  {
    Sid: 'KeepsTheTrail',
    Effect: 'Deny',
    Action: [
      'cloudtrail:DeleteEventDataStore',
      'cloudtrail:DeleteTrail',
      'cloudtrail:DeregisterOrganizationDelegatedAdmin',
      'cloudtrail:PutEventSelectors',
      'cloudtrail:PutInsightSelectors',
      'cloudtrail:StopEventDataStoreIngestion',
      'cloudtrail:StopLogging',
      'cloudtrail:UpdateEventDataStore',
      'cloudtrail:UpdateTrail',
    ],
    Resource: ['*'],
  },
)

/** Users, devices, roles, rules, topics, stacks and StackSets of break-glass, in every account. */
function protectedThings(): readonly string[] {
  return [
    `arn:aws:iam::*:role/${rolePrefix}*`,
    `arn:aws:iam::*:user${userPath}*`,
    `arn:aws:iam::*:policy${userPath}*`,
    `arn:aws:iam::*:mfa/*${userNameSuffix}*`,
    `arn:aws:events:*:*:rule/${thingPrefix}*`,
    `arn:aws:events:*:*:rule/${alarmBus}/*`,
    `arn:aws:events:*:*:event-bus/${alarmBus}`,
    `arn:aws:sns:*:*:${alarmTopic}*`,
    `arn:aws:cloudformation:*:*:stack/${thingPrefix}*`,
    `arn:aws:cloudformation:*:*:stack/StackSet-${rolePrefix}*`,
    `arn:aws:cloudformation:*:*:stackset/${rolePrefix}*`,
    `arn:aws:cloudformation:*:*:stackset-target/${rolePrefix}*`,
  ]
}

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
} from '../../../domain/account-facts/break-glass-names.ts'
import type { BreakGlass, Playbook } from '../../../domain/files/break-glass-file.ts'
import { type PolicyDocument, policyDocument } from '../../../domain/files/policy-document.ts'
import { mfaMostSeconds } from './render-user-policy.ts'

/** A role that an account has to have, with the field names of IAM. */
export type RenderedRole = {
  readonly name: string
  readonly description: string
  readonly maxSessionSeconds: number
  readonly trust: PolicyDocument
  /** The policies by their names. */
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

/**
 * The role with which the rules in an account send to the bus of the security account. `stacksets`: the role of the rules about StackSets.
 */
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
 * The trust policy names users by their ARNs, which IAM turns into their unique ids. So the role does not trust a user who was deleted and
 * created again under the same name. (IAM User Guide, "AWS JSON policy elements: Principal".) It also refuses a user who gives another
 * user's name as source identity.
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
 * The denials for every session of break-glass. They bind the session itself. A session that may create roles (administrator) can create
 * one without them; the service control policy `protection` stops that role.
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

/** All users, devices, roles, rules, topics, stacks and StackSets of break-glass, in every account. */
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

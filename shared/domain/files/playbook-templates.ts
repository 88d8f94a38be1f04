import type { DryCallName } from '../account-facts/dry-calls.ts'
import type { PolicyStatement } from './policy-document.ts'

/** The permissions of a playbook with this name, if the file has none. */
export type PlaybookTemplate = {
  readonly description: string
  readonly managedPolicies: readonly string[]
  readonly statements: readonly PolicyStatement[]
  readonly sessionHours: number
  /** The proof in a drill: the calls in `may` go through, AWS refuses the calls in `mayNot`. */
  readonly may: readonly DryCallName[]
  readonly mayNot: readonly DryCallName[]
}

const aws = (name: string) => `arn:aws:iam::aws:policy/${name}`
/** Permissions beyond reading the trail, which every playbook may do. `actions`: separated by spaces. */
const allow = (Sid: string, actions: string): PolicyStatement => ({
  Sid,
  Effect: 'Allow',
  Action: `${readLogs} ${actions}`.split(/\s+/),
  Resource: ['*'],
})
const readLogs = 'cloudtrail:Describe* cloudtrail:Get* cloudtrail:List* cloudtrail:LookupEvents'
const neverSelf = ['widen-own-role', 'switch-off-alarms', 'stop-trail'] as const

/**
 * Each template fits one task of an incident. (Well-Architected Framework, SEC10-BP05 "Pre-provision access"; AWS Security Incident
 * Response User Guide.) AWS's ReadOnlyAccess is no template's boundary, since it would deny a forensics role its own CreateSnapshot.
 */
export const playbookTemplates = {
  'security-investigator': {
    description: 'Reads configuration, logs and findings; changes nothing.',
    managedPolicies: [aws('SecurityAudit')],
    statements: [
      allow(
        'ReadsTrailsAndFindings',
        `ec2:Describe* guardduty:Get* guardduty:List* iam:Get* iam:List* logs:Describe* logs:FilterLogEvents
        logs:GetQueryResults logs:StartQuery logs:StopQuery s3:GetBucket* s3:ListAllMyBuckets securityhub:Get*
        securityhub:List*`,
      ),
    ],
    sessionHours: 4,
    may: ['read-trail', 'list-roles', 'describe-instances'],
    mayNot: ['create-snapshot', 'stop-instance', 'delete-user', ...neverSelf],
  },
  'incident-responder': {
    description: 'Contains an incident in workloads: stops, isolates and marks resources.',
    managedPolicies: [aws('SecurityAudit')],
    statements: [
      allow(
        'Contains',
        `autoscaling:DetachInstances autoscaling:SuspendProcesses autoscaling:UpdateAutoScalingGroup
        ec2:AuthorizeSecurityGroup* ec2:CreateSecurityGroup ec2:CreateSnapshot* ec2:CreateTags ec2:Describe*
        ec2:DisassociateIamInstanceProfile ec2:ModifyInstanceAttribute ec2:ModifyNetworkInterfaceAttribute
        ec2:RevokeSecurityGroup* ec2:StopInstances iam:Get* iam:List* iam:UpdateAccessKey kms:DisableKey
        lambda:PutFunctionConcurrency s3:PutAccountPublicAccessBlock s3:PutBucketPublicAccessBlock`,
      ),
    ],
    sessionHours: 4,
    may: ['read-trail', 'list-roles', 'create-snapshot', 'stop-instance'],
    mayNot: ['delete-user', ...neverSelf],
  },
  'forensics-analyst': {
    description: 'Takes and keeps evidence: snapshots, memory, logs.',
    managedPolicies: [],
    statements: [
      allow(
        'TakesEvidence',
        `ebs:GetSnapshotBlock ebs:ListChangedBlocks ebs:ListSnapshotBlocks ec2:CopySnapshot ec2:CopyImage
        ec2:CreateImage ec2:CreateSnapshot* ec2:CreateTags ec2:Describe* ec2:GetConsole* iam:Get* iam:List* logs:Describe*
        logs:FilterLogEvents logs:CreateExportTask s3:GetBucket* s3:GetObject* s3:ListBucket* ssm:DescribeInstanceInformation
        ssm:GetCommandInvocation ssm:ListCommandInvocations ssm:SendCommand ssm:StartSession ssm:TerminateSession`,
      ),
      {
        // The role writes evidence only to buckets for evidence. Otherwise it could overwrite the data that it has to keep.
        Sid: 'WritesEvidence',
        Effect: 'Allow',
        Action: ['s3:PutObject'],
        Resource: ['arn:aws:s3:::evidence-*/*'],
      },
      {
        // A snapshot of an encrypted volume needs a KMS grant. Only EC2 and S3 get one.
        Sid: 'CopiesWhatIsEncrypted',
        Effect: 'Allow',
        Action: ['kms:CreateGrant', 'kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKey*'],
        Resource: ['*'],
        Condition: { StringLike: { 'kms:ViaService': ['ec2.*.amazonaws.com', 's3.*.amazonaws.com'] } },
      },
    ],
    sessionHours: 8,
    may: ['read-trail', 'describe-instances', 'create-snapshot'],
    mayNot: ['stop-instance', 'delete-user', ...neverSelf],
  },
  administrator: {
    description: 'Does everything that no other playbook can, in one account.',
    managedPolicies: [aws('AdministratorAccess')],
    statements: [],
    sessionHours: 1,
    may: ['read-trail', 'list-roles', 'delete-user', 'stop-instance'],
    mayNot: [...neverSelf],
  },
  'network-responder': {
    description: 'Cuts and restores connections: security groups, network ACLs, routes, firewall rules.',
    managedPolicies: [],
    statements: [
      allow(
        'ChangesConnections',
        `ec2:AuthorizeSecurityGroup* ec2:CreateNetworkAcl* ec2:CreateSecurityGroup ec2:CreateTags
        ec2:DeleteNetworkAclEntry ec2:Describe* ec2:DetachInternetGateway ec2:DisassociateAddress
        ec2:ModifyNetworkInterfaceAttribute ec2:ReplaceNetworkAcl* ec2:ReplaceRoute ec2:RevokeSecurityGroup*
        elasticloadbalancing:Describe* elasticloadbalancing:SetSecurityGroups network-firewall:Describe*
        network-firewall:List* network-firewall:UpdateRuleGroup wafv2:Get* wafv2:List* wafv2:UpdateIPSet
        wafv2:UpdateWebACL`,
      ),
    ],
    sessionHours: 4,
    may: ['read-trail', 'describe-instances'],
    mayNot: ['stop-instance', 'create-snapshot', 'delete-user', ...neverSelf],
  },
  'identity-responder': {
    description: 'Takes credentials and permissions from identities that are in wrong hands.',
    managedPolicies: [],
    statements: [
      allow(
        'TakesCredentials',
        `iam:DeactivateMFADevice iam:DeleteAccessKey iam:DeleteLoginProfile iam:GenerateCredentialReport
        iam:GenerateServiceLastAccessedDetails iam:Get* iam:List* iam:RemoveUserFromGroup iam:UpdateAccessKey`,
      ),
      {
        // PutUserPolicy and PutRolePolicy could also give permissions. So the role may only attach the policy that denies everything.
        Sid: 'DeniesEverythingTo',
        Effect: 'Allow',
        Action: ['iam:AttachRolePolicy', 'iam:AttachUserPolicy', 'iam:DetachRolePolicy', 'iam:DetachUserPolicy'],
        Resource: ['*'],
        Condition: { ArnEquals: { 'iam:PolicyARN': aws('AWSDenyAll') } },
      },
    ],
    sessionHours: 4,
    may: ['read-trail', 'list-roles'],
    mayNot: ['delete-user', 'stop-instance', 'create-snapshot', ...neverSelf],
  },
  'recovery-operator': {
    description: 'Brings workloads back from backups and snapshots.',
    managedPolicies: [],
    statements: [
      allow(
        'Restores',
        `backup:Describe* backup:Get* backup:List* backup:StartRestoreJob cloudformation:Describe*
        cloudformation:List* ec2:AttachVolume ec2:CreateTags ec2:CreateVolume ec2:Describe* ec2:DetachVolume
        ec2:StartInstances ec2:StopInstances rds:Describe* rds:RestoreDB* s3:GetObject* s3:ListBucket*
        s3:RestoreObject`,
      ),
      {
        Sid: 'LetsBackupRestore',
        Effect: 'Allow',
        Action: ['iam:PassRole'],
        Resource: ['arn:aws:iam::*:role/service-role/AWSBackupDefaultServiceRole'],
        Condition: { StringEquals: { 'iam:PassedToService': 'backup.amazonaws.com' } },
      },
    ],
    sessionHours: 8,
    may: ['read-trail', 'describe-instances', 'stop-instance'],
    mayNot: ['create-snapshot', 'delete-user', ...neverSelf],
  },
  'organization-administrator': {
    description: 'In the management account: policies of the organization, Identity Center, its identity provider.',
    managedPolicies: [],
    statements: [
      allow(
        'Governs',
        `account:* cloudformation:Describe* cloudformation:List* iam:Get* iam:List* identitystore:*
        organizations:AttachPolicy organizations:CreatePolicy organizations:DeletePolicy
        organizations:DeregisterDelegatedAdministrator organizations:Describe* organizations:DetachPolicy
        organizations:DisablePolicyType organizations:EnablePolicyType
        organizations:List* organizations:MoveAccount organizations:UpdatePolicy sso-directory:* sso:*`,
      ),
    ],
    sessionHours: 1,
    may: ['read-trail', 'read-organization', 'list-roles'],
    mayNot: ['delete-user', 'stop-instance', 'create-snapshot', ...neverSelf],
  },
} as const satisfies Readonly<Record<string, PlaybookTemplate>>

export function templateOf(name: string): PlaybookTemplate | undefined {
  const known: Readonly<Record<string, PlaybookTemplate>> = playbookTemplates
  return Object.hasOwn(known, name) ? known[name] : undefined
}

import {
  DescribeEventBusCommand,
  EventBridgeClient,
  ListRuleNamesByTargetCommand,
  ListRulesCommand,
} from '@aws-sdk/client-eventbridge'
import {
  type EntityType,
  GenerateCredentialReportCommand,
  GetAccountPasswordPolicyCommand,
  GetCredentialReportCommand,
  GetRoleCommand,
  IAMClient,
  ListAccessKeysCommand,
  ListMFADevicesCommand,
  paginateGetAccountAuthorizationDetails,
  type RoleDetail,
  type UserDetail,
} from '@aws-sdk/client-iam'
import {
  GetSubscriptionAttributesCommand,
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  SNSClient,
} from '@aws-sdk/client-sns'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import * as z from 'zod'
import { rolePrefix, thingPrefix, userNameSuffix, userPath } from '../domain/account-facts/break-glass-names.ts'
import type {
  AlarmTopic,
  DeployedRole,
  DeployedRule,
  DeployedUser,
  PasswordPolicy,
  Subscription,
  TrailRecord,
} from '../domain/account-facts/deployed-break-glass.ts'
import type { BreakGlassAccount, BreakGlassAuditor } from '../ports/break-glass.ts'
import type { Clock } from '../ports/clock.ts'
import { listAll } from '../ports/page.ts'
import { answerOf, answerOrAbsent } from './answers.ts'
import { assumeRole, type RegionSettings } from './assume-role-in-account.ts'
import { type AwsPortsOptions, clientSettings } from './aws-ports.ts'
import { callSigned } from './signed-call.ts'
import { SystemClock } from './system-clock.ts'

const trailEvent = z.object({ CloudTrailEvent: z.string() })
const trailPage = z.object({ Events: z.array(trailEvent), NextToken: z.string().optional() })
const detail = z.object({
  eventID: z.string(),
  eventTime: z.string(),
  eventName: z.string(),
  sourceIPAddress: z.string().default(''),
  awsRegion: z.string(),
  errorCode: z.string().optional(),
  userIdentity: z.object({ userName: z.string().optional(), arn: z.string().optional() }),
  requestParameters: z.looseObject({ roleArn: z.string().optional(), userName: z.string().optional() }).nullish(),
})

export function openBreakGlassAuditor(
  endpoint?: AwsPortsOptions['endpoint'],
  clock: Clock = new SystemClock(),
): BreakGlassAuditor {
  const settings = { ...clientSettings(endpoint), maxAttempts: 5 }
  const sts = new STSClient(settings)
  let own: Promise<string | undefined> | undefined
  const ownAccount = async () => (await answerOf('sts', sts.send(new GetCallerIdentityCommand({})))).Account
  return {
    async enter(account, roleName) {
      const region = await sts.config.region()
      own ??= ownAccount()
      if ((await own) === account) return openAccount({ ...settings, region }, clock)
      const RoleArn = `arn:aws:iam::${account}:role/${roleName}`
      const credentials = await assumeRole(sts, { RoleArn, RoleSessionName: 'break-glass-check' })
      return openAccount({ ...settings, region, credentials }, clock)
    },
  }
}

function openAccount(settings: RegionSettings, clock: Clock): BreakGlassAccount {
  const sts = new STSClient(settings)
  const iam = new IAMClient({ ...settings, region: 'us-east-1' })
  return {
    roles: () => readRoles(iam),
    users: () => readUsers(iam, clock),
    passwordPolicy: () => readPasswordPolicy(iam),
    rules: ({ region, ...of }) => readRules(new EventBridgeClient({ ...settings, region }), of),
    trail: (region, since) => readTrail(sts, { region, since, clock, endpoint: settings.endpoint }),
    busPolicy: (bus, region) => readBusPolicy(new EventBridgeClient({ ...settings, region }), bus),
    topic: (topicArn, region) => readTopic(new SNSClient({ ...settings, region }), topicArn),
    subscriptions: (topicArn, region) => readSubscriptions(new SNSClient({ ...settings, region }), topicArn),
  }
}

/** A topic that is not encrypted has no key. (SNS API Reference, "GetTopicAttributes".) */
async function readTopic(sns: SNSClient, TopicArn: string): Promise<AlarmTopic> {
  const { Attributes } = await answerOf('sns', sns.send(new GetTopicAttributesCommand({ TopicArn })))
  return { policy: Attributes?.Policy ?? '{}', key: Attributes?.KmsMasterKeyId || undefined }
}

async function readSubscriptions(sns: SNSClient, TopicArn: string): Promise<readonly Subscription[]> {
  const { Subscriptions = [] } = await answerOf('sns', sns.send(new ListSubscriptionsByTopicCommand({ TopicArn })))
  const read = Subscriptions.map(async ({ Endpoint: address = '', SubscriptionArn = '' }) => {
    // An unconfirmed subscription has "PendingConfirmation" in place of its ARN. (SNS API Reference, "Subscription".)
    if (!SubscriptionArn.startsWith('arn:')) return { address, isConfirmed: false }
    const call = sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn }))
    const { Attributes } = await answerOf('sns', call)
    return { address, isConfirmed: true, filter: Attributes?.FilterPolicy }
  })
  return Promise.all(read)
}

async function readBusPolicy(events: EventBridgeClient, Name: string): Promise<string | undefined> {
  const call = events.send(new DescribeEventBusCommand({ Name }))
  return (await answerOrAbsent('events', call, isAbsence))?.Policy
}

function readDetails(client: IAMClient, ...Filter: EntityType[]) {
  return answerOf('iam', Array.fromAsync(paginateGetAccountAuthorizationDetails({ client }, { Filter })))
}

async function readRoles(iam: IAMClient): Promise<readonly DeployedRole[]> {
  const read = async (role: RoleDetail): Promise<DeployedRole> => {
    const { RoleName = '' } = role
    // The details lack MaxSessionDuration. (IAM API Reference, "RoleDetail".)
    const { Role } = await answerOf('iam', iam.send(new GetRoleCommand({ RoleName })))
    const inline = (role.RolePolicyList ?? []).map(({ PolicyName = '', PolicyDocument = '' }) => [
      PolicyName,
      decodeURIComponent(PolicyDocument),
    ])
    return {
      name: RoleName,
      maxSessionSeconds: Role?.MaxSessionDuration ?? 0,
      trust: decodeURIComponent(role.AssumeRolePolicyDocument ?? ''),
      inline: Object.fromEntries(inline),
      managedPolicies: (role.AttachedManagedPolicies ?? []).flatMap(({ PolicyArn }) => PolicyArn ?? []),
      permissionsBoundary: role.PermissionsBoundary?.PermissionsBoundaryArn,
    }
  }
  const details = (await readDetails(iam, 'Role')).flatMap(({ RoleDetailList = [] }) => RoleDetailList)
  return Promise.all(details.filter(({ RoleName = '' }) => RoleName.startsWith(rolePrefix)).map(read))
}

const isAbsence = ({ code }: { readonly code: string }) => code === 'ResourceNotFoundException'

async function readRules(
  events: EventBridgeClient,
  { target, bus: EventBusName }: { readonly target: string; readonly bus?: string | undefined },
): Promise<readonly DeployedRule[]> {
  const rules = listAll(async (NextToken) => {
    const call = events.send(new ListRulesCommand({ NamePrefix: thingPrefix, EventBusName, NextToken }))
    const { Rules: items = [], NextToken: nextToken } = (await answerOrAbsent('events', call, isAbsence)) ?? {}
    return { items, nextToken }
  })
  const names = listAll(async (NextToken) => {
    const call = events.send(new ListRuleNamesByTargetCommand({ TargetArn: target, EventBusName, NextToken }))
    const { RuleNames: items = [], NextToken: nextToken } = (await answerOrAbsent('events', call, isAbsence)) ?? {}
    return { items, nextToken }
  })
  const sending = await Array.fromAsync(names)
  return (await Array.fromAsync(rules)).map(
    ({ Name: name = '', EventPattern: pattern = '{}', State: state = 'none' }) => ({
      name,
      pattern,
      state,
      sends: sending.includes(name),
    }),
  )
}

async function readUsers(iam: IAMClient, clock: Clock): Promise<readonly DeployedUser[]> {
  const pages = await readDetails(iam, 'User', 'LocalManagedPolicy')
  const documents = new Map(
    pages.flatMap(({ Policies = [] }) =>
      Policies.map(({ Arn = '', PolicyVersionList = [] }) => {
        const version = PolicyVersionList.find(({ IsDefaultVersion }) => IsDefaultVersion)
        return [Arn, decodeURIComponent(version?.Document ?? '')] as const
      }),
    ),
  )
  const found = pages
    .flatMap(({ UserDetailList = [] }) => UserDetailList)
    .filter(({ Path, UserName = '' }) => Path === userPath || UserName.endsWith(userNameSuffix))
  const passwords = found.length === 0 ? new Map<string, PasswordFacts>() : await readPasswords(iam, clock)
  const read = async ({ UserName = '', ...user }: UserDetail): Promise<DeployedUser> => {
    const devices = await answerOf('iam', iam.send(new ListMFADevicesCommand({ UserName })))
    const keys = await answerOf('iam', iam.send(new ListAccessKeysCommand({ UserName })))
    return {
      name: UserName,
      attached: (user.AttachedManagedPolicies ?? []).map(({ PolicyArn = '' }) => documents.get(PolicyArn)),
      more: [...(user.UserPolicyList ?? []).flatMap(({ PolicyName }) => PolicyName ?? []), ...(user.GroupList ?? [])],
      devices: devices.MFADevices?.length ?? 0,
      keys: keys.AccessKeyMetadata?.length ?? 0,
      permissionsBoundary: user.PermissionsBoundary?.PermissionsBoundaryArn,
      hasPassword: undefined,
      ...passwords.get(UserName),
    }
  }
  return Promise.all(found.map(read))
}

async function readPasswordPolicy(iam: IAMClient): Promise<PasswordPolicy | undefined> {
  const call = iam.send(new GetAccountPasswordPolicyCommand({}))
  const answer = await answerOrAbsent('iam', call, ({ code }) => /^NoSuchEntity/.test(code))
  const policy = answer?.PasswordPolicy
  if (policy === undefined) return undefined
  const { RequireSymbols, RequireNumbers, RequireUppercaseCharacters, RequireLowercaseCharacters } = policy
  const kinds = [RequireSymbols, RequireNumbers, RequireUppercaseCharacters, RequireLowercaseCharacters]
  return { minimumLength: policy.MinimumPasswordLength ?? 0, isMixed: kinds.every(Boolean) }
}

async function readTrail(
  sts: STSClient,
  {
    region,
    since,
    clock,
    endpoint,
  }: { readonly region: string; readonly since: Date; readonly clock: Clock; readonly endpoint: string | undefined },
): Promise<readonly TrailRecord[]> {
  const records: TrailRecord[] = []
  let NextToken: string | undefined
  do {
    const text = await callSigned(sts, {
      service: 'cloudtrail',
      region,
      endpoint,
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents',
      },
      body: JSON.stringify({ StartTime: since.getTime() / 1000, MaxResults: 50, NextToken }),
    })
    const page = trailPage.parse(JSON.parse(text))
    records.push(...page.Events.flatMap(({ CloudTrailEvent }) => toRecord(CloudTrailEvent)))
    NextToken = page.NextToken
    // Two calls a second. (CloudTrail User Guide, "Quotas".)
    if (NextToken !== undefined) await clock.sleep(500)
  } while (NextToken !== undefined)
  return records
}

/** An act of a break-glass user, or of somebody on one. */
function toRecord(text: string): readonly TrailRecord[] {
  const { success, data } = detail.safeParse(JSON.parse(text))
  if (!success) return []
  const { userIdentity, requestParameters } = data
  const isOurs = [userIdentity.userName, requestParameters?.userName].some((name) => name?.endsWith(userNameSuffix))
  if (!isOurs) return []
  return [
    {
      id: data.eventID,
      at: data.eventTime,
      name: data.eventName,
      by: userIdentity.userName ?? userIdentity.arn ?? '',
      from: data.sourceIPAddress,
      region: data.awsRegion,
      role: requestParameters?.roleArn,
      errorCode: data.errorCode,
    },
  ]
}

type PasswordFacts = Pick<DeployedUser, 'hasPassword' | 'passwordChangedAt' | 'passwordUsedAt'>

/** IAM makes a report at most every four hours. Until then the present one counts. (IAM User Guide, "Generate credential reports".) */
async function readPasswords(iam: IAMClient, clock: Clock): Promise<ReadonlyMap<string, PasswordFacts>> {
  while ((await answerOf('iam', iam.send(new GenerateCredentialReportCommand({})))).State !== 'COMPLETE')
    await clock.sleep(1_000)
  const { Content } = await answerOf('iam', iam.send(new GetCredentialReportCommand({})))
  const [head = [], ...rows] = new TextDecoder()
    .decode(Content)
    .trim()
    .split('\n')
    .map((line) => line.split(','))
  const cell = (row: readonly string[], column: string) => row[head.indexOf(column)] ?? ''
  const instant = (row: readonly string[], column: string) => {
    const text = cell(row, column)
    return Number.isNaN(Date.parse(text)) ? undefined : new Date(text)
  }
  return new Map(
    rows.map((row) => [
      cell(row, 'user'),
      {
        hasPassword: cell(row, 'password_enabled').toLowerCase() === 'true',
        passwordChangedAt: instant(row, 'password_last_changed'),
        passwordUsedAt: instant(row, 'password_last_used'),
      },
    ]),
  )
}

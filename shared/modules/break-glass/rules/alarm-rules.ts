import {
  alarmBus,
  alarmTopic,
  alarmTopicArn,
  iamRegion,
  roleName,
  rolePrefix,
  stackArnPrefix,
  thingPrefix,
  userNameSuffix,
  userPath,
} from '../../../domain/account-facts/break-glass-names.ts'
import type { BreakGlass } from '../../../domain/files/break-glass-file.ts'

/** An EventBridge event pattern: values, or prefixes and suffixes of values. */
export type Pattern = {
  readonly [member: string]: Pattern | readonly (string | { readonly prefix: string } | { readonly suffix: string })[]
}
/** EventBridge API Reference, "PutRule", State. */
export const ruleStates = ['DISABLED', 'ENABLED', 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS'] as const
export type RuleState = (typeof ruleStates)[number]
export type AlarmRule = { readonly pattern: Pattern; readonly state: RuleState }
export type AlarmRules = Readonly<Record<string, AlarmRule>>

const calls = ['AWS API Call via CloudTrail']
const ofUsers = [{ suffix: userNameSuffix }]
/** A rule for calls that change something. (EventBridge User Guide, "Receiving read-only management events from AWS services".) */
const changes = (pattern: Pattern): AlarmRule => ({ pattern, state: 'ENABLED' })
const call = (source: string, requestParameters: Pattern): AlarmRule =>
  changes({ source: [source], 'detail-type': calls, detail: { requestParameters } })

/** Calls on a stack, in CloudTrail's notation: by name or by ARN. */
const stackChanges = (account: string, region: string): AlarmRules => ({
  'stack-changed': call('aws.cloudformation', {
    stackName: [{ prefix: thingPrefix }, { prefix: stackArnPrefix(account, region) }],
  }),
  // The ARN of a change set does not say of which stack it is.
  'change-set-executed': changes({
    source: ['aws.cloudformation'],
    'detail-type': calls,
    detail: { eventName: ['ExecuteChangeSet'], requestParameters: { changeSetName: [{ prefix: 'arn:' }] } },
  }),
})

/** The rules in the security account, in each Region in which users sign in or call. */
const everywhere = (account: string, region: string): AlarmRules => ({
  // The record of a failed sign-in has the user's name but no ARN.
  'sign-in': changes({
    'detail-type': ['AWS Console Sign In via CloudTrail'],
    detail: { userIdentity: { userName: ofUsers } },
  }),
  'call-by-responder': changes({ 'detail-type': calls, detail: { userIdentity: { userName: ofUsers } } }),
  // AssumeRole counts as a call that only reads. The rule names it, since otherwise each Get and List call of a responder would send a mail
  // too.
  'role-assumed': {
    pattern: {
      source: ['aws.sts'],
      'detail-type': calls,
      detail: { eventName: [{ prefix: 'Assume' }], userIdentity: { userName: ofUsers } },
    },
    state: 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS',
  },
  'rule-changed': call('aws.events', { name: [{ prefix: thingPrefix }] }),
  'targets-changed': call('aws.events', { rule: [{ prefix: thingPrefix }] }),
  'topic-changed': call('aws.sns', { topicArn: [{ suffix: `:${alarmTopic}` }] }),
  // A filter on a subscription silences it as its end does.
  'subscription-changed': call('aws.sns', { subscriptionArn: [{ prefix: `${alarmTopicArn(account, region)}:` }] }),
  'trail-changed': changes({
    source: ['aws.cloudtrail'],
    'detail-type': calls,
    detail: { eventName: ['StopLogging', 'DeleteTrail', 'UpdateTrail', 'PutEventSelectors'] },
  }),
  ...stackChanges(account, region),
})

/** The rules for events of IAM, and for the bus: both are in one Region only. */
const ofIamAndBus = (account: string): AlarmRules => ({
  // Calls on the permissions of a bus name only the bus. A call on a rule may name it by its ARN.
  'bus-changed': call('aws.events', { eventBusName: [alarmBus, { suffix: `/${alarmBus}` }] }),
  'user-changed': call('aws.iam', { userName: ofUsers }),
  'device-changed': call('aws.iam', { serialNumber: [{ prefix: `arn:aws:iam::${account}:mfa/` }] }),
  'policy-changed': call('aws.iam', { policyArn: [{ prefix: `arn:aws:iam::${account}:policy${userPath}` }] }),
  'password-rules-changed': changes({
    source: ['aws.iam'],
    'detail-type': calls,
    detail: { eventName: ['UpdateAccountPasswordPolicy', 'DeleteAccountPasswordPolicy'] },
  }),
})

export function securityAlarms(account: string, region: string): AlarmRules {
  return { ...everywhere(account, region), ...(region === iamRegion ? ofIamAndBus(account) : {}) }
}

/** The rules in each account with the role. They ring for changes of the role and of these rules. */
export function roleAlarms(playbook: string): AlarmRules {
  const rule = `${thingPrefix}${playbook}-`
  return {
    'role-changed': call('aws.iam', { roleName: [roleName(playbook)] }),
    'rule-changed': call('aws.events', { name: [{ prefix: rule }] }),
    'targets-changed': call('aws.events', { rule: [{ prefix: rule }] }),
  }
}

/** The rules in the management account, which has the StackSets. */
export function stackSetAlarms(managementAccount: string): AlarmRules {
  return {
    'stackset-changed': call('aws.cloudformation', { stackSetName: [{ prefix: rolePrefix }] }),
    ...stackChanges(managementAccount, iamRegion),
  }
}

/** All events from other accounts. Nothing else may put events on this bus. */
export const forwarded: AlarmRule = changes({ account: [{ prefix: '' }] })

/** The text of a mail: user, address, role and account. A value that the event lacks stays empty. */
export const alarmMail = {
  InputPathsMap: {
    account: '$.account',
    at: '$.time',
    by: '$.detail.userIdentity.arn',
    error: '$.detail.errorCode',
    from: '$.detail.sourceIPAddress',
    id: '$.detail.eventID',
    name: '$.detail.userIdentity.userName',
    region: '$.region',
    role: '$.detail.requestParameters.roleArn',
    what: '$.detail.eventName',
  },
  InputTemplate: [
    '"BREAK-GLASS: <what> by <name> (<by>) from <from> at <at>."',
    '"Role: <role>. Account: <account>. Region: <region>. Error: <error>."',
    '"Code for a drill: <id>"',
    '"Nobody of you? Follow \'A use that nobody knows of\' in docs/break-glass.md now."',
  ].join('\n'),
} as const

export const busRule = `${alarmBus}-forwarded`

export type WantedRule = AlarmRule & {
  readonly name: string
  /** Absent: the default bus. */
  readonly bus?: string
}

/** The rules in one Region of the security account. They send to the topic in this Region. */
export function securityRules({ securityAccount }: BreakGlass, region: string): readonly WantedRule[] {
  const fromOthers = { name: busRule, ...forwarded, bus: alarmBus }
  return [...named(thingPrefix, securityAlarms(securityAccount, region)), ...(region === iamRegion ? [fromOthers] : [])]
}

/** The rules in an account with the role. They send to the bus of the security account, as `stackSetRules` do. */
export function roleRules(playbook: string): readonly WantedRule[] {
  return named(`${thingPrefix}${playbook}-`, roleAlarms(playbook))
}

/** The rules in the management account. */
export function stackSetRules({ managementAccount }: BreakGlass): readonly WantedRule[] {
  return named(`${thingPrefix}stacksets-`, stackSetAlarms(managementAccount))
}

function named(prefix: string, rules: AlarmRules): readonly WantedRule[] {
  return Object.entries(rules).map(([name, rule]) => ({ name: `${prefix}${name}`, ...rule }))
}

import type { DeploymentNames } from './deployment-names.ts'
import type { EventPattern } from './match-event-pattern.ts'

/** `says`: what somebody changed. */
export type GuardRule = { readonly name: string; readonly says: string; readonly pattern: EventPattern }

/**
 * Calls that could remove the protection of the ledger, or act as ssofile, and that no bucket policy can deny: on the bucket's policy and
 * settings, the key, functions and their roles, rules, alarms and topics of this deployment, any trail, and the stacks. CloudFormation's own
 * calls count too: a stack of any name can make them. Two rules, because the pattern of one has no room for all. (EventBridge User Guide,
 * "Quotas".)
 */
export function guardedSettings(names: DeploymentNames, keyArn: string): readonly GuardRule[] {
  return [
    {
      name: 'guard',
      says: 'the bucket, its key or a function',
      pattern: {
        source: ['s3', 'kms', 'lambda'].map((service) => `aws.${service}`),
        detail: {
          $or: [
            {
              eventName: [{ prefix: 'PutBucket' }, { prefix: 'DeleteBucket' }],
              requestParameters: { bucketName: [names.bucketName] },
            },
            { eventName: ['ScheduleKeyDeletion', 'DisableKey', 'PutKeyPolicy'], resources: { ARN: [keyArn] } },
            // Every change of a function. A trail may record invocations too.
            {
              eventName: [{ 'anything-but': { prefix: 'Invoke' } }],
              requestParameters: { functionName: names.functionBeginnings.map((prefix) => ({ prefix })) },
            },
            // A change of a function's event source names only the source. The answer names the function.
            { responseElements: { functionArn: names.functionBeginnings.slice(-1).map((prefix) => ({ prefix })) } },
            // A function of any name that gets one of these roles.
            { requestParameters: { role: [{ prefix: names.anyRoleArn.slice(0, -1) }] } },
          ],
        },
      },
    },
    {
      name: 'guard-account',
      says: 'a role, a rule, an alarm, its mails, a trail or a stack',
      pattern: guardedElsewhere(names),
    },
  ]
}

/**
 * Those calls that arise in the Region of IAM, if ssofile runs elsewhere: the same pattern forwards them to the guard. (EventBridge User Guide, "AWS
 * service events delivered via AWS CloudTrail", events of global services.)
 */
export function guardedElsewhere(names: DeploymentNames): EventPattern {
  return {
    source: servicesElsewhere.map((service) => `aws.${service}`),
    detail: { $or: settingsElsewhere(names) },
  }
}

const servicesElsewhere = ['iam', 'events', 'monitoring', 'cloudtrail', 'cloudformation', 'sns'] as const

function settingsElsewhere(names: DeploymentNames): readonly EventPattern[] {
  const own = [{ prefix: names.rule('') }]
  return [
    // Every change of a role, and the creation of a role with such a name.
    { requestParameters: { roleName: own } },
    {
      eventName: ['DisableRule', 'DeleteRule', 'PutRule', 'RemoveTargets', 'PutTargets'],
      requestParameters: { $or: [{ name: own }, { rule: own }] },
    },
    {
      eventName: ['DeleteAlarms', 'DisableAlarmActions', 'PutMetricAlarm', 'SetAlarmState'],
      requestParameters: { $or: [{ alarmName: own }, { alarmNames: own }] },
    },
    // Without its topic, or the subscription of its mails, an alarm tells nobody.
    {
      eventName: ['Unsubscribe', 'DeleteTopic', 'SetTopicAttributes', 'SetSubscriptionAttributes'],
      requestParameters: { $or: [{ topicArn: names.topics }, { subscriptionArn: names.topics }] },
    },
    { eventName: ['StopLogging', 'DeleteTrail', 'UpdateTrail', 'PutEventSelectors'] },
    {
      eventName: ['DeleteStack', 'UpdateStack', 'ExecuteChangeSet'],
      // The ARN of a change set does not say of which stack it is.
      requestParameters: { $or: [{ stackName: names.guardedStacks }, { changeSetName: [{ prefix: 'arn:' }] }] },
    },
  ]
}

import type { DeploymentNames } from './deployment-names.ts'
import type { EventPattern } from './match-event-pattern.ts'

/**
 * Calls by which somebody could lift what guards the ledger, or act as ssofile, and which no policy of a bucket can deny: the
 * bucket's policy and settings, the key, functions and their roles, rules and alarms of this deployment, any trail, the stacks.
 */
export function guardedSettings(names: DeploymentNames, keyArn: string): EventPattern {
  return {
    source: ['s3', 'kms', 'lambda', ...servicesElsewhere].map((service) => `aws.${service}`),
    detail: orByHand(names, [
      {
        eventName: [{ prefix: 'PutBucket' }, { prefix: 'DeleteBucket' }],
        requestParameters: { bucketName: [names.bucketName] },
      },
      { eventName: ['ScheduleKeyDeletion', 'DisableKey', 'PutKeyPolicy'], resources: { ARN: [keyArn] } },
      // Every change of a function. A trail may tell of invocations too.
      {
        eventName: [{ 'anything-but': { prefix: 'Invoke' } }],
        requestParameters: { functionName: names.functionBeginnings.map((prefix) => ({ prefix })) },
      },
      // A function of any name that gets one of these roles.
      { requestParameters: { role: [{ prefix: names.anyRoleArn.slice(0, -1) }] } },
      ...settingsElsewhere(names),
    ]),
  }
}

/**
 * Those of them that arise in the Region of IAM, where ssofile runs elsewhere: they are sent on to the guard. (EventBridge User
 * Guide, "AWS service events delivered via AWS CloudTrail", events of global services.)
 */
export function guardedElsewhere(names: DeploymentNames): EventPattern {
  return {
    source: servicesElsewhere.map((service) => `aws.${service}`),
    detail: orByHand(names, settingsElsewhere(names)),
  }
}

const servicesElsewhere = ['iam', 'events', 'monitoring', 'cloudtrail', 'cloudformation'] as const

function settingsElsewhere(names: DeploymentNames): readonly EventPattern[] {
  const own = [{ prefix: names.rule('') }]
  return [
    // Every change of a role, and a role that is made under such a name.
    { requestParameters: { roleName: own } },
    {
      eventName: ['DisableRule', 'DeleteRule', 'PutRule', 'RemoveTargets', 'PutTargets'],
      requestParameters: { $or: [{ name: own }, { rule: own }] },
    },
    {
      eventName: ['DeleteAlarms', 'DisableAlarmActions', 'PutMetricAlarm', 'SetAlarmState'],
      requestParameters: { $or: [{ alarmName: own }, { alarmNames: own }] },
    },
  ]
}

/** CloudFormation's own calls are left out; that the stack changes is told instead. */
function orByHand(names: DeploymentNames, settings: readonly EventPattern[]): EventPattern {
  return {
    $or: [
      { sourceIPAddress: [{ 'anything-but': 'cloudformation.amazonaws.com' }], $or: settings },
      { eventName: ['StopLogging', 'DeleteTrail', 'UpdateTrail', 'PutEventSelectors'] },
      {
        eventName: ['DeleteStack', 'UpdateStack', 'ExecuteChangeSet'],
        requestParameters: { stackName: names.guardedStacks },
      },
    ],
  }
}

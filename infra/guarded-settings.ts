import type { DeploymentNames } from './deployment-names.ts'
import type { EventPattern } from './match-event-pattern.ts'

/**
 * Calls that could remove the protection of the ledger, or act as ssofile, and that no bucket policy can deny: on the bucket's policy and
 * settings, the key, functions and their roles, rules and alarms of this deployment, any trail, and the stacks.
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
      // Every change of a function. A trail may record invocations too.
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
 * Those calls that arise in the Region of IAM, if ssofile runs elsewhere: they are forwarded to the guard. (EventBridge User Guide, "AWS
 * service events delivered via AWS CloudTrail", events of global services.)
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
  ]
}

/** Leaves out CloudFormation's own calls; the change of the stack is reported instead. */
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

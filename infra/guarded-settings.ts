import type { DeploymentNames } from './deployment-names.ts'
import type { EventPattern } from './match-event-pattern.ts'

/**
 * Calls by which somebody could lift what guards the ledger, and which no policy of a bucket can deny: the bucket's policy and
 * settings, the key, rules, alarms and roles of this deployment, any trail, the stack. CloudFormation's own calls are left out; that
 * the stack changes is told instead.
 */
export function guardedSettings(names: DeploymentNames, keyArn: string): EventPattern {
  const own = [{ prefix: names.rule('') }]
  const byHand = [{ 'anything-but': 'cloudformation.amazonaws.com' }]
  return {
    source: ['aws.s3', 'aws.kms', 'aws.events', 'aws.monitoring', 'aws.cloudtrail', 'aws.cloudformation', 'aws.iam'],
    detail: {
      $or: [
        {
          eventName: [
            'PutBucketPolicy',
            'DeleteBucketPolicy',
            'PutBucketLifecycle',
            'DeleteBucketLifecycle',
            'PutBucketVersioning',
            'PutBucketReplication',
            'PutBucketEncryption',
            'DeleteBucketEncryption',
            'PutBucketNotification',
            'PutBucketObjectLockConfiguration',
            'DeleteBucket',
          ],
          requestParameters: { bucketName: [names.bucketName] },
          sourceIPAddress: byHand,
        },
        {
          eventName: ['ScheduleKeyDeletion', 'DisableKey', 'PutKeyPolicy'],
          resources: { ARN: [keyArn] },
          sourceIPAddress: byHand,
        },
        {
          eventName: ['DisableRule', 'DeleteRule', 'PutRule', 'RemoveTargets', 'PutTargets'],
          requestParameters: { $or: [{ name: own }, { rule: own }] },
          sourceIPAddress: byHand,
        },
        {
          eventName: ['DeleteAlarms', 'DisableAlarmActions', 'PutMetricAlarm', 'SetAlarmState'],
          requestParameters: { $or: [{ alarmName: own }, { alarmNames: own }] },
          sourceIPAddress: byHand,
        },
        // IAM's events arise in one Region of the partition. (EventBridge User Guide, "AWS service events delivered via CloudTrail".)
        {
          eventName: [
            'PutRolePolicy',
            'DeleteRolePolicy',
            'AttachRolePolicy',
            'DetachRolePolicy',
            'UpdateAssumeRolePolicy',
            'PutRolePermissionsBoundary',
            'DeleteRole',
          ],
          requestParameters: { roleName: own },
          sourceIPAddress: byHand,
        },
        { eventName: ['StopLogging', 'DeleteTrail', 'UpdateTrail', 'PutEventSelectors'] },
        {
          eventName: ['DeleteStack', 'UpdateStack', 'ExecuteChangeSet'],
          requestParameters: { stackName: [names.stack, { prefix: names.stackArnPrefix }] },
        },
      ],
    },
  }
}

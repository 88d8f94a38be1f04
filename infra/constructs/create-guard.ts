import { Rule } from 'aws-cdk-lib/aws-events'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { CfnResourcePolicy, LogGroup } from 'aws-cdk-lib/aws-logs'
import { RemovalPolicy, type Stack } from 'aws-cdk-lib/core'
import type { Environment } from '../../shared/domain/deployment/environment.ts'
import type { DeploymentNames } from '../deployment-names.ts'
import { guardedSettings } from '../guarded-settings.ts'
import { type AlarmRule, deliveryAlarm, ruleMetric } from './create-alarm.ts'
import { toEventPattern } from './create-event-rules.ts'

type GuardProps = { readonly environment: Environment; readonly names: DeploymentNames; readonly key: IKey }

/**
 * The rule that writes each such call into a log group, and its alarms. It cannot send to the topic of the alarms: its key serves
 * EventBridge for this account only. (SNS Developer Guide, "Managing Amazon SNS encryption keys and costs": aws:SourceAccount is not
 * supported for EventBridge-to-encrypted topics.)
 */
export function createGuard(stack: Stack, { environment, names, key }: GuardProps): readonly AlarmRule[] {
  const ruleName = names.rule('guard')
  // EventBridge writes to groups with this beginning. CloudTrail keeps the calls too, so the group is deleted with the stack.
  const log = new LogGroup(stack, 'GuardLog', {
    logGroupName: `/aws/events/${ruleName}`,
    retention: environment.logRetentionDays,
    removalPolicy: RemovalPolicy.DESTROY,
  })
  const allow = (action: string, conditions = {}) =>
    new PolicyStatement({
      principals: ['events', 'delivery.logs'].map((service) => new ServicePrincipal(`${service}.amazonaws.com`)),
      actions: [action],
      resources: [log.logGroupArn],
      conditions,
    }).toStatementJson()
  // Only the call that puts events knows the rule. (EventBridge User Guide, "CloudWatch Logs permissions".)
  const Statement = [
    allow('logs:CreateLogStream'),
    allow('logs:PutLogEvents', { ArnEquals: { 'aws:SourceArn': names.ruleArn(ruleName) } }),
  ]
  const mayWrite = new CfnResourcePolicy(stack, 'GuardLogPolicy', {
    policyName: ruleName,
    policyDocument: stack.toJsonString({ Version: '2012-10-17', Statement }),
  })
  const rule = new Rule(stack, 'Rule-guard', {
    ruleName,
    description: 'ssofile: the protection of the ledger was changed',
    eventPattern: toEventPattern(guardedSettings(names, key.keyArn)),
    targets: [
      {
        bind: () => ({
          arn: `arn:${names.partition}:logs:${environment.region}:${environment.account}:log-group:/aws/events/${ruleName}`,
        }),
      },
    ],
  })
  rule.node.addDependency(mayWrite)
  const changed: AlarmRule = {
    name: 'guard-changed',
    section: 'What guards the ledger was changed',
    says: 'Somebody changed the bucket, its key, a function, a role, a rule, an alarm, a trail or a stack',
    metric: ruleMetric({ name: ruleName }, 'Invocations'),
    most: 0,
  }
  return [changed, deliveryAlarm({ name: ruleName }, 'its log group', environment.name)]
}

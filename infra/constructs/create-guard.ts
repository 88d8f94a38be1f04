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
 * The rules that write each such call into a log group, and their alarms. They cannot send to the topic of the alarms: its key serves
 * EventBridge for this account only. (SNS Developer Guide, "Managing Amazon SNS encryption keys and costs": aws:SourceAccount is not
 * supported for EventBridge-to-encrypted topics.)
 */
export function createGuard(stack: Stack, { environment, names, key }: GuardProps): readonly AlarmRule[] {
  const rules = guardedSettings(names, key.keyArn)
  // EventBridge writes to groups with this beginning. CloudTrail keeps the calls too, so the group is deleted with the stack.
  const logGroupName = `/aws/events/${names.rule('guard')}`
  const log = new LogGroup(stack, 'GuardLog', {
    logGroupName,
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
  const ruleArns = rules.map(({ name }) => names.ruleArn(names.rule(name)))
  const Statement = [
    allow('logs:CreateLogStream'),
    allow('logs:PutLogEvents', { ArnEquals: { 'aws:SourceArn': ruleArns } }),
  ]
  const mayWrite = new CfnResourcePolicy(stack, 'GuardLogPolicy', {
    policyName: names.rule('guard'),
    policyDocument: stack.toJsonString({ Version: '2012-10-17', Statement }),
  })
  const arn = `arn:${names.partition}:logs:${environment.region}:${environment.account}:log-group:${logGroupName}`
  return rules.flatMap(({ name, says, pattern }) => {
    const ruleName = names.rule(name)
    const rule = new Rule(stack, `Rule-${name}`, {
      ruleName,
      description: 'ssofile: the protection of the ledger was changed',
      eventPattern: toEventPattern(pattern),
      targets: [{ bind: () => ({ arn }) }],
    })
    rule.node.addDependency(mayWrite)
    const changed: AlarmRule = {
      name: `${name}-changed`,
      section: 'What guards the ledger was changed',
      says: `Somebody changed ${says}`,
      metric: ruleMetric({ name: ruleName }, 'Invocations'),
    }
    return [changed, deliveryAlarm({ name: ruleName }, 'its log group', environment.name)]
  })
}

import {
  Alarm,
  CfnAlarm,
  ComparisonOperator,
  type IMetric,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import { Duration } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { Environment } from '../../shared/domain/deployment/environment.ts'

export type AlarmRule = {
  readonly name: string
  /** The heading in docs/operations.md. */
  readonly section: string
  readonly says: string
  readonly metric: IMetric
  /** A greater value is too many; default: 0. `least`: a smaller value, or a missing one, is too few. */
  readonly most?: number
  readonly least?: number
  /** Without a value, all is well: nothing happened. Default: only for `most`. */
  readonly mayBeSilent?: boolean
  /** How many periods the alarm covers. Default: 1. */
  readonly periods?: number
  /** How many of them must be too many or too few. Default: all. */
  readonly breaching?: number
  /** A new alarm evaluates nothing for this time. */
  readonly warmUpMinutes?: number
}

/** An alarm that mails a person when it begins and when it ends. */
export function createAlarm(scope: Construct, environment: Environment, topic: Topic, rule: AlarmRule): Alarm {
  const { name, section, says, metric, most, least, periods = 1, breaching = periods, warmUpMinutes } = rule
  const alarm = new Alarm(scope, `Alarm-${name}`, {
    alarmName: `${environment.name}-${name}`,
    alarmDescription: `${says}. What to do: docs/operations.md#${section.toLowerCase().replaceAll(/[, ]+/g, '-')}`,
    metric,
    threshold: most ?? least ?? 0,
    comparisonOperator:
      least === undefined ? ComparisonOperator.GREATER_THAN_THRESHOLD : ComparisonOperator.LESS_THAN_THRESHOLD,
    evaluationPeriods: periods,
    datapointsToAlarm: breaching,
    treatMissingData:
      (rule.mayBeSilent ?? least === undefined) ? TreatMissingData.NOT_BREACHING : TreatMissingData.BREACHING,
  })
  const resource = alarm.node.defaultChild
  if (!(resource instanceof CfnAlarm)) throw new Error('the alarm has no resource')
  // New in September 2026: CloudFormation may not know it in each Region and partition.
  if (warmUpMinutes !== undefined && environment.alarmWarmUp)
    resource.warmUpConfiguration = {
      warmUpPeriodDurationInMinutes: warmUpMinutes,
      onlyStartEvaluatingAfterWarmUpPeriodEnds: true,
    }
  alarm.addAlarmAction(new SnsAction(topic))
  alarm.addOkAction(new SnsAction(topic))
  return alarm
}

/** The topic of these mails. `key`: absent if the mails contain only names of alarms and there is no key. */
export function createAlarmTopic(
  scope: Construct,
  { name, alarmAddress }: Environment,
  account: string,
  key?: IKey,
): Topic {
  const topic = new Topic(scope, 'Alarms', {
    ...(key === undefined ? {} : { masterKey: key }),
    enforceSSL: true,
    displayName: `ssofile ${name}`,
  })
  // A policy of its own replaces the topic's default, by which alarms of its account may publish.
  topic.addToResourcePolicy(
    new PolicyStatement({
      sid: 'AlarmsPublish',
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': account } },
    }),
  )
  topic.addSubscription(new EmailSubscription(alarmAddress))
  return topic
}

/** A rule of EventBridge, on the default bus of its account or on one of its own. */
export type NamedRule = { readonly name: string; readonly bus?: string }

/**
 * A metric that EventBridge has of a rule. EventBridge sends values only if they are not zero, and names the bus only if it is not the
 * default one. (EventBridge User Guide, "Monitoring Amazon EventBridge".)
 */
export function ruleMetric({ name, bus }: NamedRule, metricName: 'FailedInvocations' | 'Invocations'): Metric {
  return new Metric({
    namespace: 'AWS/Events',
    metricName,
    dimensionsMap: { ...(bus === undefined ? {} : { EventBusName: bus }), RuleName: name },
    period: Duration.minutes(5),
    statistic: Stats.SUM,
  })
}

/** One alarm for each rule: in a sum, one failing rule would hide among rules that send nothing. */
export function deliveryAlarm(rule: NamedRule, to: string, deployment: string): AlarmRule {
  return {
    name: `events-not-delivered-${rule.name.replace(`${deployment}-`, '')}`,
    section: 'Events are not delivered',
    says: `EventBridge could not send an event of the rule ${rule.name} to ${to}`,
    metric: ruleMetric(rule, 'FailedInvocations'),
  }
}

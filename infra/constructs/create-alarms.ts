import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type { Rule } from 'aws-cdk-lib/aws-events'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import { Duration } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { Environment } from '../../shared/domain/environment.ts'
import { functionNames, functionSettings } from '../../shared/ports/deployment-settings.ts'
import { attentionMetrics, heartbeats, type MetricName } from '../../shared/ports/metrics.ts'
import { type WorkedQueue, workedQueues } from '../../shared/ports/queues.ts'
import { emittedMetric } from '../emitted-metric.ts'
import { type Functions, listFunctions } from './create-functions.ts'
import type { Queues } from './create-queues.ts'

type AlarmsProps = {
  readonly environment: Environment
  readonly key: IKey
  readonly queues: Queues
  readonly functions: Functions
  readonly eventRules: readonly Rule[]
}

type AlarmRule = {
  readonly name: string
  /** The heading in docs/operations.md. */
  readonly section: string
  readonly says: string
  readonly metric: IMetric
  readonly most?: number
  readonly least?: number
  readonly periods?: number
}

const minutes = (count: number) => Duration.minutes(count)

/** How old a message may get before somebody should look. A pause lets messages of all lanes get older. */
const messageMinutes: Readonly<Record<WorkedQueue, number>> = {
  uploads: 15,
  links: 15,
  'permission-sets': 15,
  requests: 15,
  events: 60,
  'work-urgent': 15,
  work: 120,
  'work-bulk': 24 * 60,
  dispatch: 60,
  // A receiver that cannot be reached is tried for two hours.
  digests: 180,
}

/** How long a schedule may bring nothing to its end. A slice of the dispatcher takes up to fifteen minutes. */
const heartbeatMinutes: Readonly<Record<keyof typeof heartbeats, number>> = {
  dispatcher: 30,
  'minute-links': 15,
  sweep: 15,
  hourly: 120,
  nightly: 24 * 60,
  report: 24 * 60,
  notifications: 15,
}

/** Alarms that a person gets by mail. */
export function createAlarms(scope: Construct, props: AlarmsProps): void {
  const { environment } = props
  const topic = createTopic(scope, props)
  for (const { name, section, says, metric, most, least, periods = 1 } of [
    ...queueAlarms(props),
    ...functionAlarms(props),
    ...heartbeatAlarms(props),
    ...emittedAlarms(props),
    deliveryAlarm(props),
  ]) {
    const alarm = new Alarm(scope, `Alarm-${name}`, {
      alarmName: `${environment.name}-${name}`,
      alarmDescription: `${says}. What to do: docs/operations.md#${section.toLowerCase().replaceAll(/[, ]+/g, '-')}`,
      metric,
      threshold: most ?? least ?? 0,
      comparisonOperator:
        least === undefined ? ComparisonOperator.GREATER_THAN_THRESHOLD : ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: periods,
      treatMissingData: least === undefined ? TreatMissingData.NOT_BREACHING : TreatMissingData.BREACHING,
    })
    alarm.addAlarmAction(new SnsAction(topic))
    alarm.addOkAction(new SnsAction(topic))
  }
}

function createTopic(scope: Construct, { environment, key }: AlarmsProps): Topic {
  const topic = new Topic(scope, 'Alarms', {
    masterKey: key,
    enforceSSL: true,
    displayName: `ssofile ${environment.name}`,
  })
  // With a policy of its own a topic no longer has the one by which alarms of its account may publish.
  topic.addToResourcePolicy(
    new PolicyStatement({
      sid: 'AlarmsPublish',
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': environment.account } },
    }),
  )
  topic.addSubscription(new EmailSubscription(environment.alarmAddress))
  return topic
}

function queueAlarms({ queues }: AlarmsProps): AlarmRule[] {
  return workedQueues.flatMap((name) => {
    const most = messageMinutes[name]
    const old: AlarmRule = {
      name: `old-messages-${name}`,
      section: 'Messages wait too long',
      says: `A message has been in the queue ${name} for more than ${most} minutes`,
      metric: queues.worked[name].metricApproximateAgeOfOldestMessage({ period: minutes(5), statistic: Stats.MAXIMUM }),
      most: most * 60,
      periods: 2,
    }
    const dead = queues.dead[name]
    if (dead === undefined) return [old]
    const given: AlarmRule = {
      name: `dead-letters-${name}`,
      section: 'Messages in a dead-letter queue',
      says: `A message of the queue ${name} failed too often and was given up`,
      metric: dead.metricApproximateNumberOfMessagesVisible({ period: minutes(1), statistic: Stats.MAXIMUM }),
      most: 0,
    }
    return [old, given]
  })
}

function functionAlarms({ functions }: AlarmsProps): AlarmRule[] {
  return listFunctions(functions).flatMap(([name, one]) => {
    const fails: AlarmRule = {
      name: `function-fails-${name}`,
      section: 'A function fails',
      says: `The function ${name} ended with an error or ran out of time or memory`,
      metric: one.metricErrors({ period: minutes(5), statistic: Stats.SUM }),
      most: 0,
      periods: 2,
    }
    // One dispatcher runs at a time: throttling is how the others are kept out.
    const throttled: AlarmRule = {
      name: `function-throttled-${name}`,
      section: 'A function is throttled',
      says: `Lambda had no room to run the function ${name}`,
      metric: one.metricThrottles({ period: minutes(5), statistic: Stats.SUM }),
      most: 0,
      periods: 3,
    }
    return functionSettings[name].reservedConcurrency === undefined ? [fails, throttled] : [fails]
  })
}

/** By what the functions tell at their end: Lambda counts as success what only caught its errors. */
function heartbeatAlarms({ environment }: AlarmsProps): AlarmRule[] {
  return functionNames.flatMap((name) => {
    if (!(name in heartbeats)) return []
    const scheduled = name as keyof typeof heartbeats
    const most = heartbeatMinutes[scheduled]
    return {
      name: `no-heartbeat-${name}`,
      section: 'A schedule does not run',
      says: `The function ${name}, which runs by a schedule, has not come to its end for ${most} minutes`,
      metric: emittedMetric(environment, heartbeats[scheduled], minutes(most)),
      least: 1,
    }
  })
}

/** By what the code itself counts. */
function emittedAlarms({ environment }: AlarmsProps): AlarmRule[] {
  const emitted = (name: MetricName) => emittedMetric(environment, name, minutes(5))
  return [
    {
      name: 'ledger-lost',
      section: 'The ledger was lost',
      says: 'The record of what ssofile granted is gone without its history; nothing is changed until it is restored',
      metric: emittedMetric(environment, 'LedgerLost', minutes(1)),
      most: 0,
    },
    {
      name: 'brake-holds',
      section: 'The brake holds revocations',
      says: 'More revocations came at once than are plausible, or a file takes permissions from many; held until a person releases it',
      metric: emitted('BrakeHolds'),
      most: 0,
    },
    {
      name: 'policies-broken',
      section: 'A policy is not valid',
      says: 'A policy cannot be read or is not valid; nothing new is granted until it is corrected',
      metric: emitted('PoliciesBroken'),
      most: 0,
    },
    {
      name: 'eligibilities-broken',
      section: 'An eligibility is not valid',
      says: 'An eligibility cannot be read or is not valid; nothing is granted by it until it is corrected',
      metric: emitted('EligibilitiesBroken'),
      most: 0,
    },
    {
      name: 'drift',
      section: 'Access was removed by someone else',
      says: 'Access that ssofile gave is gone from Identity Center, and ssofile did not remove it',
      metric: emitted('Drift'),
      most: 0,
    },
    {
      name: 'errors-logged',
      section: 'An error was logged',
      says: 'A function logged an error',
      metric: emitted('Errors'),
      most: 0,
    },
    {
      name: 'throttled-calls',
      section: 'AWS throttles calls',
      says: 'AWS has throttled calls to Identity Center for half an hour',
      metric: emitted('Throttles'),
      most: 50,
      periods: 6,
    },
    {
      name: 'old-hints',
      section: 'Messages wait too long',
      says: 'The dispatcher has a hint in hand that has waited for more than a day',
      metric: emitted('OldestHint'),
      most: 24 * 60 * 60,
      periods: 2,
    },
    ...(['failed', 'held', 'stuck'] as const).map((state) => ({
      name: `inputs-${state}`,
      section: 'Inputs failed, are held or are stuck',
      says: `Links or permission sets are in the state ${state}`,
      metric: emitted(attentionMetrics[state]),
      most: 0,
      periods: 3,
    })),
  ]
}

/** Of all rules for events together. That a schedule starts nothing is seen by its function's heartbeat. */
function deliveryAlarm({ eventRules }: AlarmsProps): AlarmRule {
  const period = minutes(5)
  const failed = eventRules.map(
    ({ ruleName }) =>
      new Metric({
        namespace: 'AWS/Events',
        metricName: 'FailedInvocations',
        dimensionsMap: { RuleName: ruleName },
        period,
        statistic: Stats.SUM,
      }),
  )
  return {
    name: 'events-not-delivered',
    section: 'Events are not delivered',
    says: 'EventBridge could not send an event to the queue of events',
    metric: new MathExpression({
      expression: failed.map((_, index) => `m${index}`).join(' + '),
      usingMetrics: Object.fromEntries(failed.map((metric, index) => [`m${index}`, metric])),
      period,
      label: 'events not delivered',
    }),
    most: 0,
  }
}

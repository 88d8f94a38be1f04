import { type IMetric, MathExpression, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { Duration } from 'aws-cdk-lib/core'
import type { Construct, IDependable } from 'constructs'
import type { Environment } from '../../shared/domain/deployment/environment.ts'
import { type FunctionName, functionSettings } from '../../shared/ports/deployment-settings.ts'
import { attentionMetrics, heartbeats, type MetricName } from '../../shared/ports/metrics.ts'
import { type WorkedQueue, workedQueues } from '../../shared/ports/queues.ts'
import { emittedMetric } from '../emitted-metric.ts'
import { type AlarmRule, createAlarm, createAlarmTopic, deliveryAlarm, type NamedRule } from './create-alarm.ts'
import { type Functions, listFunctions } from './create-functions.ts'
import type { Queues } from './create-queues.ts'

type AlarmsProps = {
  readonly environment: Environment
  readonly key: IKey
  readonly queues: Queues
  readonly functions: Functions
  readonly eventRules: readonly NamedRule[]
  readonly guard: readonly AlarmRule[]
  /** Schedules begin after this, and count as missed only from then on. */
  readonly after: IDependable
}

const minutes = (count: number) => Duration.minutes(count)

/** The age of a message that needs a person. A pause makes messages of all lanes older. */
const messageMinutes: Readonly<Record<WorkedQueue, number>> = {
  uploads: 15,
  links: 15,
  'permission-sets': 15,
  requests: 15,
  people: 60,
  urgent: 5,
  events: 60,
  'work-urgent': 15,
  work: 120,
  'work-bulk': 24 * 60,
  dispatch: 60,
  // An unreachable receiver is retried for two hours.
  digests: 180,
  usage: 15,
}

type Heartbeat = { readonly periodMinutes: number; readonly periods: number }
const anHourOf = (hours: number): Heartbeat => ({ periodMinutes: 60, periods: hours })

/**
 * How long a schedule may finish nothing. A slice of the dispatcher takes up to fifteen minutes. An alarm covers up to seven days with
 * periods of an hour, but only one day with shorter periods. (CloudWatch API Reference, PutMetricAlarm, EvaluationPeriods.)
 */
const quietSpans: Readonly<Record<keyof typeof heartbeats, Heartbeat>> = {
  dispatcher: { periodMinutes: 5, periods: 6 },
  'minute-links': { periodMinutes: 5, periods: 3 },
  sweep: { periodMinutes: 5, periods: 3 },
  hourly: { periodMinutes: 15, periods: 8 },
  nightly: anHourOf(26),
  report: anHourOf(26),
  credentials: anHourOf(26),
  retire: { periodMinutes: 5, periods: 6 },
  notifications: { periodMinutes: 5, periods: 3 },
}

/** Alarms that mail a person. */
export function createAlarms(scope: Construct, props: AlarmsProps): void {
  const { environment, eventRules, key, guard, after } = props
  const topic = createAlarmTopic(scope, environment, environment.account, key)
  for (const rule of [
    ...queueAlarms(props),
    ...functionAlarms(props),
    ...emittedAlarms(props),
    ...eventRules.map((rule) => deliveryAlarm(rule, 'the queue of events', environment.name)),
    ...guard,
  ])
    createAlarm(scope, environment, topic, rule)
  for (const rule of heartbeatAlarms(props)) createAlarm(scope, environment, topic, rule).node.addDependency(after)
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
      says: `A message of the queue ${name} failed too often and was in dead-letter queues`,
      metric: dead.metricApproximateNumberOfMessagesVisible({ period: minutes(1), statistic: Stats.MAXIMUM }),
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
      // If a function runs once an hour or less, one failure is enough: there is no second run beside it.
      ...(runsOften(name) ? { periods: 3, breaching: 2 } : {}),
    }
    // If one instance runs at a time, throttling keeps the others out.
    const throttled: AlarmRule = {
      name: `function-throttled-${name}`,
      section: 'A function is throttled',
      says: `Lambda had no free capacity for the function ${name}`,
      metric: one.metricThrottles({ period: minutes(5), statistic: Stats.SUM }),
      ...(runsOften(name) ? { periods: 4, breaching: 3 } : {}),
    }
    return functionSettings[name].reservedConcurrency === 1 ? [fails] : [fails, throttled]
  })
}

/** A function of a queue, of a schedule of a few minutes, or of people's calls. */
function runsOften(name: FunctionName): boolean {
  const { queues, schedule } = functionSettings[name]
  return (
    queues !== undefined ||
    name === 'api' ||
    name === 'page' ||
    (typeof schedule === 'object' && schedule.everyMinutes < 60)
  )
}

/**
 * Counts the functions' own reports at their end: Lambda also counts a run that only caught its errors as success. A missing value counts
 * as zero in every period: otherwise CloudWatch looks back at older periods before it accepts the gap. (CloudWatch User Guide, "Configuring
 * how CloudWatch alarms treat missing data".) A new alarm has no such past.
 */
function heartbeatAlarms({ environment, functions }: AlarmsProps): AlarmRule[] {
  return listFunctions(functions).flatMap(([name]) => {
    if (!(name in heartbeats)) return []
    const scheduled = name as keyof typeof heartbeats
    const { periodMinutes, periods } = quietSpans[scheduled]
    const most = periodMinutes * periods
    return {
      name: `no-heartbeat-${name}`,
      section: 'A schedule does not run',
      says: `The function ${name}, which runs by a schedule, has not finished for ${most} minutes`,
      metric: filled(emittedMetric(environment, heartbeats[scheduled], minutes(periodMinutes)), periodMinutes),
      least: 1,
      periods,
      warmUpMinutes: most + periodMinutes,
    }
  })
}

function filled(metric: IMetric, periodMinutes: number): MathExpression {
  const period = minutes(periodMinutes)
  return new MathExpression({ expression: 'FILL(m, 0)', usingMetrics: { m: metric }, period, label: 'runs' })
}

/** Alarms on metrics that the code itself records. */
function emittedAlarms({ environment }: AlarmsProps): AlarmRule[] {
  const emitted = (name: MetricName) => emittedMetric(environment, name, minutes(5))
  return [
    {
      name: 'ledger-lost',
      section: 'The ledger was lost',
      says: 'The ledger is gone without its history; ssofile changes nothing until you restore it',
      metric: emittedMetric(environment, 'LedgerLost', minutes(1)),
    },
    {
      name: 'brake-holds',
      section: 'The brake holds revocations',
      says: 'More revocations came at once than usual, or a file takes permissions from many people; the brake holds them until a person releases them',
      metric: emitted('BrakeHolds'),
    },
    {
      name: 'policies-broken',
      section: 'A policy is not valid',
      says: 'A policy is not valid, or ssofile cannot read it; ssofile grants nothing new until you correct it',
      metric: emitted('PoliciesBroken'),
    },
    {
      name: 'eligibilities-broken',
      section: 'An eligibility is not valid',
      says: 'An eligibility is not valid, or ssofile cannot read it; ssofile grants nothing by it until you correct it',
      metric: emitted('EligibilitiesBroken'),
    },
    {
      name: 'drift',
      section: 'Access was removed by someone else',
      says: 'Access that ssofile gave is gone from Identity Center, and ssofile did not remove it',
      metric: emitted('Drift'),
    },
    {
      name: 'loud-by-hand',
      section: 'Full access was changed by hand',
      says: 'Somebody gave or took full access outside ssofile, or edited a permission set that has a file',
      metric: emittedMetric(environment, 'LoudByHand', minutes(1)),
    },
    {
      name: 'errors-logged',
      section: 'An error was logged',
      says: 'A function logged an error',
      metric: emitted('Errors'),
    },
    {
      name: 'uses-unreadable',
      section: 'No use can be read',
      says: 'For an hour ssofile could read no event of a use of access, though some came',
      metric: emittedMetric(environment, 'UsesRead', minutes(60)),
      least: 1,
      mayBeSilent: true,
    },
    {
      name: 'throttled-calls',
      section: 'AWS throttles calls',
      says: 'AWS has throttled calls to Identity Center for half an hour',
      metric: emitted('Throttles'),
      most: 50,
      // The newest period is not complete: values come some minutes late.
      periods: 7,
      breaching: 6,
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
      periods: 3,
    })),
  ]
}

import {
  type EventPattern as CdkEventPattern,
  CfnRule,
  type IEventBus,
  type IRuleTarget,
  Rule,
  Schedule,
} from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Duration } from 'aws-cdk-lib/core'
import type { Construct, IDependable } from 'constructs'
import type { Environment } from '../../shared/domain/deployment/environment.ts'
import { functionSettings } from '../../shared/ports/deployment-settings.ts'
import type { DeploymentNames } from '../deployment-names.ts'
import type { EventPattern } from '../match-event-pattern.ts'
import { ruleStateOf } from '../wanted-events.ts'
import type { NamedRule } from './create-alarm.ts'
import { type Functions, listFunctions } from './create-functions.ts'
import { allowService } from './create-queues.ts'

export type EventRules = {
  readonly patterns: Readonly<Record<string, EventPattern>>
  /** Absent: the default bus of the account. */
  readonly bus?: IEventBus
  /** Only events of this account: forwarded events keep the account of their origin. */
  readonly account?: string
}

type Rules = Readonly<Record<string, EventRules>>

/**
 * Rules that send events to their queue. A queue accepts only its rules. `rules`: by the beginning of their names. Throws for a FIFO queue:
 * a rule has one message group for all its events, so one event that fails would hold up the others. (EventBridge API Reference,
 * "SqsParameters".)
 */
export function createEventRules(
  scope: Construct,
  { names, queueOf, rules }: { names: DeploymentNames; queueOf: (rule: string) => Queue; rules: Rules },
): readonly NamedRule[] {
  // Not SqsQueue of the CDK: it would let every rule of the account send.
  const targetOf = ({ queueArn: arn, fifo, node }: Queue): IRuleTarget => {
    if (fifo) throw new Error(`received the FIFO queue ${node.path} for events, expected a standard queue`)
    return { bind: () => ({ arn }) }
  }
  const created = Object.entries(rules).flatMap(([prefix, { patterns, bus, account }]) =>
    Object.entries(patterns).map(([name, pattern]): NamedRule & { readonly queue: Queue } => {
      const queue = queueOf(name)
      const ruleName = names.rule(`${prefix}-${name}`)
      const rule = new Rule(scope, `Rule-${prefix}-${name}`, {
        ruleName,
        description: `ssofile: ${name.replace('-', ' ')}`,
        eventPattern: { ...toEventPattern(pattern), ...(account === undefined ? {} : { account: [account] }) },
        targets: [targetOf(queue)],
        ...(bus === undefined ? {} : { eventBus: bus }),
      })
      if (rule.node.defaultChild instanceof CfnRule) rule.node.defaultChild.state = ruleStateOf(name)
      return { queue, name: ruleName, ...(bus === undefined ? {} : { bus: names.bus }) }
    }),
  )
  for (const [queue, own] of Map.groupBy(created, (rule) => rule.queue)) {
    const arns = own.map(({ name, bus }) => names.ruleArn(name, bus))
    allowService(queue, 'events', { ArnEquals: { 'aws:SourceArn': arns } })
  }
  return created
}

export function toEventPattern({ source, 'detail-type': detailType, detail }: EventPattern): CdkEventPattern {
  return {
    ...(source === undefined ? {} : { source: textsOf(source) }),
    ...(detailType === undefined ? {} : { detailType: textsOf(detailType) }),
    ...(detail === undefined ? {} : { detail: structuredClone(detail) }),
  }
}

function textsOf(list: EventPattern[string]): string[] {
  return Array.isArray(list) ? list.map(String) : []
}

type SchedulesProps = {
  readonly environment: Environment
  readonly names: DeploymentNames
  readonly functions: Functions
  readonly after: IDependable
}

/** The schedules of the settings table. They begin after everything that they need. */
export function createSchedules(scope: Construct, { environment, names, functions, after }: SchedulesProps): void {
  const [hour = 2, minute = 0] = environment.schedules.driftCheckAt.split(':').map(Number)
  const daily = (at: number) => Schedule.cron({ hour: String(at % 24), minute: String(minute) })
  for (const [name, target] of listFunctions(functions)) {
    const { schedule, asynchronous } = functionSettings[name]
    if (schedule === undefined) continue
    const rule = new Rule(scope, `Schedule-${name}`, {
      ruleName: names.rule(`schedule-${name}`),
      description: `ssofile: runs ${name}`,
      schedule:
        typeof schedule === 'string'
          ? daily(schedule === 'night' ? hour : hour + 2)
          : Schedule.rate(Duration.minutes(schedule.everyMinutes)),
      targets: [
        new LambdaFunction(target, {
          ...(asynchronous === undefined
            ? {}
            : { maxEventAge: Duration.seconds(asynchronous.eventAgeSeconds), retryAttempts: asynchronous.retries }),
        }),
      ],
    })
    rule.node.addDependency(after)
  }
}

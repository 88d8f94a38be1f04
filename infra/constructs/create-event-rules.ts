import { type IEventBus, type IRuleTarget, Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import { Duration } from 'aws-cdk-lib/core'
import type { Construct, IDependable } from 'constructs'
import type { Environment } from '../../shared/domain/environment.ts'
import { functionNames, functionSettings } from '../../shared/ports/deployment-settings.ts'
import type { EventPattern } from '../match-event-pattern.ts'
import type { Functions } from './create-functions.ts'

/** One rule for each pattern, by its name. */
export function createEventRules(
  scope: Construct,
  props: {
    readonly prefix: string
    readonly patterns: Readonly<Record<string, EventPattern>>
    readonly target: IRuleTarget
    readonly bus?: IEventBus
    /** Events of this account only: those that others forward keep theirs. */
    readonly account?: string
  },
): readonly Rule[] {
  const { prefix, patterns, target, bus, account } = props
  return Object.entries(patterns).map(([name, { source, 'detail-type': detailType, detail }]) => {
    const pattern = {
      ...(source === undefined ? {} : { source: textsOf(source) }),
      ...(detailType === undefined ? {} : { detailType: textsOf(detailType) }),
      ...(detail === undefined ? {} : { detail: structuredClone(detail) }),
      ...(account === undefined ? {} : { account: [account] }),
    }
    return new Rule(scope, `${prefix}-${name}`, {
      description: `ssofile: ${name.replace('-', ' ')}`,
      eventPattern: pattern,
      targets: [target],
      ...(bus === undefined ? {} : { eventBus: bus }),
    })
  })
}

function textsOf(list: EventPattern[string]): string[] {
  return Array.isArray(list) ? list.map(String) : []
}

/** The schedules of the settings table. They begin when everything that they need is there. */
export function createSchedules(
  scope: Construct,
  { environment, functions, after }: { environment: Environment; functions: Functions; after: IDependable },
): void {
  const [hour = '2', minute = '0'] = environment.schedules.driftCheckAt.split(':').map((text) => String(Number(text)))
  for (const name of functionNames) {
    const { schedule, asynchronous } = functionSettings[name]
    if (schedule === undefined) continue
    const rule = new Rule(scope, `Schedule-${name}`, {
      description: `ssofile: runs ${name}`,
      schedule:
        schedule === 'night' ? Schedule.cron({ hour, minute }) : Schedule.rate(Duration.minutes(schedule.everyMinutes)),
      targets: [
        new LambdaFunction(functions[name], {
          ...(asynchronous === undefined
            ? {}
            : { maxEventAge: Duration.seconds(asynchronous.eventAgeSeconds), retryAttempts: asynchronous.retries }),
        }),
      ],
    })
    rule.node.addDependency(after)
  }
}

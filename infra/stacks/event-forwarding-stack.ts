import { CfnRule } from 'aws-cdk-lib/aws-events'
import { Effect, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Stack, type StackProps } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { Environment } from '../../shared/domain/deployment/environment.ts'
import { createAlarm, createAlarmTopic, deliveryAlarm } from '../constructs/create-alarm.ts'
import type { DeploymentNames } from '../deployment-names.ts'
import type { EventPattern } from '../match-event-pattern.ts'
import { ruleStateOf } from '../wanted-events.ts'

export type EventForwardingStackProps = StackProps & {
  readonly environment: Environment
  readonly names: DeploymentNames
  readonly account: string
  /** The name of the role by which the rules send. */
  readonly role: string
  readonly busArn: string
  readonly patterns: Readonly<Record<string, EventPattern>>
}

/**
 * Sends events to a bus in ssofile's own place, from a Region, or the management account, with events that ssofile does not receive
 * otherwise. They keep account and Region. (EventBridge User Guide, "Sending and receiving events between event buses".)
 */
export class EventForwardingStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    { environment, names, account, role: roleName, busArn, patterns, ...props }: EventForwardingStackProps,
  ) {
    super(scope, id, props)
    const role = new Role(this, 'Role', {
      roleName,
      assumedBy: new ServicePrincipal('events.amazonaws.com'),
      inlinePolicies: {
        forward: new PolicyDocument({
          statements: [
            new PolicyStatement({ effect: Effect.ALLOW, actions: ['events:PutEvents'], resources: [busArn] }),
          ],
        }),
      },
    })
    // The mail only says that an alarm came, so it needs no key of its own, at a dollar a month.
    const topic = createAlarmTopic(this, environment, account)
    for (const [name, pattern] of Object.entries(patterns)) {
      const ruleName = names.rule(`forward-${name}`)
      new CfnRule(this, `Forward-${name}`, {
        name: ruleName,
        description: `ssofile: forwards ${name.replace('-', ' ')}`,
        eventPattern: pattern,
        state: ruleStateOf(name),
        targets: [{ id: 'deployment', arn: busArn, roleArn: role.roleArn }],
      })
      createAlarm(
        this,
        environment,
        topic,
        deliveryAlarm({ name: ruleName }, 'the bus where ssofile runs', environment.name),
      )
    }
  }
}

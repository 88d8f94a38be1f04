import { CfnRule } from 'aws-cdk-lib/aws-events'
import { Effect, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Stack, type StackProps } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { Environment } from '../../shared/domain/deployment/environment.ts'
import { createAlarm, createAlarmTopic, deliveryAlarm } from '../constructs/create-alarm.ts'
import type { DeploymentNames } from '../deployment-names.ts'
import type { EventPattern } from '../match-event-pattern.ts'

type EventForwardingStackProps = StackProps & {
  readonly environment: Environment
  readonly names: DeploymentNames
  readonly region: string
  readonly patterns: Readonly<Record<string, EventPattern>>
}

/**
 * In the management account, in each Region where events arise that are not seen elsewhere: sends them to the bus of the
 * deployment. They keep account and Region. (EventBridge User Guide, "Sending and receiving events between event buses".)
 */
export class EventForwardingStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    { environment, names, region, patterns, ...props }: EventForwardingStackProps,
  ) {
    super(scope, id, props)
    const role = new Role(this, 'Role', {
      roleName: names.forwarder(region),
      assumedBy: new ServicePrincipal('events.amazonaws.com'),
      inlinePolicies: {
        forward: new PolicyDocument({
          statements: [
            new PolicyStatement({ effect: Effect.ALLOW, actions: ['events:PutEvents'], resources: [names.busArn] }),
          ],
        }),
      },
    })
    // It tells no more than that an alarm came, so it needs no key of its own, at a dollar a month.
    const topic = createAlarmTopic(this, environment, environment.managementAccount)
    for (const [name, pattern] of Object.entries(patterns)) {
      const ruleName = names.rule(`forward-${name}`)
      new CfnRule(this, `Forward-${name}`, {
        name: ruleName,
        description: `ssofile: forwards ${name.replace('-', ' ')}`,
        eventPattern: pattern,
        targets: [{ id: 'deployment', arn: names.busArn, roleArn: role.roleArn }],
      })
      createAlarm(
        this,
        environment,
        topic,
        deliveryAlarm({ name: ruleName }, 'the bus of the deployment', environment.name),
      )
    }
  }
}

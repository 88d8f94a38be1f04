import { Archive, EventBus } from 'aws-cdk-lib/aws-events'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { SubscriptionFilter, Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import { Duration } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { Environment } from '../../shared/domain/deployment/environment.ts'
import { notificationSource } from '../../shared/ports/event-bus.ts'
import type { DeploymentNames } from '../deployment-names.ts'

type NotificationsProps = { readonly environment: Environment; readonly names: DeploymentNames; readonly key: IKey }

/** How long a repaired receiver can replay events. */
const archiveDays = 30

/**
 * The bus of outcomes, for your own rules, and the topic that mails to receivers. It is not the bus of forwarded events from other
 * accounts: ssofile acts on nothing on this one.
 */
export function createNotifications(scope: Construct, { environment, names, key }: NotificationsProps): void {
  const bus = new EventBus(scope, 'OutcomesBus', {
    eventBusName: names.outcomesBus,
    description: `ssofile deployment ${environment.name}: outcomes of inputs and access`,
  })
  new Archive(scope, 'OutcomesArchive', {
    sourceEventBus: bus,
    archiveName: names.outcomesBus,
    eventPattern: { source: [notificationSource] },
    retention: Duration.days(archiveDays),
  })
  const topic = new Topic(scope, 'Notifications', {
    topicName: names.notificationsTopic,
    masterKey: key,
    enforceSSL: true,
    displayName: `ssofile ${environment.name}`,
  })
  // SNS has one subscription for an address, even if two receivers share it.
  const addresses = new Map<string, string[]>()
  for (const { name, mail } of environment.notifications.receivers)
    for (const address of mail) addresses.set(address, [...(addresses.get(address) ?? []), name])
  for (const [address, allowlist] of addresses)
    topic.addSubscription(
      new EmailSubscription(address, { filterPolicy: { receiver: SubscriptionFilter.stringFilter({ allowlist }) } }),
    )
}

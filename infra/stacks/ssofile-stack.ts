import { createHash } from 'node:crypto'
import { CfnEventBus, EventBus } from 'aws-cdk-lib/aws-events'
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda'
import { CustomResource, Duration, Stack, type StackProps } from 'aws-cdk-lib/core'
import type { Construct, IDependable } from 'constructs'
import { configurationOf, type Environment } from '../../shared/domain/deployment/environment.ts'
import { functionSettings } from '../../shared/ports/deployment-settings.ts'
import { workedQueues } from '../../shared/ports/queues.ts'
import type { NamedRule } from '../constructs/create-alarm.ts'
import { createAlarms } from '../constructs/create-alarms.ts'
import { createApi } from '../constructs/create-api.ts'
import { allowStart, createBucket } from '../constructs/create-bucket.ts'
import { createDashboard } from '../constructs/create-dashboard.ts'
import { createDeploymentKey } from '../constructs/create-deployment-key.ts'
import { createEventRules, createSchedules } from '../constructs/create-event-rules.ts'
import { createFunctions, type Functions, listFunctions } from '../constructs/create-functions.ts'
import { createGuard } from '../constructs/create-guard.ts'
import { createNotifications } from '../constructs/create-notifications.ts'
import { createOperatorRole } from '../constructs/create-operator-role.ts'
import { createOutputs } from '../constructs/create-outputs.ts'
import { createPage } from '../constructs/create-page.ts'
import { createQueues, type Queues } from '../constructs/create-queues.ts'
import { createTagReader } from '../constructs/create-tag-reader.ts'
import { createWatching } from '../constructs/create-watching.ts'
import { type DeploymentNames, deploymentNames } from '../deployment-names.ts'
import { eventsByOrigin, joined, usageRule } from '../wanted-events.ts'

type SsofileStackProps = StackProps & { readonly environment: Environment }

/** Everything that runs in the account and the Region of IAM Identity Center's administrator. */
export class SsofileStack extends Stack {
  constructor(scope: Construct, id: string, { environment, ...props }: SsofileStackProps) {
    super(scope, id, props)
    const names = deploymentNames(environment)
    const key = createDeploymentKey(this, environment, names)
    const queues = createQueues(this, { environment, names, key })
    const { existing } = environment.bucket
    const keyArns = [key.keyArn, ...(existing?.keyArn === undefined ? [] : [existing.keyArn])]
    createNotifications(this, { environment, names, key })
    createOperatorRole(this, { environment, names, keyArns })
    const functions = createFunctions(this, {
      environment,
      names,
      keyArns,
      variables: {
        SSOFILE_DEPLOYMENT: environment.name,
        SSOFILE_BUCKET: environment.bucket.name,
        SSOFILE_INSTANCE_ARN: environment.instanceArn,
        SSOFILE_QUEUE_URLS: this.toJsonString(
          Object.fromEntries(workedQueues.map((queue) => [queue, queues.worked[queue].queueUrl])),
        ),
        SSOFILE_BUS: names.outcomesBus,
        SSOFILE_TOPIC_ARN: names.notificationsTopicArn,
      },
    })
    const { retire } = functions
    if (retire) allowStart(retire, names)
    const bucket =
      existing === undefined
        ? createBucket(this, { environment, names, key, mayNotify: queues.worked.uploads, retire })
        : undefined
    const ready = this.#claimAndReconcile(environment, functions, bucket)
    this.#feed(functions, queues, ready)
    createSchedules(this, { environment, names, functions, after: ready })
    const eventRules = this.#receiveEvents(environment, names, queues)
    if (functions.api !== undefined) createApi(this, environment, functions.api)
    if (functions.page !== undefined && environment.page !== undefined)
      createPage(this, {
        environment,
        settings: environment.page,
        functions: [functions.page, functions.notifications],
      })
    const guard = createGuard(this, { environment, names, key })
    createAlarms(this, { environment, key, queues, functions, eventRules, guard, after: ready })
    createDashboard(this, { environment, queues, functions })
    createOutputs(this, { environment, names, key })
  }

  /**
   * Claims the bucket first. Then it compares everything once, with all the time that it needs: handlers without a view of the organization
   * would each read it, in less time than that takes. (CloudFormation User Guide, "Custom resources".)
   */
  #claimAndReconcile(environment: Environment, functions: Functions, bucket: IDependable | undefined): IDependable {
    const owner = new CustomResource(this, 'Owner', {
      serviceToken: functions.owner.functionArn,
      resourceType: 'Custom::SsofileOwner',
      serviceTimeout: Duration.minutes(5),
      // CloudFormation runs it only when a property changes. `npm run deploy` names each run, so that a deleted part of the claim
      // comes back with the same version too.
      properties: {
        configuration: hashOf(configurationOf(environment)),
        instanceArn: environment.instanceArn,
        run: this.node.tryGetContext('run'),
      },
    })
    if (bucket !== undefined) owner.node.addDependency(bucket)
    const first = new CustomResource(this, 'FirstReconcile', {
      serviceToken: functions.hourly.functionArn,
      resourceType: 'Custom::SsofileFirstReconcile',
      serviceTimeout: Duration.minutes(50),
    })
    first.node.addDependency(owner)
    return first
  }

  #feed(functions: Functions, queues: Queues, after: IDependable): void {
    for (const [name, target] of listFunctions(functions)) {
      for (const [index, source] of (functionSettings[name].queues ?? []).entries()) {
        // The first keeps its old name: CloudFormation cannot create a renamed mapping while the old one exists.
        const mapping = new EventSourceMapping(this, `Source-${name}${index === 0 ? '' : `-${source.name}`}`, {
          target,
          eventSourceArn: queues.worked[source.name].queueArn,
          batchSize: source.batchSize,
          ...(source.batchingWindowSeconds && { maxBatchingWindow: Duration.seconds(source.batchingWindowSeconds) }),
          reportBatchItemFailures: true,
          maxConcurrency: source.maximumConcurrency,
        })
        mapping.node.addDependency(after)
      }
    }
  }

  /** This account's own events, and those that the management account forwards. */
  #receiveEvents(
    environment: Environment,
    names: DeploymentNames,
    { worked: { events, usage } }: Queues,
  ): readonly NamedRule[] {
    const { own, forwarded } = eventsByOrigin(environment, names)
    const patterns = joined([...forwarded.values()])
    const bus = forwarded.size === 0 ? undefined : this.#createBus(environment, names, [...forwarded.keys()])
    if (usageRule in own) createWatching(this, names)
    if (!forwarded.has(names.organizationRegion)) createTagReader(this, environment, names)
    return createEventRules(this, {
      names,
      queueOf: (rule) => (rule === usageRule ? usage : events),
      rules: {
        own: { patterns: own },
        ...(bus && { forwarded: { patterns, bus, account: environment.managementAccount } }),
      },
    })
  }

  #createBus(environment: Environment, names: DeploymentNames, regions: readonly string[]): EventBus {
    const bus = new EventBus(this, 'Bus', { eventBusName: names.bus })
    const resource = bus.node.defaultChild
    if (!(resource instanceof CfnEventBus)) throw new Error('the bus has no resource')
    resource.policy = {
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'ManagementAccountForwards',
          Effect: 'Allow',
          Principal: { AWS: `arn:${names.partition}:iam::${environment.managementAccount}:root` },
          Action: 'events:PutEvents',
          Resource: names.busArn,
          Condition: { ArnEquals: { 'aws:PrincipalArn': regions.map((region) => names.forwarderArn(region)) } },
        },
      ],
    }
    return bus
  }
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex')
}

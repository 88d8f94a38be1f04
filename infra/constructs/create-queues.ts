import {
  AccountPrincipal,
  AnyPrincipal,
  Effect,
  type IPrincipal,
  PolicyStatement,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { DeduplicationScope, FifoThroughputLimit, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Duration } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { Environment } from '../../shared/domain/deployment/environment.ts'
import {
  deadLetterSettings,
  defaultRetentionSeconds,
  type QueueSettings,
  queueSettings,
} from '../../shared/ports/deployment-settings.ts'
import { isFifo, type QueueName, type WorkedQueue, workedQueues } from '../../shared/ports/queues.ts'
import { acknowledge } from '../acknowledge.ts'
import type { DeploymentNames } from '../deployment-names.ts'
import { producersOf } from '../function-permissions.ts'

type QueuesProps = { readonly environment: Environment; readonly names: DeploymentNames; readonly key: IKey }
export type Queues = {
  readonly worked: Readonly<Record<WorkedQueue, Queue>>
  readonly dead: Readonly<Partial<Record<WorkedQueue, Queue>>>
}

/** The queues of a deployment and their dead-letter queues, each open only to its producers. */
export function createQueues(scope: Construct, props: QueuesProps): Queues {
  const dead: Partial<Record<WorkedQueue, Queue>> = {}
  const worked: Partial<Record<WorkedQueue, Queue>> = {}
  for (const name of workedQueues) {
    const { maxReceiveCount } = queueSettings[name]
    if (name !== 'dispatch' && maxReceiveCount !== undefined) {
      dead[name] = createQueue(scope, `${name}-dead`, deadLetterSettings, props)
      allowOperators(dead[name], props)
    }
    const deadLetters = dead[name]
    const queue = createQueue(scope, name, queueSettings[name], props, deadLetters)
    worked[name] = queue
    restrictProducers(queue, name, props)
    if (deadLetters === undefined)
      acknowledge(queue, { 'AwsSolutions-SQS3': 'a wake that is lost is replaced within a minute by the schedule' })
    else allowOperators(queue, props)
  }
  return { worked: worked as Record<WorkedQueue, Queue>, dead }
}

function createQueue(
  scope: Construct,
  name: QueueName,
  { visibilityTimeoutSeconds, maxReceiveCount, retentionSeconds }: QueueSettings,
  { names, key }: QueuesProps,
  deadLetters?: Queue,
): Queue {
  return new Queue(scope, `Queue-${name}`, {
    queueName: names.queue(name),
    visibilityTimeout: Duration.seconds(visibilityTimeoutSeconds),
    retentionPeriod: Duration.seconds(retentionSeconds ?? defaultRetentionSeconds),
    encryption: QueueEncryption.KMS,
    encryptionMasterKey: key,
    enforceSSL: true,
    ...(deadLetters === undefined || maxReceiveCount === undefined
      ? {}
      : { deadLetterQueue: { queue: deadLetters, maxReceiveCount } }),
    ...(isFifo(name)
      ? {
          fifo: true,
          // High throughput: otherwise a queue accepts 300 calls a second. (SQS Developer Guide, "High throughput for FIFO queues".)
          deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
          fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
        }
      : {}),
  })
}

/** Denies all people and other roles, in spite of their own policies: the sender of a hint chooses the work. */
function restrictProducers(queue: Queue, name: WorkedQueue, { names }: QueuesProps): void {
  const producers = producersOf(name).map((producer) => names.roleArn(producer))
  queue.addToResourcePolicy(
    new PolicyStatement({
      sid: 'OnlyProducersSend',
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: ['sqs:SendMessage'],
      resources: [queue.queueArn],
      conditions: {
        ...(producers.length === 0 ? {} : { ArnNotLike: { 'aws:PrincipalArn': producers } }),
        // A service has no principal ARN; the statements below limit services.
        Bool: { 'aws:PrincipalIsAWSService': 'false' },
      },
    }),
  )
  if (name === 'uploads')
    allowService(queue, 's3', {
      ArnEquals: { 'aws:SourceArn': names.bucketArn },
      StringEquals: { 'aws:SourceAccount': names.bucketAccount },
    })
}

/** Lets a service send, only for these sources. */
export function allowService(
  queue: Queue,
  service: string,
  conditions: Record<string, Record<string, string | string[]>>,
): void {
  const principals: IPrincipal[] = [new ServicePrincipal(`${service}.amazonaws.com`)]
  queue.addToResourcePolicy(
    new PolicyStatement({
      sid: 'ServiceSends',
      effect: Effect.ALLOW,
      principals,
      actions: ['sqs:SendMessage'],
      resources: [queue.queueArn],
      conditions,
    }),
  )
}

/** For `ssofile doctor`. Operators of other accounts need it here, too. */
function allowOperators(queue: Queue, { environment }: QueuesProps): void {
  const { operators } = environment.access
  if (operators.length === 0) return
  const accounts = [...new Set(operators.map((arn) => arn.split(':')[4] ?? ''))]
  queue.addToResourcePolicy(
    new PolicyStatement({
      sid: 'Operators',
      effect: Effect.ALLOW,
      principals: accounts.map((account) => new AccountPrincipal(account)),
      actions: ['sqs:GetQueueAttributes'],
      resources: [queue.queueArn],
      conditions: { ArnLike: { 'aws:PrincipalArn': operators } },
    }),
  )
}

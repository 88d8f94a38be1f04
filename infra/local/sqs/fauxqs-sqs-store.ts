import { createHash } from 'node:crypto'
import { queueNameOnTheWire } from '../../../shared/aws/queue-name-on-the-wire.ts'
import type { MemoryQueue, StoredMessage } from '../../../shared/memory/sqs/memory-queue.ts'
import type { MemoryQueues } from '../../../shared/memory/sqs/memory-queues.ts'
import { defaultRetentionSeconds } from '../../../shared/ports/deployment-settings.ts'
import type { QueueName } from '../../../shared/ports/queues.ts'
import { ServiceError } from '../../../shared/ports/service-error.ts'
import { localAccountId, queueArn } from '../local-account.ts'
import { currentRequest } from '../local-request.ts'
import { renderSequenceNumber } from './sequence-number.ts'

/** The methods of fauxqs's `SqsQueue` that its SQS actions call, on our own queue. Sending is not served by fauxqs. */
export class FauxqsQueue {
  readonly name: string
  readonly arn: string
  readonly tags = new Map<string, string>()
  /** fauxqs reads it like a Map: the messages in flight, and the message of a receipt handle. */
  readonly inflightMessages: {
    has(receiptHandle: string): boolean
    get(receiptHandle: string): { readonly message: object } | undefined
  }
  readonly model: MemoryQueue
  readonly #queues: MemoryQueues
  readonly #shutDown: AbortSignal

  constructor(queues: MemoryQueues, name: QueueName, shutDown: AbortSignal) {
    this.#queues = queues
    this.model = queues.queue(name)
    this.#shutDown = shutDown
    this.name = queueNameOnTheWire(name)
    this.arn = queueArn(this.name)
    this.inflightMessages = {
      has: (receiptHandle) => this.model.find(receiptHandle)?.visibleAt !== undefined,
      get: (receiptHandle) => {
        const message = this.model.find(receiptHandle)
        return message && { message: systemAttributesOf(message) }
      },
    }
  }

  get url(): string {
    return `http://${currentRequest().host}/${localAccountId}/${this.name}`
  }

  get attributes(): Record<string, string> {
    const { settings, isFifo } = this.model
    const { maxReceiveCount } = settings
    const dead = this.name.replace(/(\.fifo)?$/, '-dead$1')
    return {
      VisibilityTimeout: String(settings.visibilityTimeoutSeconds),
      DelaySeconds: '0',
      MaximumMessageSize: '1048576',
      MessageRetentionPeriod: String(settings.retentionSeconds ?? defaultRetentionSeconds),
      ReceiveMessageWaitTimeSeconds: '0',
      ...(isFifo ? { FifoQueue: 'true', ContentBasedDeduplication: 'false' } : {}),
      ...(maxReceiveCount === undefined
        ? {}
        : { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: queueArn(dead), maxReceiveCount }) }),
    }
  }

  isFifo(): boolean {
    return this.model.isFifo
  }

  getAllAttributes(requested: readonly string[]): Record<string, string> {
    const { visible, inFlight } = this.model.counts()
    const all: Record<string, string> = {
      ...this.attributes,
      QueueArn: this.arn,
      ApproximateNumberOfMessages: String(visible),
      ApproximateNumberOfMessagesNotVisible: String(inFlight),
      ApproximateNumberOfMessagesDelayed: '0',
    }
    if (requested.includes('All')) return all
    return Object.fromEntries(Object.entries(all).filter(([name]) => requested.includes(name)))
  }

  getAttribute(name: string): string | undefined {
    return this.getAllAttributes([name])[name]
  }

  setAttributes(): void {
    throw new ServiceError('sqs', 'AccessDenied', 'The local queues have the settings of a deployment')
  }

  dequeue(most: number, visibilityTimeoutSeconds?: number): readonly object[] {
    if (currentRequest().signal.aborted) return [] // the caller has hung up
    return this.model
      .receive({ most, visibilityTimeoutSeconds })
      .map(({ messageId, receiptHandle, body, senderId, ...rest }) =>
        withSender(senderId, {
          MessageId: messageId,
          ReceiptHandle: receiptHandle,
          MD5OfBody: createHash('md5').update(body).digest('hex'),
          Body: body,
          ...(rest.messageAttributes && { MessageAttributes: rest.messageAttributes }),
        }),
      )
  }

  async waitForMessages(seconds: number): Promise<void> {
    const signal = AbortSignal.any([currentRequest().signal, this.#shutDown])
    await this.#queues.waitForMessages(this.model.name, seconds, signal)
  }

  deleteMessage(receiptHandle: string): boolean {
    this.model.delete(receiptHandle)
    return true
  }

  changeVisibility(receiptHandle: string, seconds: number): void {
    this.model.changeVisibility(receiptHandle, seconds)
  }

  purge(): void {
    this.model.purge()
  }

  inspectMessages() {
    const messages = this.model.messages()
    return {
      ready: messages.filter(({ visibleAt }) => visibleAt === undefined),
      delayed: [],
      inflight: messages.filter(({ visibleAt }) => visibleAt !== undefined),
    }
  }
}

/** The methods of fauxqs's `SqsStore` that its app and actions call: exactly our queues; none can be added or removed. */
export class FauxqsSqsStore {
  readonly #queues: ReadonlyMap<string, FauxqsQueue>
  readonly #shutDown = new AbortController()

  constructor(queues: MemoryQueues) {
    const all = queues.names.map((name) => new FauxqsQueue(queues, name, this.#shutDown.signal))
    this.#queues = new Map(all.map((queue) => [queue.name, queue]))
  }

  createQueue(name: string): never {
    const names = [...this.#queues.keys()].join(', ')
    throw new ServiceError('sqs', 'AccessDenied', `There is no queue '${name}' here, only ${names}`)
  }

  deleteQueue(): never {
    throw new ServiceError('sqs', 'AccessDenied', 'The queues stay as long as the local system runs')
  }

  buildQueueUrl(name: string): string {
    return name
  }

  getQueue(url: string): FauxqsQueue | undefined {
    return this.getQueueByName(url.slice(url.lastIndexOf('/') + 1))
  }

  getQueueByName(name: string): FauxqsQueue | undefined {
    return this.#queues.get(name)
  }

  getQueueByArn(arn: string): FauxqsQueue | undefined {
    return this.getQueueByName(arn.slice(arn.lastIndexOf(':') + 1))
  }

  listQueues(prefix = '', most = 1000, nextToken = ''): { queues: FauxqsQueue[]; nextToken?: string } {
    const named = [...this.#queues.values()].filter(({ name }) => name.startsWith(prefix) && name > nextToken)
    const queues = named.sort((a, b) => (a.name < b.name ? -1 : 1)).slice(0, most)
    const last = queues.at(-1)
    return { queues, ...(queues.length < named.length && last ? { nextToken: last.name } : {}) }
  }

  inspectQueue(name: string) {
    const queue = this.getQueueByName(name)
    if (queue === undefined) return undefined
    const { url, arn } = queue
    return { name, url, arn, attributes: queue.getAllAttributes(['All']), messages: queue.inspectMessages() }
  }

  /** fauxqs calls it before the server closes: ends all long polls. */
  shutdown(): void {
    this.#shutDown.abort()
  }
}

/** fauxqs adds the system attributes to a message, with the same `SenderId` for all. */
function withSender(senderId: string | undefined, message: object): object {
  let attributes: Readonly<Record<string, string>> | undefined
  return Object.defineProperty(message, 'Attributes', {
    enumerable: true,
    get: () => attributes,
    set: (given: Readonly<Record<string, string>>) => {
      attributes = senderId !== undefined && 'SenderId' in given ? { ...given, SenderId: senderId } : given
    },
  })
}

function systemAttributesOf(message: StoredMessage): object {
  return {
    sentTimestamp: message.sentAt,
    approximateReceiveCount: message.receiveCount,
    approximateFirstReceiveTimestamp: message.firstReceivedAt,
    messageGroupId: message.groupId,
    messageDeduplicationId: message.deduplicationId,
    sequenceNumber: message.groupId === undefined ? undefined : renderSequenceNumber(message.sequence),
  }
}

import { escapeBody } from '../../domain/messages/message-body.ts'
import type { Clock } from '../../ports/clock.ts'
import { deadLetterSettings, type QueueSettings, queueSettings } from '../../ports/deployment-settings.ts'
import {
  type DeadLetterQueue,
  type QueueName,
  type Queues,
  type ReceivedMessage,
  type ReceiveOptions,
  type WorkedQueue,
  workedQueues,
} from '../../ports/queues.ts'
import type { Randomness } from '../../ports/randomness.ts'
import { isServiceError, ServiceError } from '../../ports/service-error.ts'
import { SeededRandomness } from '../seeded-randomness.ts'
import { memoryTables, type OpenTable } from '../table.ts'
import { type DeliveredMessage, MemoryQueue, type NewMessage } from './memory-queue.ts'

export type MemoryQueuesOptions = {
  readonly clock: Clock
  readonly randomness?: Randomness
  readonly openTable?: OpenTable
  /** Deviations from `queueSettings`. */
  readonly settings?: Partial<Readonly<Record<WorkedQueue, QueueSettings>>>
}

const waitMostSeconds = 20
const batchMost = 10

/** SQS with the queues of `ports/queues.ts`, on the given clock. */
export class MemoryQueues implements Queues {
  readonly #clock: Clock
  readonly #queues = new Map<QueueName, MemoryQueue>()

  constructor({
    clock,
    randomness = new SeededRandomness(0),
    openTable = memoryTables,
    settings,
  }: MemoryQueuesOptions) {
    this.#clock = clock
    const open = (name: QueueName, ofQueue: QueueSettings, deadLetterQueue?: MemoryQueue) => {
      const queue = new MemoryQueue({ name, settings: ofQueue, clock, randomness, openTable, deadLetterQueue })
      this.#queues.set(name, queue)
      return queue
    }
    for (const name of workedQueues) {
      const dead = deadLetterQueueOf(name)
      open(name, settings?.[name] ?? queueSettings[name], dead && open(dead, deadLetterSettings))
    }
  }

  get names(): readonly QueueName[] {
    return [...this.#queues.keys()]
  }

  /** The queue under the port, for all of the SQS protocol that the port lacks. */
  queue(name: QueueName): MemoryQueue {
    const queue = this.#queues.get(name)
    if (queue === undefined) throw new ServiceError('sqs', 'QueueDoesNotExist', `There is no queue ${name}.`)
    return queue
  }

  async send(name: QueueName, messages: readonly NewMessage[]): Promise<void> {
    const queue = this.queue(name)
    for (let start = 0; start < messages.length; start += batchMost) {
      const refusals = messages
        .slice(start, start + batchMost)
        .flatMap((message) => refusalOf(() => queue.send({ ...message, body: escapeBody(message.body) })))
      const [first] = refusals
      if (first !== undefined) {
        throw new ServiceError(
          'sqs',
          first.code,
          `${refusals.length} of ${messages.length} messages were not accepted by ${name}: ${first.message}`,
          { cause: first },
        )
      }
    }
  }

  async receive(name: QueueName, options: ReceiveOptions): Promise<readonly ReceivedMessage[]> {
    checkWait(options.waitSeconds)
    return (await this.receiveDelivered(name, options)).map(toReceivedMessage)
  }

  /** Like `receive`, with everything that SQS knows of a message, and with any waiting time. */
  async receiveDelivered(
    name: QueueName,
    { most, waitSeconds, signal }: ReceiveOptions,
  ): Promise<readonly DeliveredMessage[]> {
    const queue = this.queue(name)
    // SQS Developer Guide, "Amazon SQS message quotas": only a short poll of a standard queue gets this error.
    if (!queue.isFifo && waitSeconds === 0 && queue.isOverLimit)
      throw new ServiceError('sqs', 'OverLimit', 'Too many messages in flight')
    const until = this.#clock.now().getTime() + waitSeconds * 1000
    for (;;) {
      await this.#waitUntil(queue, until, signal)
      if (signal?.aborted) return []
      const delivered = queue.receive({ most })
      if (delivered.length > 0 || this.#clock.now().getTime() >= until) return delivered
    }
  }

  async delete(name: QueueName, receiptHandle: string): Promise<void> {
    this.queue(name).delete(receiptHandle)
  }

  async changeVisibility(name: QueueName, receiptHandles: readonly string[], seconds: number): Promise<void> {
    const queue = this.queue(name)
    const [refusal] = receiptHandles.flatMap((one) => refusalOf(() => queue.changeVisibility(one, seconds)))
    if (refusal) throw refusal
  }

  /** Resolves when a receive would find a message, after `seconds` (0 to 20), or when `signal` is aborted. */
  async waitForMessages(name: QueueName, seconds: number, signal?: AbortSignal): Promise<void> {
    checkWait(seconds)
    await this.#waitUntil(this.queue(name), this.#clock.now().getTime() + seconds * 1000, signal)
  }

  async #waitUntil(queue: MemoryQueue, until: number, signal: AbortSignal | undefined): Promise<void> {
    const now = () => this.#clock.now().getTime()
    while (!queue.isAvailable && now() < until && !signal?.aborted) {
      const woken = new AbortController()
      // With a reason, since without one Node creates an exception with its stack.
      const wake = () => woken.abort('woken')
      const stopListening = queue.onAvailable(wake)
      signal?.addEventListener('abort', wake)
      await this.#clock.sleep(Math.min(until, queue.nextReturnAt() ?? until) - now(), woken.signal)
      signal?.removeEventListener('abort', wake)
      stopListening()
    }
  }
}

function checkWait(seconds: number): void {
  if (!(seconds <= waitMostSeconds))
    throw new ServiceError('sqs', 'InvalidParameterValue', 'WaitTimeSeconds must be between 0 and 20.')
}

function deadLetterQueueOf(name: WorkedQueue): DeadLetterQueue | undefined {
  return name === 'dispatch' ? undefined : `${name}-dead`
}

function refusalOf(entry: () => unknown): readonly ServiceError[] {
  try {
    entry()
    return []
  } catch (error) {
    if (isServiceError(error)) return [error]
    throw error
  }
}

function toReceivedMessage(message: DeliveredMessage): ReceivedMessage {
  const { messageId, receiptHandle, body, groupId, receiveCount, sentAt, senderId } = message
  return { messageId, receiptHandle, body, receiveCount, sentAt: new Date(sentAt), groupId, senderId }
}

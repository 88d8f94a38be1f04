import {
  type BatchResultErrorEntry,
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { escapeBody } from '../domain/messages/message-body.ts'
import type { OutgoingMessage, QueueName, Queues, ReceivedMessage, ReceiveOptions } from '../ports/queues.ts'
import { ServiceError } from '../ports/service-error.ts'
import { answerOf, answerOrAbsent } from './answers.ts'

// SQS Developer Guide, "Amazon SQS message quotas": ten messages and 1 MiB in all.
const batchMost = 10
const batchMostBytes = 1_048_576
/** The most calls under way at once: the hints of a link on 7,000 accounts are 700 calls, ten seconds one by one. */
export const linesMost = 10

/** Queues in SQS, over a client whose request timeout must be longer than the longest poll. */
export class SqsQueues implements Queues {
  readonly #client: SQSClient
  readonly #urlOf: (queue: QueueName) => string

  constructor(client: SQSClient, urlOf: (queue: QueueName) => string) {
    this.#client = client
    this.#urlOf = urlOf
  }

  async send(queue: QueueName, messages: readonly OutgoingMessage[]): Promise<void> {
    const sendLine = async (line: readonly OutgoingMessage[]) => {
      for (const batch of batchesOf(line)) await this.#sendBatch(queue, batch, messages.length)
    }
    // Wait for all lines, so that nothing is sent after this has failed.
    const escaped = messages.map((message) => ({ ...message, body: escapeBody(message.body) }))
    const ended = await Promise.allSettled(linesOf(escaped).map(sendLine))
    const failed = ended.find((line) => line.status === 'rejected')
    if (failed) throw failed.reason
  }

  async receive(queue: QueueName, options: ReceiveOptions): Promise<readonly ReceivedMessage[]> {
    if (options.signal?.aborted) return []
    const input: ReceiveMessageCommandInput = {
      QueueUrl: this.#urlOf(queue),
      MaxNumberOfMessages: options.most,
      WaitTimeSeconds: options.waitSeconds,
      MessageSystemAttributeNames: ['ApproximateReceiveCount', 'SentTimestamp', 'MessageGroupId', 'SenderId'],
    }
    const call = this.#client.send(new ReceiveMessageCommand(input), { abortSignal: options.signal })
    const output = await answerOrAbsent('sqs', call, () => options.signal?.aborted ?? false)
    return (output?.Messages ?? []).map(toReceivedMessage)
  }

  async delete(queue: QueueName, receiptHandle: string): Promise<void> {
    const call = this.#client.send(
      new DeleteMessageCommand({ QueueUrl: this.#urlOf(queue), ReceiptHandle: receiptHandle }),
    )
    await answerOrAbsent('sqs', call, isOutdated)
  }

  async changeVisibility(queue: QueueName, receiptHandles: readonly string[], seconds: number): Promise<void> {
    const Entries = receiptHandles.map((ReceiptHandle, index) => ({
      Id: String(index),
      ReceiptHandle,
      VisibilityTimeout: seconds,
    }))
    const call = this.#client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.#urlOf(queue), Entries }))
    const { Failed = [] } = await answerOf('sqs', call)
    throwFirst(Failed, `of ${receiptHandles.length} messages of ${queue} could not be held back`)
  }

  async #sendBatch(queue: QueueName, batch: readonly OutgoingMessage[], total: number): Promise<void> {
    const Entries = batch.map(({ body, groupId, deduplicationId }, index) => {
      const fifo = { MessageGroupId: groupId, MessageDeduplicationId: deduplicationId }
      return { Id: String(index), MessageBody: body, ...fifo }
    })
    const call = this.#client.send(new SendMessageBatchCommand({ QueueUrl: this.#urlOf(queue), Entries }))
    const { Failed = [] } = await answerOf('sqs', call)
    throwFirst(Failed, `of ${total} messages were not accepted by ${queue}`)
  }
}

/** Throws if SQS failed some entries of a batch. */
function throwFirst(failed: readonly BatchResultErrorEntry[], told: string): void {
  const [first] = failed
  if (first === undefined) return
  throw new ServiceError('sqs', first.Code ?? 'Unknown', `${failed.length} ${told}: ${first.Message ?? ''}`)
}

/** Divides the messages into one line for each batch, at most `linesMost`. The messages of one group stay in one line, in order. */
function linesOf(messages: readonly OutgoingMessage[]): readonly (readonly OutgoingMessage[])[] {
  const wanted = Math.min(linesMost, Math.ceil(messages.length / batchMost))
  const lines: OutgoingMessage[][] = Array.from({ length: wanted }, () => [])
  let next = 0
  for (const group of Map.groupBy(messages, ({ groupId }) => groupId).values()) {
    const line = lines[next++ % wanted]
    for (const message of group) line?.push(message)
  }
  return lines
}

/**
 * Divides the messages into batches, in order, each as large as SQS permits. A message that is too large is alone in its batch, so that SQS
 * refuses only it.
 */
function batchesOf(messages: readonly OutgoingMessage[]): readonly (readonly OutgoingMessage[])[] {
  const batches: OutgoingMessage[][] = []
  let bytesInLast = 0
  for (const message of messages) {
    const bytes = Buffer.byteLength(message.body)
    const last = batches.at(-1)
    if (last === undefined || last.length >= batchMost || bytesInLast + bytes > batchMostBytes) {
      batches.push([message])
      bytesInLast = bytes
    } else {
      last.push(message)
      bytesInLast += bytes
    }
  }
  return batches
}

function toReceivedMessage({ MessageId, ReceiptHandle, Body, Attributes }: Message): ReceivedMessage {
  const { ApproximateReceiveCount, SentTimestamp, MessageGroupId, SenderId } = Attributes ?? {}
  if (MessageId === undefined || ReceiptHandle === undefined || Body === undefined)
    throw new ServiceError('sqs', 'IncompleteAnswer', 'SQS left out the id, receipt handle or body of a message')
  return {
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    receiveCount: Number(ApproximateReceiveCount),
    sentAt: new Date(Number(SentTimestamp)),
    groupId: MessageGroupId,
    senderId: SenderId,
  }
}

// A FIFO queue refuses an expired receipt handle, and a standard queue does nothing. Callers treat both alike. (SQS API Reference,
// "DeleteMessage".)
function isOutdated({ code, message }: ServiceError): boolean {
  return code === 'ReceiptHandleIsInvalid' || /receipt handle has expired/i.test(message)
}

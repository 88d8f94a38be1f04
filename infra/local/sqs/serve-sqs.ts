import { createHash } from 'node:crypto'
import * as z from 'zod'
import { queueNameOnTheWire } from '../../../shared/aws/queue-name-on-the-wire.ts'
import type { MemoryQueue } from '../../../shared/memory/sqs/memory-queue.ts'
import { workedQueues } from '../../../shared/ports/queues.ts'
import { isServiceError, ServiceError } from '../../../shared/ports/service-error.ts'
import { currentRequest } from '../local-request.ts'
import type { FauxqsQueue, FauxqsSqsStore } from './fauxqs-sqs-store.ts'
import { renderSequenceNumber } from './sequence-number.ts'

const attribute = z.object({
  DataType: z.string(),
  StringValue: z.string().optional(),
  BinaryValue: z.string().optional(),
})
const entry = z.object({
  MessageBody: z.string().default(''),
  MessageGroupId: z.string().optional(),
  MessageDeduplicationId: z.string().optional(),
  MessageAttributes: z.record(z.string(), attribute).optional(),
  DelaySeconds: z.number().optional(),
})
type Entry = z.infer<typeof entry>
const sendMessage = entry.extend({ QueueUrl: z.string() })
const sendMessageBatch = z.object({
  QueueUrl: z.string(),
  Entries: z.array(entry.extend({ Id: z.string() })).default([]),
})
const changeVisibilityBatch = z.object({
  QueueUrl: z.string(),
  Entries: z.array(z.object({ Id: z.string(), ReceiptHandle: z.string(), VisibilityTimeout: z.number() })).default([]),
})
const createQueue = z.object({ QueueName: z.string(), Attributes: z.record(z.string(), z.string()).default({}) })

// SQS Developer Guide, "Amazon SQS message quotas".
const batchMost = 10
const batchMostBytes = 1_048_576

/**
 * Answers requests that fauxqs would get wrong, and leaves the rest to it. fauxqs refuses message bodies with characters beyond U+FFFF,
 * which SQS accepts, and CreateQueue of an existing queue; its batches report other errors than its single calls. `undefined`: not
 * answered. Throws ServiceError.
 */
export function serveSqs(store: FauxqsSqsStore, target: string, body: unknown): object | undefined {
  switch (target) {
    case 'AmazonSQS.SendMessage': {
      const { QueueUrl, ...message } = parse(sendMessage, body)
      checkMaySend(QueueUrl)
      return send(queueAt(store, QueueUrl).model, message)
    }
    case 'AmazonSQS.SendMessageBatch': {
      const { QueueUrl, Entries } = parse(sendMessageBatch, body)
      checkMaySend(QueueUrl)
      return sendBatch(queueAt(store, QueueUrl).model, Entries)
    }
    case 'AmazonSQS.ChangeMessageVisibilityBatch': {
      const { QueueUrl, Entries } = parse(changeVisibilityBatch, body)
      const queue = queueAt(store, QueueUrl).model
      checkBatch(Entries)
      return serveEach(Entries, ({ ReceiptHandle, VisibilityTimeout }) => {
        queue.changeVisibility(ReceiptHandle, VisibilityTimeout)
        return {}
      })
    }
    case 'AmazonSQS.CreateQueue': {
      const { QueueName, Attributes } = parse(createQueue, body)
      return describeExisting(store.getQueueByName(QueueName), Attributes)
    }
    default:
      return undefined
  }
}

const workedNames = new Set(workedQueues.map((queue) => queueNameOnTheWire(queue)))

/**
 * 'OnlyProducersSend' in the policies of the worked queues: nobody but ssofile, whose functions here are `ssofile` and its own roles
 * (create-queues.ts). Throws ServiceError AccessDenied.
 */
function checkMaySend(url: string): void {
  const { accessKeyId = '' } = currentRequest()
  const queue = url.slice(url.lastIndexOf('/') + 1)
  if (/^ssofile(-|$)/.test(accessKeyId) || !workedNames.has(queue)) return
  throw refusal(
    'AccessDenied',
    `User: ${accessKeyId} is not authorized to perform: sqs:SendMessage on resource: ${queue} with an explicit deny in a resource-based policy`,
  )
}

function send(queue: MemoryQueue, message: Entry): object {
  const { MessageBody, MessageGroupId, MessageDeduplicationId, MessageAttributes, DelaySeconds = 0 } = message
  if (DelaySeconds > 0) throw refusal('UnsupportedOperation', 'The local queues do not delay messages')
  const { senderId, traceHeader } = currentRequest()
  const { messageId, sequence } = queue.send({
    body: MessageBody,
    groupId: MessageGroupId,
    deduplicationId: MessageDeduplicationId,
    messageAttributes: MessageAttributes,
    senderId,
    traceHeader,
  })
  return {
    MessageId: messageId,
    MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
    ...(queue.isFifo ? { SequenceNumber: renderSequenceNumber(sequence) } : {}),
  }
}

function sendBatch(queue: MemoryQueue, entries: readonly (Entry & { readonly Id: string })[]): object {
  checkBatch(entries)
  if (entries.reduce((bytes, { MessageBody }) => bytes + Buffer.byteLength(MessageBody), 0) > batchMostBytes)
    throw refusal('BatchRequestTooLong', `Batch requests cannot be longer than ${batchMostBytes} bytes.`)
  return serveEach(entries, (message) => send(queue, message))
}

/** A refused entry is reported, and the others are done. */
function serveEach<E extends { readonly Id: string }>(entries: readonly E[], serve: (entry: E) => object): object {
  const Successful: object[] = []
  const Failed: object[] = []
  for (const entry of entries) {
    const { Id } = entry
    try {
      Successful.push({ Id, ...serve(entry) })
    } catch (error) {
      if (!isServiceError(error)) throw error
      Failed.push({ Id, SenderFault: true, Code: error.code, Message: error.message })
    }
  }
  return { Successful, Failed }
}

function checkBatch(entries: readonly { readonly Id: string }[]): void {
  if (entries.length === 0) throw refusal('EmptyBatchRequest', 'There should be at least one entry in the request.')
  if (entries.length > batchMost)
    throw refusal('TooManyEntriesInBatchRequest', `Maximum number of entries per request are ${batchMost}.`)
  if (new Set(entries.map(({ Id }) => Id)).size < entries.length)
    throw refusal('BatchEntryIdsNotDistinct', 'Two or more batch entries in the request have the same Id.')
  if (entries.some(({ Id }) => !/^[\w-]{1,80}$/.test(Id)))
    throw refusal('InvalidBatchEntryId', 'A batch entry id can only contain alphanumeric characters, - and _.')
}

/** Only the attributes in the request must agree; fauxqs would also compare defaults. */
function describeExisting(
  queue: FauxqsQueue | undefined,
  wanted: Readonly<Record<string, string>>,
): object | undefined {
  if (queue === undefined) return undefined
  const attributes = queue.attributes
  const other = Object.entries(wanted).find(([name, value]) => name in attributes && attributes[name] !== value)
  if (other === undefined) return { QueueUrl: queue.url }
  throw refusal('QueueNameExists', `A queue already exists with the same name and a different value for ${other[0]}`)
}

function queueAt(store: FauxqsSqsStore, url: string): FauxqsQueue {
  const queue = store.getQueue(url)
  if (queue === undefined) throw refusal('QueueDoesNotExist', 'The specified queue does not exist.')
  return queue
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  throw refusal('InvalidParameterValue', z.prettifyError(result.error))
}

function refusal(code: string, message: string): ServiceError {
  return new ServiceError('sqs', code, message)
}

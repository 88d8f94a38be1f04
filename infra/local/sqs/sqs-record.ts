import { hash } from 'node:crypto'
import type { SQSRecord } from 'aws-lambda'
import { queueNameOnTheWire } from '../../../shared/aws/queue-name-on-the-wire.ts'
import type { DeliveredMessage } from '../../../shared/memory/sqs/memory-queue.ts'
import type { QueueName } from '../../../shared/ports/queues.ts'
import { localAccountId, localRegion, queueArn } from '../local-account.ts'
import { renderSequenceNumber } from './sequence-number.ts'

/** One message in the form of a Lambda event. Source: Lambda Developer Guide, "Using Lambda with Amazon SQS". */
export function toSqsRecord(queue: QueueName, message: DeliveredMessage): SQSRecord {
  const { messageId, receiptHandle, body, receiveCount, sentAt, firstReceivedAt = sentAt } = message
  return {
    messageId,
    receiptHandle,
    body,
    attributes: {
      ApproximateReceiveCount: String(receiveCount),
      SentTimestamp: String(sentAt),
      SenderId: message.senderId ?? localAccountId,
      ApproximateFirstReceiveTimestamp: String(firstReceivedAt),
      AWSTraceHeader: message.traceHeader,
      ...(message.groupId === undefined
        ? {}
        : {
            SequenceNumber: renderSequenceNumber(message.sequence),
            MessageGroupId: message.groupId,
            MessageDeduplicationId: message.deduplicationId,
          }),
    },
    messageAttributes: {},
    md5OfBody: hash('md5', body),
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn(queueNameOnTheWire(queue)),
    awsRegion: localRegion,
  }
}

import type { OutgoingMessage } from '../../ports/queues.ts'
import { ServiceError } from '../../ports/service-error.ts'

// SQS Developer Guide, "Amazon SQS message quotas": body and attributes together.
const messageMostBytes = 1_048_576
// SQS API Reference, "SendMessage", MessageBody, MessageGroupId and MessageDeduplicationId.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these three are the control characters that SQS accepts
const forbidden = /[^\x09\x0a\x0d\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u
const identifier = /^[\x21-\x7e]{1,128}$/

/** Throws ServiceError with SQS's code for such a message. */
export function checkMessage(
  { body, groupId, deduplicationId }: OutgoingMessage,
  { isFifo }: { readonly isFifo: boolean },
): void {
  if (body === '')
    throw new ServiceError('sqs', 'MissingParameter', 'The request must contain the parameter MessageBody.')
  if (forbidden.test(body)) throw new ServiceError('sqs', 'InvalidMessageContents', 'Invalid characters found.')
  const bytes = Buffer.byteLength(body)
  if (bytes > messageMostBytes)
    throw invalid(`One or more parameters are invalid. Reason: Message must be shorter than ${messageMostBytes} bytes.`)
  if (!isFifo) {
    if (groupId !== undefined) throw notForThisQueueType('MessageGroupId', groupId)
    if (deduplicationId !== undefined) throw notForThisQueueType('MessageDeduplicationId', deduplicationId)
    return
  }
  if (groupId === undefined)
    throw new ServiceError('sqs', 'MissingParameter', 'The request must contain the parameter MessageGroupId.')
  if (deduplicationId === undefined) {
    throw invalid(
      'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    )
  }
  checkIdentifier('MessageGroupId', groupId)
  checkIdentifier('MessageDeduplicationId', deduplicationId)
}

function checkIdentifier(parameter: string, value: string): void {
  if (identifier.test(value)) return
  throw invalid(
    `Value ${value} for parameter ${parameter} is invalid. Reason: ${parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
  )
}

function notForThisQueueType(parameter: string, value: string): ServiceError {
  return invalid(
    `Value ${value} for parameter ${parameter} is invalid. Reason: The request include parameter that is not valid for this queue type.`,
  )
}

export function invalid(message: string): ServiceError {
  return new ServiceError('sqs', 'InvalidParameterValue', message)
}

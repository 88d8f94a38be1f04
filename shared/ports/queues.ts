/** Queues that ssofile works from. Each has its own dead-letter queue, except `dispatch`. */
export const workedQueues = [
  'uploads',
  'links',
  'permission-sets',
  'requests',
  'people',
  'urgent',
  'events',
  'work-urgent',
  'work',
  'work-bulk',
  'dispatch',
  'digests',
  'usage',
] as const
export type WorkedQueue = (typeof workedQueues)[number]

/** Work lanes, most urgent first: the dispatcher pulls in this order. */
export const lanes = ['work-urgent', 'work', 'work-bulk'] as const satisfies readonly WorkedQueue[]
export type Lane = (typeof lanes)[number]

export type DeadLetterQueue = `${Exclude<WorkedQueue, 'dispatch'>}-dead`
export const deadLetterQueues = workedQueues.flatMap((queue): readonly DeadLetterQueue[] =>
  queue === 'dispatch' ? [] : [`${queue}-dead`],
)
export type QueueName = WorkedQueue | DeadLetterQueue

/**
 * Three queues are not FIFO. S3 cannot notify a FIFO queue (S3 User Guide, "Amazon S3 Event Notifications"). EventBridge sends all events
 * of a rule in one message group, so one event that fails would hold up all others (EventBridge API Reference, "SqsParameters"). Uses need
 * no order, and a standard queue gives Lambda batches of up to 10,000 (Lambda Developer Guide, "Creating an SQS event source mapping").
 */
export function isFifo(queue: QueueName): boolean {
  return !/^(uploads|events|usage)(-dead)?$/.test(queue)
}

/** FIFO queues require `groupId` (at most 128 characters) and `deduplicationId`. Standard queues refuse them. */
export type OutgoingMessage = {
  /** JSON. A receiver may get other escapes that say the same. */
  readonly body: string
  readonly groupId?: string
  readonly deduplicationId?: string
}

export type ReceivedMessage = {
  readonly messageId: string
  readonly receiptHandle: string
  readonly body: string
  readonly groupId?: string
  /** The number of receives, including this one. */
  readonly receiveCount: number
  readonly sentAt: Date
  /** Who sent it, as SQS says. See `senders.ts`. */
  readonly senderId?: string | undefined
}

export type ReceiveOptions = {
  /** 1 to 10. */
  readonly most: number
  /** 0 to 20: how long to wait for a first message. */
  readonly waitSeconds: number
  readonly signal?: AbortSignal
}

/** SQS. Every method throws ServiceError for anything but the named answers. */
export interface Queues {
  /**
   * Sends any number of messages, in batches of ten. Keeps the order within a group. Throws if SQS did not accept all. Some may have been
   * accepted, so a caller that repeats the call must use the same deduplication ids.
   */
  send(queue: QueueName, messages: readonly OutgoingMessage[]): Promise<void>
  receive(queue: QueueName, options: ReceiveOptions): Promise<readonly ReceivedMessage[]>
  /** Deleting with an outdated receipt handle does nothing and does not throw. */
  delete(queue: QueueName, receiptHandle: string): Promise<void>
  /**
   * Changes the visibility of 1 to 10 messages. `seconds`: 0 to 43,200 from now. 0 makes them visible at once, and their next receive
   * counts. Throws if it fails for at least one message; the others have changed.
   */
  changeVisibility(queue: QueueName, receiptHandles: readonly string[], seconds: number): Promise<void>
}

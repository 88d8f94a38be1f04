/** Queues that messages are worked from; each but `dispatch` has a dead-letter queue of its own. */
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
] as const
export type WorkedQueue = (typeof workedQueues)[number]

export type DeadLetterQueue = `${Exclude<WorkedQueue, 'dispatch'>}-dead`
export type QueueName = WorkedQueue | DeadLetterQueue

/** All queues are FIFO but `uploads`: S3 cannot notify a FIFO queue (S3 User Guide, "Amazon S3 Event Notifications"). */
export function isFifo(queue: QueueName): boolean {
  return queue !== 'uploads' && queue !== 'uploads-dead'
}

/** `groupId` (at most 128 characters) and `deduplicationId` are required by FIFO queues and refused by standard ones. */
export type OutgoingMessage = {
  readonly body: string
  readonly groupId?: string
  readonly deduplicationId?: string
}

export type ReceivedMessage = {
  readonly messageId: string
  readonly receiptHandle: string
  readonly body: string
  readonly groupId?: string
  /** How often it has been received, this time included. */
  readonly receiveCount: number
  readonly sentAt: Date
}

export type ReceiveOptions = {
  /** 1 to 10. */
  readonly most: number
  /** 0 to 20: how long to wait for a first message. */
  readonly waitSeconds: number
  readonly signal?: AbortSignal
}

/** SQS. Every method throws ServiceError for anything but the answers named here. */
export interface Queues {
  /**
   * Sends any number of messages, in batches of ten, those of one group in order. Throws when at least one was not accepted;
   * others may have been, so a caller that repeats the call must repeat the same deduplication ids.
   */
  send(queue: QueueName, messages: readonly OutgoingMessage[]): Promise<void>
  receive(queue: QueueName, options: ReceiveOptions): Promise<readonly ReceivedMessage[]>
  /** Deleting with an outdated receipt handle does nothing and does not throw. */
  delete(queue: QueueName, receiptHandle: string): Promise<void>
  /**
   * Of 1 to 10 messages: `seconds` 0 to 43,200 from now; 0 makes them visible at once (and their next receive counts). Throws
   * when it is not possible for at least one; it is done for all others.
   */
  changeVisibility(queue: QueueName, receiptHandles: readonly string[], seconds: number): Promise<void>
}

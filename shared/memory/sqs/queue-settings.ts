import type { WorkedQueue } from '../../ports/queues.ts'

export type QueueSettings = {
  readonly visibilityTimeoutSeconds: number
  /** Received more often than this, a message goes to the dead-letter queue. Absent: there is none. */
  readonly maxReceiveCount?: number
  /** A message is dropped when it is older, in flight or not. Absent: SQS's default, four days. */
  readonly retentionSeconds?: number
}

// SQS API Reference, "CreateQueue", MessageRetentionPeriod: 345,600 by default, 1,209,600 at most.
const daySeconds = 86_400
export const defaultRetentionSeconds = 4 * daySeconds
const longest = { retentionSeconds: 14 * daySeconds }

const handled: QueueSettings = { visibilityTimeoutSeconds: 60, maxReceiveCount: 5, ...longest }
const lane: QueueSettings = { visibilityTimeoutSeconds: 120, maxReceiveCount: 10, ...longest }

/** How each queue delivers; a deployment's queues have the same settings. */
export const queueSettings: Readonly<Record<WorkedQueue, QueueSettings>> = {
  uploads: handled,
  links: handled,
  'permission-sets': handled,
  // An event is a hint only, and the reconcile finds what it told of within the hour: no need to keep it longest. One that
  // does not say where to look has everything looked at, which takes minutes with thousands of accounts.
  events: { visibilityTimeoutSeconds: 300, maxReceiveCount: 5 },
  'work-urgent': lane,
  work: lane,
  'work-bulk': lane,
  // A whole slice of the dispatcher, which is at most 15 minutes, with time to spare.
  dispatch: { visibilityTimeoutSeconds: 1000, ...longest },
}

/** SQS's own default, for the dead-letter queues. (SQS Developer Guide, "Amazon SQS visibility timeout".) */
export const deadLetterSettings: QueueSettings = { visibilityTimeoutSeconds: 30, ...longest }

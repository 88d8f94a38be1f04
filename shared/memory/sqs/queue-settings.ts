import type { WorkedQueue } from '../../ports/queues.ts'

export type QueueSettings = {
  readonly visibilityTimeoutSeconds: number
  /** Received more often than this, a message goes to the dead-letter queue. Absent: there is none. */
  readonly maxReceiveCount?: number
}

const handled: QueueSettings = { visibilityTimeoutSeconds: 60, maxReceiveCount: 5 }
const lane: QueueSettings = { visibilityTimeoutSeconds: 120, maxReceiveCount: 10 }

/** How each queue delivers; a deployment's queues have the same settings. */
export const queueSettings: Readonly<Record<WorkedQueue, QueueSettings>> = {
  uploads: handled,
  links: handled,
  'permission-sets': handled,
  events: handled,
  'work-urgent': lane,
  work: lane,
  'work-bulk': lane,
  // A whole slice of the dispatcher, which is at most 15 minutes, with time to spare.
  dispatch: { visibilityTimeoutSeconds: 1000 },
}

/** SQS's own default, for the dead-letter queues. (SQS Developer Guide, "Amazon SQS visibility timeout".) */
export const deadLetterSettings: QueueSettings = { visibilityTimeoutSeconds: 30 }

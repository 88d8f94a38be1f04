import type { WorkedQueue } from './queues.ts'

/** The numbers of a deployment: one row a queue, one row a function. The CDK app and the local system read them here. */

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

const handled = (visibilityTimeoutSeconds: number): QueueSettings => ({
  visibilityTimeoutSeconds,
  maxReceiveCount: 5,
  ...longest,
})
// Visibility runs from when Lambda receives a message, which may be long before a throttled function starts: a message that
// came back meanwhile would be worked on twice. (Lambda Developer Guide, "Creating an SQS event source mapping": six times.)
const minuteOfWork = handled(6 * 60)
// As long as the lease: what a dead dispatcher had in hand comes again when the next one may work.
const lane: QueueSettings = { visibilityTimeoutSeconds: 60, maxReceiveCount: 10, ...longest }

export const queueSettings: Readonly<Record<WorkedQueue, QueueSettings>> = {
  uploads: handled(60),
  links: minuteOfWork,
  'permission-sets': minuteOfWork,
  requests: minuteOfWork,
  people: minuteOfWork,
  urgent: minuteOfWork,
  // An event is a hint only, and the reconcile finds what it told of within the hour: no need to keep it longest. One that
  // does not say where to look has everything looked at, which takes minutes with thousands of accounts.
  events: { visibilityTimeoutSeconds: 900, maxReceiveCount: 5 },
  'work-urgent': lane,
  work: lane,
  'work-bulk': lane,
  // A whole slice of the dispatcher, which is at most 15 minutes, with time to spare.
  dispatch: { visibilityTimeoutSeconds: 1000, ...longest },
  // A receiver that cannot be reached is tried for about two hours: see `digests.ts`. Then there is an alarm.
  digests: { visibilityTimeoutSeconds: 300, maxReceiveCount: 12, ...longest },
}

/** SQS's own default, for the dead-letter queues. (SQS Developer Guide, "Amazon SQS visibility timeout".) */
export const deadLetterSettings: QueueSettings = { visibilityTimeoutSeconds: 30, ...longest }

export const functionNames = [
  'router',
  'links',
  'permission-sets',
  'requests',
  'events',
  'dispatcher',
  'minute-links',
  'sweep',
  'hourly',
  'nightly',
  'report',
  'credentials',
  'retire',
  'notifications',
  'digests',
  'owner',
  'api',
  'page',
] as const
export type FunctionName = (typeof functionNames)[number]

export type FunctionSettings = {
  /** At most the visibility timeout of its queues. (Lambda Developer Guide, "Creating an SQS event source mapping".) */
  readonly timeoutSeconds: number
  readonly memoryMb: number
  /** Instances at most, taken from those of the account. Absent: no bound of its own. */
  readonly reservedConcurrency?: number
  readonly queues?: readonly {
    readonly name: WorkedQueue
    readonly batchSize: number
    /** How many batches are handled at the same time; 2 at least. (Lambda API Reference, ScalingConfig.) */
    readonly maximumConcurrency?: number
  }[]
  /** Runs this often. `night`: once a night, at the hour of the configuration. `after-night`: two hours later. */
  readonly schedule?: { readonly everyMinutes: number } | 'night' | 'after-night'
  /** For invocations by a schedule that fail. Absent: Lambda's default, two retries within six hours. */
  readonly asynchronous?: { readonly retries: number; readonly eventAgeSeconds: number }
  /**
   * Sends messages that come back to it, so Lambda would stop it after about 16 rounds. (Lambda Developer Guide, "Use
   * Lambda recursive loop detection to prevent infinite loops".)
   */
  readonly allowsRecursion?: boolean
}

const most = { timeoutSeconds: 900, memoryMb: 1_769 }
const everyMinute = { schedule: { everyMinutes: 1 }, asynchronous: { retries: 0, eventAgeSeconds: 60 } }
const small = { timeoutSeconds: 60, memoryMb: 256 }

export const functionSettings: Readonly<Record<FunctionName, FunctionSettings>> = {
  router: { timeoutSeconds: 30, memoryMb: 256, queues: [{ name: 'uploads', batchSize: 10, maximumConcurrency: 10 }] },
  links: {
    timeoutSeconds: 60,
    memoryMb: 1_024,
    queues: [{ name: 'links', batchSize: 10, maximumConcurrency: 10 }],
    allowsRecursion: true,
  },
  'permission-sets': {
    timeoutSeconds: 60,
    memoryMb: 512,
    queues: [{ name: 'permission-sets', batchSize: 10, maximumConcurrency: 5 }],
    allowsRecursion: true,
  },
  // Each person has one message group, so one who uploads many files holds up nobody else. It has a whole processor: people
  // wait while a new instance reads thousands of eligibilities.
  // A rule of a group is compared with all people of the directory: 200,000 take more than two minutes to list. Mostly it is done
  // within seconds, so its messages come back as soon as those of the others: people wait for what they have asked for.
  requests: {
    timeoutSeconds: 300,
    memoryMb: most.memoryMb,
    // Each has its own batches: what fills one takes none from another.
    queues: [
      { name: 'requests', batchSize: 10, maximumConcurrency: 10 },
      { name: 'people', batchSize: 10, maximumConcurrency: 10 },
      { name: 'urgent', batchSize: 10, maximumConcurrency: 10 },
    ],
    allowsRecursion: true,
  },
  events: { ...most, queues: [{ name: 'events', batchSize: 10, maximumConcurrency: 2 }] },
  // One function for both, so that one bound holds for wakes and schedule. No maximum concurrency: it would be 2 at least.
  dispatcher: {
    ...most,
    reservedConcurrency: 1,
    queues: [{ name: 'dispatch', batchSize: 10 }],
    schedule: { everyMinutes: 1 },
    asynchronous: { retries: 0, eventAgeSeconds: 60 },
    allowsRecursion: true,
  },
  'minute-links': { ...small, ...everyMinute },
  sweep: {
    timeoutSeconds: 300,
    memoryMb: 1_024,
    schedule: { everyMinutes: 5 },
    asynchronous: { retries: 0, eventAgeSeconds: 300 },
  },
  hourly: { ...most, schedule: { everyMinutes: 60 }, asynchronous: { retries: 2, eventAgeSeconds: 3_600 } },
  nightly: { ...small, schedule: 'night' },
  // After the drift check, which finds what others gave. What was not done in time is done by Lambda's two retries.
  report: { ...most, schedule: 'after-night' },
  // The same: each run goes on after the last account that is read.
  credentials: { ...most, schedule: 'after-night' },
  // Deleting a file switches a key on again: people wait for that. One at a time: each step is written before it is made.
  retire: {
    timeoutSeconds: 290,
    memoryMb: 512,
    reservedConcurrency: 1,
    schedule: { everyMinutes: 5 },
    asynchronous: { retries: 0, eventAgeSeconds: 300 },
  },
  // What it does not come to is done a minute later.
  notifications: { timeoutSeconds: 300, memoryMb: 512, ...everyMinute },
  digests: { timeoutSeconds: 60, memoryMb: 256, queues: [{ name: 'digests', batchSize: 10, maximumConcurrency: 2 }] },
  // A minute until its new role is known everywhere, and its work.
  owner: { timeoutSeconds: 120, memoryMb: 256 },
  // API Gateway waits for 30 seconds at most. (API Gateway Developer Guide, "Quotas for configuring and running an HTTP API".)
  api: { timeoutSeconds: 29, memoryMb: 512 },
  // People wait for it while it starts, so it has more of a processor.
  page: { timeoutSeconds: 29, memoryMb: 1_024 },
}

/** Requests to the API: far above what people need, and far below what would crowd out the functions of the account. */
export const apiThrottle = { perSecond: 20, burst: 40 }
/** Requests to the page: each that is open asks every few seconds. One person gets less: `PersonThrottle` in `page.ts`. */
export const pageThrottle = { perSecond: 100, burst: 200 }

const minuteMs = 60_000

/**
 * Waiting for a dead lease, the slice, and the requests that a pause waits for at its end must fit into the dispatcher's timeout: one
 * minute, seven minutes, five minutes. It stays five seconds for what comes next.
 */
export const dispatcherSlice = { sliceMs: 7 * minuteMs, lingerMs: 5_000 }

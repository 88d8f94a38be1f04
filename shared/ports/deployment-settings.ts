import type { WorkedQueue } from './queues.ts'

/** The numbers of a deployment: one row for each queue, one for each function. The CDK app and the local system read them here. */

export type QueueSettings = {
  readonly visibilityTimeoutSeconds: number
  /** SQS moves a message that was received more often to the dead-letter queue. Absent: there is no such queue. */
  readonly maxReceiveCount?: number
  /** SQS drops older messages, even in flight. Absent: SQS's default, four days. */
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
// Visibility counts from the moment when Lambda receives a message. A throttled function may start long after that, and a message that
// became visible meanwhile would be handled twice. (Lambda Developer Guide, "Creating an SQS event source mapping": six times.)
const minuteOfWork = handled(6 * 60)
// As long as the lease: the messages of a dead dispatcher become visible when the next one may work.
const lane: QueueSettings = { visibilityTimeoutSeconds: 60, maxReceiveCount: 10, ...longest }

export const queueSettings: Readonly<Record<WorkedQueue, QueueSettings>> = {
  uploads: handled(60),
  links: minuteOfWork,
  'permission-sets': minuteOfWork,
  requests: minuteOfWork,
  people: minuteOfWork,
  urgent: minuteOfWork,
  // An event is only a hint, and the hourly reconcile finds the same change, so the default retention is enough. If an event does not say
  // where to look, ssofile looks at everything, which takes minutes with thousands of accounts.
  events: { visibilityTimeoutSeconds: 900, maxReceiveCount: 5 },
  'work-urgent': lane,
  work: lane,
  'work-bulk': lane,
  // Longer than a run of the dispatcher, which takes at most 15 minutes.
  dispatch: { visibilityTimeoutSeconds: 1000, ...longest },
  // ssofile retries an unreachable receiver for about two hours: see `digests.ts`. Then an alarm goes off.
  digests: { visibilityTimeoutSeconds: 300, maxReceiveCount: 12, ...longest },
  usage: handled(7 * 60),
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
  'usage',
  'redrive',
  'owner',
  'api',
  'page',
] as const
export type FunctionName = (typeof functionNames)[number]

/** The name of the role in the management account that reads the tags of all accounts. */
export function tagReaderOf(deployment: string): string {
  return `${deployment}-tags`
}

export type FunctionSettings = {
  /** At most the visibility timeout of its queues. (Lambda Developer Guide, "Creating an SQS event source mapping".) */
  readonly timeoutSeconds: number
  readonly memoryMb: number
  /** The most instances at once, reserved from the account's. Absent: no limit of its own. */
  readonly reservedConcurrency?: number
  readonly queues?: readonly {
    readonly name: WorkedQueue
    readonly batchSize: number
    /** How long Lambda collects a batch. Needed for more than 10 messages. */
    readonly batchingWindowSeconds?: number
    /** The most batches at once; at least 2. (Lambda API Reference, ScalingConfig.) */
    readonly maximumConcurrency?: number
  }[]
  /** How often it runs. `night`: once a night, at the configured hour. `after-night`: two hours later. */
  readonly schedule?: { readonly everyMinutes: number } | 'night' | 'after-night'
  /** How Lambda handles failed invocations by a schedule. Absent: its default, two retries within six hours. */
  readonly asynchronous?: { readonly retries: number; readonly eventAgeSeconds: number }
  /**
   * The function sends messages that come back to it, so Lambda would stop it after about 16 rounds. (Lambda Developer Guide, "Use Lambda
   * recursive loop detection to prevent infinite loops".)
   */
  readonly allowsRecursion?: boolean
}

const most = { timeoutSeconds: 900, memoryMb: 1_769 }
const everyMinute = { schedule: { everyMinutes: 1 }, asynchronous: { retries: 0, eventAgeSeconds: 60 } }

/** One instance answers about ten requests a second. Scripts send several to the API at once, and a browser loads the page's files at once. */
const instances = { api: 10, page: 15 }

/**
 * How many calls a second AWS serves to each API of the directory, and who may make them. `work`: a function that changes access; several
 * share the rate by slowing down. `api`, `page`: all their instances together, whatever people send, so that a suspension always gets its
 * calls. (IAM Identity Center User Guide, "Quotas and limits".)
 */
export const directoryCalls = { served: 20, work: 15, api: 2, page: 3 }

/** How many of these calls one instance may make a second. */
export function directoryShareOf(name: keyof typeof instances): number {
  return directoryCalls[name] / instances[name]
}

/** Each instance of the router counts by itself, so their number is a part of the limit below. */
const routers = 10

/**
 * How many files of one person all instances of the router pass on, for each who changes them: an operator who deletes a request is heard
 * beside them. Everybody may change as many files under the own id as they like, and SQS looks for messages of others only among the first
 * 120,000 of a FIFO queue. Files that are there, such as decisions of a review, may be thousands; few are deleted, and a deletion is two
 * messages. The sweep finds the rest: every five minutes up to 2,000 of one person and kind. (SQS Developer Guide, "Avoid large message
 * backlogs with the same message group ID".)
 */
export const ownFiles = {
  there: { burst: 20_000, perSecond: 10 },
  deleted: { burst: 500, perSecond: 10 },
}

/** How many of them one instance may pass on. */
export function routerShareOf(name: keyof typeof ownFiles): (typeof ownFiles)[typeof name] {
  const { burst, perSecond } = ownFiles[name]
  return { burst: burst / routers, perSecond: perSecond / routers }
}

export const functionSettings: Readonly<Record<FunctionName, FunctionSettings>> = {
  router: {
    timeoutSeconds: 30,
    memoryMb: 256,
    queues: [{ name: 'uploads', batchSize: 10, maximumConcurrency: routers }],
  },
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
  // Each person has one message group, so a person who uploads many files delays nobody else. The function has a whole processor, because
  // people wait while a new instance reads thousands of eligibilities. The timeout is for a rule, which is compared with everybody in the
  // directory: listing 200,000 people takes more than two minutes. Most looks end within seconds, so a failed message is retried as soon as
  // any other: people wait for the result.
  requests: {
    timeoutSeconds: 300,
    memoryMb: most.memoryMb,
    // Each queue has its own batches, so a full queue does not slow the others.
    queues: [
      { name: 'requests', batchSize: 10, maximumConcurrency: 10 },
      { name: 'people', batchSize: 10, maximumConcurrency: 10 },
      { name: 'urgent', batchSize: 10, maximumConcurrency: 10 },
    ],
    allowsRecursion: true,
  },
  events: { ...most, queues: [{ name: 'events', batchSize: 10, maximumConcurrency: 2 }] },
  // One function for wakes and schedule, so that one limit holds for both. No maximumConcurrency: its minimum is 2.
  dispatcher: {
    ...most,
    reservedConcurrency: 1,
    queues: [{ name: 'dispatch', batchSize: 10 }],
    schedule: { everyMinutes: 1 },
    asynchronous: { retries: 0, eventAgeSeconds: 60 },
    allowsRecursion: true,
  },
  // A process that has just started reads each permission set's record, perhaps thousands.
  'minute-links': { timeoutSeconds: 60, memoryMb: 512, ...everyMinute },
  sweep: {
    timeoutSeconds: 300,
    memoryMb: 1_024,
    schedule: { everyMinutes: 5 },
    asynchronous: { retries: 0, eventAgeSeconds: 300 },
  },
  hourly: { ...most, schedule: { everyMinutes: 60 }, asynchronous: { retries: 2, eventAgeSeconds: 3_600 } },
  // It reads the uses of a day: thousands of small objects.
  nightly: { timeoutSeconds: 300, memoryMb: 1_024, schedule: 'night' },
  // Runs after the drift check, which finds access that others gave. Lambda's two retries do the work that the first run did not finish.
  report: { ...most, schedule: 'after-night' },
  // Runs after the drift check too. Each run continues where the last one stopped.
  credentials: { ...most, schedule: 'after-night' },
  // People wait for the status of a file, and for a key that is active again once its file is deleted. One instance: ssofile records each step before it takes it.
  retire: {
    timeoutSeconds: 290,
    memoryMb: 512,
    reservedConcurrency: 1,
    schedule: { everyMinutes: 5 },
    asynchronous: { retries: 0, eventAgeSeconds: 300 },
  },
  // The next run, a minute later, does the rest.
  notifications: { timeoutSeconds: 300, memoryMb: 512, ...everyMinute },
  digests: { timeoutSeconds: 60, memoryMb: 256, queues: [{ name: 'digests', batchSize: 10, maximumConcurrency: 2 }] },
  // A person's CLIs fetch credentials together, so one batch has many uses of one record. In 20 seconds a use is still seen within a minute.
  usage: {
    timeoutSeconds: 60,
    memoryMb: 512,
    queues: [{ name: 'usage', batchSize: 10_000, batchingWindowSeconds: 20, maximumConcurrency: 2 }],
  },
  // An operator waits for its answer. A message takes a few calls, and one invocation looks at a thousand at most.
  redrive: { timeoutSeconds: 300, memoryMb: 512 },
  // Its new role takes a minute to be known everywhere. Then it works.
  owner: { timeoutSeconds: 120, memoryMb: 256 },
  // API Gateway waits for 30 seconds at most. (API Gateway Developer Guide, "Quotas for configuring and running an HTTP API".)
  // The instances share `directoryCalls`, so their number has a limit. The same holds for the page.
  api: { timeoutSeconds: 29, memoryMb: 512, reservedConcurrency: instances.api },
  // People wait while it starts, so it has more memory and thus more processor.
  page: { timeoutSeconds: 29, memoryMb: 1_024, reservedConcurrency: instances.page },
}

/** Requests to the API: far more than people need, and few enough to leave the account's function instances to others. */
export const apiThrottle = { perSecond: 20, burst: 40 }
/** Requests to the page: each open page sends one every few seconds. Each person has a lower limit: `callsOfPerson` in `page.ts`. */
export const pageThrottle = { perSecond: 100, burst: 200 }

/**
 * Beginnings of sign-ins: a person sees API Gateway's answer to these, and "Internal Server Error" says nothing if all instances of the page
 * are busy. An instance starts within a second, so these never need more instances than there are; API Gateway tells the others to wait.
 * (API Gateway Developer Guide, "Throttle requests to your HTTP APIs for better throughput in API Gateway".)
 */
export const signInThrottle = { perSecond: instances.page - 5, burst: 5 }

const minuteMs = 60_000

/**
 * Three waits must fit into the dispatcher's timeout: one minute for a dead lease, seven minutes for the slice, and five minutes for the
 * requests in flight when a pause begins. After its work the dispatcher waits five seconds for new hints.
 */
export const dispatcherSlice = { sliceMs: 7 * minuteMs, lingerMs: 5_000 }

import type { SQSEvent } from 'aws-lambda'
import type { DeliveredMessage } from '../../shared/memory/sqs/memory-queue.ts'
import type { MemoryQueues } from '../../shared/memory/sqs/memory-queues.ts'
import type { Clock } from '../../shared/ports/clock.ts'
import type { QueueName } from '../../shared/ports/queues.ts'
import { ThrottledError } from './lambda/lambda-function.ts'
import { toSqsRecord } from './sqs/sqs-record.ts'

export type EventSourceMappingOptions = {
  readonly queues: MemoryQueues
  readonly queue: QueueName
  /** The function. Its answer counts as in Lambda: an SQSBatchResponse, or nothing. Throws ThrottledError if it was not invoked. */
  readonly handler: (event: SQSEvent) => Promise<unknown>
  readonly maximumConcurrency: number
  /** The maximum of messages in a batch; default 10. */
  readonly batchSize?: number
  /** How long it collects a batch after the first message; default: not at all. */
  readonly batchingWindowSeconds?: number | undefined
  /** The function's timeout; Lambda refuses one that is longer than the queue's visibility timeout. */
  readonly timeoutMs: number
  /** The handler ends by itself at its timeout; default: it counts as failed then, and continues. */
  readonly timesOutByItself?: boolean
  readonly clock: Clock
  /** Called for each batch that failed as a whole, unless it was throttled, and each failed poll; the messages come again. */
  readonly onError: (error: unknown) => void
}
export type EventSourceMapping = {
  /** Ends polling and waits for the running batches. */
  stop(): Promise<void>
}

const defaultBatchSize = 10
/** SQS gives at most ten messages a call, and a function gets at most 6 MB. (Lambda Developer Guide, "Batching behavior".) */
const messagesOfCall = 10
const payloadMostBytes = 6 * 1024 * 1024
const pauseAfterErrorMs = 1000
const throttled = { firstMs: 500, mostMs: 5_000 }

/**
 * A Lambda event source mapping with ReportBatchItemFailures. It deletes messages that are not reported as failed; the others come again
 * when their visibility timeout ends, which Lambda never shortens. The queue itself keeps a FIFO group to one batch at a time. Source:
 * Lambda Developer Guide, "Handling errors for an SQS event source in Lambda".
 */
export function startEventSourceMapping(options: EventSourceMappingOptions): EventSourceMapping {
  const { queues, queue, timeoutMs } = options
  const visibilityMs = queues.queue(queue).settings.visibilityTimeoutSeconds * 1000
  if (timeoutMs > visibilityMs) {
    throw new Error(
      `the function for ${queue} has a timeout of ${timeoutMs} ms; expected at most the queue's visibility timeout, ${visibilityMs} ms`,
    )
  }
  const stopping = new AbortController()
  const running = new Set<Promise<void>>()
  const polling = poll(options, stopping.signal, running)
  return {
    async stop() {
      stopping.abort('stopping')
      await polling
      await Promise.all(running)
    },
  }
}

async function poll(
  options: EventSourceMappingOptions,
  stopping: AbortSignal,
  running: Set<Promise<void>>,
): Promise<void> {
  const { maximumConcurrency, clock, onError } = options
  while (!stopping.aborted) {
    if (running.size >= maximumConcurrency) {
      await Promise.race(running)
      continue
    }
    try {
      const batch = await collect(options, stopping)
      if (batch.length === 0) continue
      const handling = handleBatch(options, batch, stopping).finally(() => running.delete(handling))
      running.add(handling)
    } catch (error) {
      onError(error)
      await clock.sleep(pauseAfterErrorMs, stopping)
    }
  }
}

/** Empty: it is stopping. */
async function collect(
  options: EventSourceMappingOptions,
  stopping: AbortSignal,
): Promise<readonly DeliveredMessage[]> {
  const { queues, queue, batchSize = defaultBatchSize, batchingWindowSeconds = 0, clock } = options
  const receive = (most: number, waitSeconds: number) =>
    queues.receiveDelivered(queue, { most: Math.min(most, messagesOfCall), waitSeconds, signal: stopping })
  // Lambda polls again every 20 seconds. A message comes at the same moment either way.
  const batch = [...(await receive(batchSize, Number.POSITIVE_INFINITY))]
  const untilMs = clock.now().getTime() + batchingWindowSeconds * 1000
  const leftSeconds = () => (untilMs - clock.now().getTime()) / 1000
  const bytes = () => batch.reduce((all, { body }) => all + body.length, 0)
  while (batch.length < batchSize && leftSeconds() > 0 && bytes() < payloadMostBytes && !stopping.aborted)
    batch.push(...(await receive(batchSize - batch.length, leftSeconds())))
  return batch
}

/** Never rejects. */
async function handleBatch(
  options: EventSourceMappingOptions,
  batch: readonly DeliveredMessage[],
  stopping: AbortSignal,
): Promise<void> {
  const { queues, queue, onError } = options
  try {
    const failed = failedOf(batch, await invokePatiently(options, batch, stopping))
    for (const { messageId, receiptHandle } of batch) {
      if (!failed.has(messageId)) await queues.delete(queue, receiptHandle)
    }
  } catch (error) {
    if (!(error instanceof ThrottledError)) onError(error)
  }
}

/**
 * Retries a function at its concurrency limit, less and less often, until the messages return to the queue by themselves. (Lambda Developer
 * Guide, "Handling errors for an SQS event source in Lambda", Backoff strategy.)
 */
async function invokePatiently(
  options: EventSourceMappingOptions,
  batch: readonly DeliveredMessage[],
  stopping: AbortSignal,
): Promise<unknown> {
  const { queues, queue, clock } = options
  const untilMs = clock.now().getTime() + queues.queue(queue).settings.visibilityTimeoutSeconds * 1000
  for (let attempt = 0; ; attempt++) {
    try {
      return await invoke(options, batch)
    } catch (error) {
      const pauseMs = Math.min(throttled.mostMs, throttled.firstMs * 2 ** attempt)
      if (!(error instanceof ThrottledError) || clock.now().getTime() + pauseMs >= untilMs) throw error
      await clock.sleep(pauseMs, stopping)
      if (stopping.aborted) throw error
    }
  }
}

async function invoke(
  { queue, handler, timeoutMs, timesOutByItself, clock }: EventSourceMappingOptions,
  batch: readonly DeliveredMessage[],
): Promise<unknown> {
  const event = { Records: batch.map((message) => toSqsRecord(queue, message)) }
  if (timesOutByItself) return handler(event)
  const answered = new AbortController()
  const timeout = clock.sleep(timeoutMs, answered.signal).then(() => {
    if (!answered.signal.aborted) throw new Error(`the function for ${queue} timed out after ${timeoutMs} ms`)
  })
  try {
    return await Promise.race([handler(event), timeout])
  } finally {
    answered.abort('answered')
  }
}

/**
 * The ids reported as failed. Throws if Lambda takes the answer for a failure of the whole batch; nothing, null, an empty object and an
 * empty list are success. (Lambda Developer Guide, "Success and failure conditions".)
 */
function failedOf(batch: readonly DeliveredMessage[], response: unknown): ReadonlySet<string> {
  if (response === undefined || response === null) return new Set()
  if (typeof response !== 'object') throw malformed(response)
  const failures: unknown = 'batchItemFailures' in response ? response.batchItemFailures : []
  if (failures === undefined || failures === null) return new Set()
  if (!Array.isArray(failures)) throw malformed(response)
  const ids = new Set(batch.map(({ messageId }) => messageId))
  return new Set(
    failures.map((failure: unknown) => {
      const id =
        typeof failure === 'object' && failure !== null && 'itemIdentifier' in failure && failure.itemIdentifier
      if (typeof id !== 'string' || !ids.has(id)) throw malformed(response)
      return id
    }),
  )
}

function malformed(response: unknown): Error {
  return new Error(
    `the function answered ${JSON.stringify(response)}; expected batchItemFailures with itemIdentifiers of this batch, so the whole batch has failed`,
  )
}

import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { compareByRanges } from '../shared/reconcile/differences/reconcile.ts'
import { rangeMessage, workOnRange } from '../shared/reconcile/records/ranges.ts'
import type { QueueHandler } from './handler.ts'
import { runBatch } from './run-batch.ts'

/** Ranges of accounts: each message is one range of a schedule's run, or its end. */
export const ranges: QueueHandler = (ports, configuration) => (event) =>
  runBatch(event, 'fifo', ports, ({ body }) => {
    const message = rangeMessage.parse(JSON.parse(body))
    return workOnRange(ports, compareByRanges(ports, configuration, message.job), message)
  })

/** For a function that a schedule starts, and that also works on the ranges of its runs. */
export const withRanges =
  (handle: ReturnType<QueueHandler>, run: () => Promise<void>) =>
  async (event?: SQSEvent | object): Promise<SQSBatchResponse | undefined> => {
    if (event !== undefined && 'Records' in event) return handle(event)
    await run()
    return undefined
  }

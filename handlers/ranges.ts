import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import type { Configuration } from '../shared/domain/deployment/configuration.ts'
import type { Ports } from '../shared/ports/ports.ts'
import { compareByRanges } from '../shared/reconcile/differences/reconcile.ts'
import { type RangedJobName, type RangeMessage, rangeMessage, workOnRange } from '../shared/reconcile/records/ranges.ts'
import type { QueueHandler } from './handler.ts'
import { runBatch } from './run-batch.ts'

/** Every job that is cut by ranges of accounts: one row a job. */
const workOf = (
  ports: Ports,
  configuration: Configuration,
): Readonly<Record<RangedJobName, (message: RangeMessage) => Promise<void>>> => ({
  sweep: (message) => workOnRange(ports, compareByRanges(ports, configuration, 'sweep'), message),
  reconcile: (message) => workOnRange(ports, compareByRanges(ports, configuration, 'reconcile'), message),
})

/** Ranges of accounts: each message is one range of a schedule's run, or its end. */
export const ranges: QueueHandler = (ports, configuration) => {
  const work = workOf(ports, configuration)
  return (event) =>
    runBatch(event, 'fifo', ports, ({ body }) => {
      const message = rangeMessage.parse(JSON.parse(body))
      return work[message.job](message)
    })
}

/** For a function that a schedule starts, and that also works on the ranges of its runs. */
export const withRanges =
  (handle: ReturnType<QueueHandler>, run: () => Promise<void>) =>
  async (event?: SQSEvent | object): Promise<SQSBatchResponse | undefined> => {
    if (event !== undefined && 'Records' in event) return handle(event)
    await run()
    return undefined
  }

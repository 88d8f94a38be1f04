import {
  BatchProcessor,
  EventType,
  processPartialResponse,
  SqsFifoPartialProcessorAsync,
} from '@aws-lambda-powertools/batch'
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'

/**
 * Runs a batch record by record; what throws is reported and comes again when its visibility ends. In a FIFO queue the
 * rest of that group is reported too, so that it stays in order, and no other group is held up
 * (Lambda Developer Guide, "Handling errors for an SQS event source": return the first failure and all after it).
 */
export async function runBatch(
  event: SQSEvent,
  queue: 'fifo' | 'standard',
  work: (record: SQSRecord) => Promise<void>,
): Promise<SQSBatchResponse> {
  if (queue === 'standard') {
    return processPartialResponse(event, work, new BatchProcessor(EventType.SQS), { throwOnFullBatchFailure: false })
  }
  return processPartialResponse(event, work, new SqsFifoPartialProcessorAsync(), {
    skipGroupOnError: true,
    throwOnFullBatchFailure: false,
  })
}

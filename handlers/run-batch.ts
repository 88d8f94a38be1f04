import {
  BatchProcessor,
  EventType,
  processPartialResponse,
  SqsFifoPartialProcessorAsync,
} from '@aws-lambda-powertools/batch'
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import { type InputMessage, inputMessage } from '../shared/domain/links/input-message.ts'
import type { Ports } from '../shared/ports/ports.ts'
import { forgetFailure, recordFailure } from '../shared/reconcile/records/failures.ts'

/**
 * Runs a batch record by record; a record that throws is reported and comes again when its visibility ends. In a FIFO queue the rest of the
 * same subject (`orderOf`, mostly the key) is reported too, so that it stays in order; other subjects go on (Lambda Developer Guide,
 * "Handling errors for an SQS event source": return the first failure and all after it).
 * Each failure is logged and noted for `ssofile redrive`: in the dead-letter queue, where the message ends, only the message itself is
 * visible.
 */
export async function runBatch(
  event: SQSEvent,
  queue: 'fifo' | 'standard',
  ports: Pick<Ports, 'objects' | 'clock' | 'log'>,
  work: (record: SQSRecord) => Promise<void>,
  orderOf: (message: InputMessage) => string = ({ key }) => key,
): Promise<SQSBatchResponse> {
  const workAndTell = async (record: SQSRecord): Promise<void> => {
    const { messageId, attributes } = record
    const receiveCount = Number(attributes?.ApproximateReceiveCount ?? 1)
    try {
      await work(record)
      if (receiveCount > 1) await forgetFailure(ports, messageId)
    } catch (error) {
      ports.log.warn(
        'ssofile could not process a message; SQS delivers it again, or moves it to the dead-letter queue',
        {
          error,
          messageId,
          receiveCount,
        },
      )
      await recordFailure(ports, { messageId, receiveCount, error })
      throw error
    }
  }
  if (queue === 'standard') {
    return processPartialResponse(event, workAndTell, new BatchProcessor(EventType.SQS), {
      throwOnFullBatchFailure: false,
    })
  }
  // A batch of ten files takes as long as one: a message of another folder waits for it.
  const subjects = [...Map.groupBy(event.Records, (record) => subjectOf(record, orderOf)).values()]
  const answers = await Promise.all(
    subjects.map((Records) =>
      processPartialResponse({ Records }, workAndTell, new SqsFifoPartialProcessorAsync(), {
        throwOnFullBatchFailure: false,
      }),
    ),
  )
  return { batchItemFailures: answers.flatMap(({ batchItemFailures }) => batchItemFailures) }
}

/** Messages of one subject run one after the other. A record without a message is its own subject. */
function subjectOf({ body, messageId }: SQSRecord, orderOf: (message: InputMessage) => string): string {
  try {
    return orderOf(inputMessage.parse(JSON.parse(body)))
  } catch {
    return messageId
  }
}

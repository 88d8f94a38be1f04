import * as z from 'zod'
import { forgetFailure, recordFailure } from '../shared/reconcile/failures.ts'
import { reconcile } from '../shared/reconcile/reconcile.ts'
import type { QueueHandler } from './handler.ts'

/** What an EventBridge event is called: for the log, and nothing else is read. */
const namedEvent = z.object({
  'detail-type': z.string(),
  detail: z.object({ eventName: z.string() }).partial().optional(),
})

/**
 * Something has changed in the organization or the directory. Events come late, twice, out of order and with masked
 * names, so none is believed: one reconcile compares everything as it is now. What links wait for may have appeared.
 */
export const events: QueueHandler = (ports, configuration) => async (event) => {
  const names = event.Records.map(({ body }) => nameOf(body))
  try {
    ports.log.info('reconciled after events', { events: names, ...(await reconcile(ports, configuration)) })
    for (const { messageId, attributes } of event.Records)
      if (Number(attributes?.ApproximateReceiveCount ?? 1) > 1) await forgetFailure(ports, messageId)
    return { batchItemFailures: [] }
  } catch (error) {
    ports.log.error('events could not be followed; they come again', { events: names, error })
    for (const { messageId, attributes } of event.Records)
      await recordFailure(ports, { messageId, receiveCount: Number(attributes?.ApproximateReceiveCount ?? 1), error })
    return { batchItemFailures: event.Records.map(({ messageId }) => ({ itemIdentifier: messageId })) }
  }
}

function nameOf(body: string): string {
  try {
    const { 'detail-type': type, detail } = namedEvent.parse(JSON.parse(body))
    return detail?.eventName ?? type
  } catch {
    return 'an unreadable event'
  }
}

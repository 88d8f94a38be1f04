import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import type { Configuration } from '../shared/domain/deployment/configuration.ts'
import { heartbeats } from '../shared/ports/metrics.ts'
import type { Ports } from '../shared/ports/ports.ts'
import { dispatch, type SliceOptions } from '../shared/reconcile/dispatcher/slice.ts'

/**
 * Runs a slice of the dispatcher when woken. A wake that finds another dispatcher running is done: that one does the work. (Reported as
 * failed, it would lock its message group, and with it every later wake, for its visibility timeout.)
 */
export const dispatcher =
  (ports: Ports, configuration: Configuration, options: SliceOptions) =>
  async (_event?: SQSEvent): Promise<SQSBatchResponse> => {
    try {
      const { outcome, settled, failed } = await dispatch(ports, configuration, options)
      ports.log.info('dispatcher slice ended', { outcome, settled, failed })
      ports.metrics.record(heartbeats.dispatcher)
    } catch (error) {
      // Not reported as failed, for the same reason: the schedule wakes the next slice within a minute.
      ports.log.error('a dispatcher slice failed; the next one starts within a minute', { error })
    }
    return { batchItemFailures: [] }
  }

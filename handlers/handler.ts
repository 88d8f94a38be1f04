import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import type { Configuration } from '../shared/domain/deployment/configuration.ts'
import type { Ports } from '../shared/ports/ports.ts'

/** A handler of a queue: entry files choose the ports, a Lambda event source mapping brings the events. */
export type QueueHandler = (
  ports: Ports,
  configuration: Configuration,
) => (event: SQSEvent) => Promise<SQSBatchResponse>

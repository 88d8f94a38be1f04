import { isFifo, type QueueName } from '../ports/queues.ts'

/** The name that a queue has in SQS: `ssofile-uploads`, `ssofile-links.fifo`, `ssofile-links-dead.fifo`. */
export function queueNameOnTheWire(queue: QueueName): string {
  return `ssofile-${queue}${isFifo(queue) ? '.fifo' : ''}`
}

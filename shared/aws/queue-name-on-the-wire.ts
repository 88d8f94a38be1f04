import { isFifo, type QueueName } from '../ports/queues.ts'

/** The name of a queue in SQS: `ssofile-uploads`, `ssofile-links.fifo`, `ssofile-links-dead.fifo`. */
export function queueNameOnTheWire(queue: QueueName, deployment = 'ssofile'): string {
  return `${deployment}-${queue}${isFifo(queue) ? '.fifo' : ''}`
}

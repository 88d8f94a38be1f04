import type { Counted } from '../../../shared/ports/progress.ts'
import type { QueueName, Queues } from '../../../shared/ports/queues.ts'
import { lanes } from '../../../shared/ports/queues.ts'
import { wrapPort } from '../../../shared/reconcile/calls/wrap-port.ts'

/** The same queues; `onChange` gets the number of finished hints and the number sent so far. */
export function countWork(queues: Queues, onChange: (work: Counted) => void): Queues {
  let done = 0
  let of = 0
  const isWork = (queue: QueueName) => lanes.some((lane) => lane === queue)
  return wrapPort(queues, (_, call) => call(), {
    async send(queue, messages) {
      await queues.send(queue, messages)
      if (isWork(queue)) of += messages.length
    },
    async delete(queue, receiptHandle) {
      await queues.delete(queue, receiptHandle)
      if (isWork(queue)) onChange({ done: ++done, of })
    },
  })
}

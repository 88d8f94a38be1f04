import { openAwsPorts } from '../../shared/aws/aws-ports.ts'
import { SystemClock } from '../../shared/aws/system-clock.ts'
import { SystemRandomness } from '../../shared/aws/system-randomness.ts'
import { MemoryQueues } from '../../shared/memory/sqs/memory-queues.ts'
import type { Log } from '../../shared/ports/log.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { patientPorts } from '../../shared/reconcile/calls/patient-ports.ts'
import { chooseRegion } from './choose-region.ts'
import { ReadableLog } from './readable-log.ts'

/**
 * The ports of a command: AWS's services, found by the standard environment variables. Without the queues of a deployment
 * the queues live in this process: then the command does the work itself.
 */
export function openCliPorts(bucket: string, queueUrl?: (queue: string) => string, log: Log = terminalLog()): Ports {
  const clock = new SystemClock()
  chooseRegion()
  const queues = queueUrl ?? new MemoryQueues({ clock, randomness: new SystemRandomness() })
  return patientPorts(openAwsPorts({ bucket, queues, log }))
}

/** Warnings and errors go to standard error; success is told by the command itself. */
function terminalLog(): Log {
  const log = new ReadableLog((line) => process.stderr.write(line), new SystemClock())
  const quiet = (inner: Log): Log => ({
    with: (fields) => quiet(inner.with(fields)),
    info: () => {},
    warn: (message, fields) => inner.warn(message, fields),
    error: (message, fields) => inner.error(message, fields),
  })
  return quiet(log)
}

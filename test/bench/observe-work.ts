import { MemoryQueue } from '../../shared/memory/sqs/memory-queue.ts'

/**
 * Loaded into the process of the local system before it starts: tells the benchmark of every hint that is sent to a lane,
 * and, whenever it is asked, what this process has used so far. Nothing in the product knows of it.
 */
export type WorkObservation =
  | { readonly seen: 'hint'; readonly cause: string }
  | { readonly seen: 'resources'; readonly processorMs: number; readonly megabytes: number }

function tell(observation: WorkObservation): void {
  process.send?.(observation)
}

const { send } = MemoryQueue.prototype
MemoryQueue.prototype.send = function (this: MemoryQueue, message) {
  const accepted = send.call(this, message)
  const { cause } = JSON.parse(message.body)
  // Of the queues only the lanes have messages with a cause.
  if (typeof cause === 'string') tell({ seen: 'hint', cause })
  return accepted
}

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  // Kibibytes on Linux. (Node.js documentation, process.resourceUsage.)
  tell({ seen: 'resources', processorMs: (user + system) / 1000, megabytes: process.resourceUsage().maxRSS / 1024 })
})
// This listener alone must not keep the process alive.
process.channel?.unref()
// A benchmark that is killed leaves nothing behind.
process.on('disconnect', () => process.exit())

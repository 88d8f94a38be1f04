import { openAwsPorts } from '../../shared/aws/aws-ports.ts'
import { SystemClock } from '../../shared/aws/system-clock.ts'
import { SystemRandomness } from '../../shared/aws/system-randomness.ts'
import { defaultConfiguration } from '../../shared/domain/deployment/configuration.ts'
import { MemoryQueues } from '../../shared/memory/sqs/memory-queues.ts'
import { beginReconcile, compareByRanges, sweep } from '../../shared/reconcile/differences/reconcile.ts'
import { rangeMessage, workOnRange } from '../../shared/reconcile/records/ranges.ts'
import { CollectedLog } from '../collected-log.ts'

/**
 * A process of its own, as a function is: one reconcile or sweep through AWS's own clients. It sends what it found, how long that
 * took, and the most memory that this process ever had.
 */
const [url = '', speed = '1', work = 'reconcile'] = process.argv.slice(2)
// The services' rates are so much faster, too: what is measured is the time that it would take with AWS's.
const clock = new SystemClock({ scale: Number(speed) })
const queues = new MemoryQueues({ clock, randomness: new SystemRandomness() })
const aws = openAwsPorts({
  bucket: 'ssofile',
  queues,
  log: new CollectedLog(),
  endpoint: { url, accessKeyId: 'ssofile' },
})
const startedMs = clock.monotonicMs()
const ports = { ...aws, clock, queues }
const name = work === 'sweep' ? 'sweep' : 'reconcile'
const report = await (name === 'sweep' ? sweep : beginReconcile)(ports, defaultConfiguration)
// A function has one range at a time, and this process has them all, one after the other.
const job = compareByRanges(ports, defaultConfiguration, name)
for (let isOver = false; !isOver; ) {
  const messages = await queues.receive('ranges', { most: 1, waitSeconds: 0 })
  for (const { body, receiptHandle } of messages) {
    await workOnRange(ports, job, rangeMessage.parse(JSON.parse(body)))
    await queues.delete('ranges', receiptHandle)
  }
  isOver = messages.length === 0
}
const seconds = (clock.monotonicMs() - startedMs) / 1000
// Kibibytes on Linux. (Node.js documentation, process.resourceUsage.)
process.send?.({ report, seconds, megabytes: process.resourceUsage().maxRSS / 1024 })
process.disconnect()

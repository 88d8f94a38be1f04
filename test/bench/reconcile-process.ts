import { openAwsPorts } from '../../shared/aws/aws-ports.ts'
import { SystemClock } from '../../shared/aws/system-clock.ts'
import { SystemRandomness } from '../../shared/aws/system-randomness.ts'
import { defaultConfiguration } from '../../shared/domain/configuration.ts'
import { CollectedLog } from '../../shared/memory/collected-log.ts'
import { MemoryQueues } from '../../shared/memory/sqs/memory-queues.ts'
import { reconcile } from '../../shared/reconcile/reconcile.ts'

/**
 * A process of its own, as a function is: one reconcile through AWS's own clients. It sends what it found, how long that
 * took, and the most memory that this process ever had.
 */
const [url = ''] = process.argv.slice(2)
const ports = openAwsPorts({
  bucket: 'ssofile',
  queues: new MemoryQueues({ clock: new SystemClock(), randomness: new SystemRandomness() }),
  log: new CollectedLog(),
  endpoint: { url, accessKeyId: 'ssofile' },
})
const startedMs = performance.now()
const report = await reconcile(ports, defaultConfiguration)
const seconds = (performance.now() - startedMs) / 1000
// Kibibytes on Linux. (Node.js documentation, process.resourceUsage.)
process.send?.({ report, seconds, megabytes: process.resourceUsage().maxRSS / 1024 })
process.disconnect()

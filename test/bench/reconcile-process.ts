import { openAwsPorts } from '../../shared/aws/aws-ports.ts'
import { SystemClock } from '../../shared/aws/system-clock.ts'
import { SystemRandomness } from '../../shared/aws/system-randomness.ts'
import { defaultConfiguration } from '../../shared/domain/deployment/configuration.ts'
import { MemoryQueues } from '../../shared/memory/sqs/memory-queues.ts'
import { reconcile, sweep } from '../../shared/reconcile/differences/reconcile.ts'
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
const report = await (work === 'sweep' ? sweep : reconcile)(ports, defaultConfiguration)
const seconds = (clock.monotonicMs() - startedMs) / 1000
// Kibibytes on Linux. (Node.js documentation, process.resourceUsage.)
process.send?.({ report, seconds, megabytes: process.resourceUsage().maxRSS / 1024 })
process.disconnect()

import { openAwsPorts } from '../../shared/aws/aws-ports.ts'
import { SystemClock } from '../../shared/aws/system-clock.ts'
import { SystemRandomness } from '../../shared/aws/system-randomness.ts'
import { defaultConfiguration } from '../../shared/domain/deployment/configuration.ts'
import { MemoryQueues } from '../../shared/memory/sqs/memory-queues.ts'
import { dispatch } from '../../shared/reconcile/dispatcher/slice.ts'
import { reconcileInput } from '../../shared/reconcile/inputs/reconcile-input.ts'
import { uploadedPermissionSetController } from '../../shared/reconcile/permission-sets/uploaded-permission-set.ts'
import { claimBucket } from '../../shared/reconcile/records/owner.ts'
import { CollectedLog } from '../collected-log.ts'
import { intercept } from '../intercept.ts'
import { permissionSetKeyOf, steps } from './permission-set-steps.ts'

/**
 * A process of its own, as a function is, and nothing in it but the product: one upload after another, each looked at and
 * carried out through AWS's own clients. After every call to IAM Identity Center and every write to the bucket garbage is
 * collected, and what is left of the heap measured: that is what the product holds then. It sends the most of each upload,
 * and the most memory that the process ever had, which also counts what it held between two calls.
 */
export type UploadMemory = {
  readonly uploads: readonly { readonly calls: number; readonly heapMegabytes: number; readonly state: string }[]
  readonly processMegabytes: number
}

const [url = ''] = process.argv.slice(2)
const clock = new SystemClock()
const queues = new MemoryQueues({ clock, randomness: new SystemRandomness() })
const aws = openAwsPorts({
  bucket: 'ssofile',
  queues,
  log: new CollectedLog(),
  endpoint: { url, accessKeyId: 'ssofile' },
})

function heapLeft(): number {
  if (!globalThis.gc) throw new Error('this process needs --expose-gc')
  globalThis.gc()
  return process.memoryUsage().heapUsed / 2 ** 20
}

let calls = 0
let heapMegabytes = 0
const ports = intercept(aws, async ({ port, operation, proceed }) => {
  const isWrite = port === 'objects' && (operation === 'put' || operation === 'delete')
  // A collection takes as long as ten calls.
  if (port !== 'ssoAdmin' && !isWrite) return proceed()
  // How often a request is polled follows from how long it takes.
  if (port === 'ssoAdmin' && operation !== 'describeProvisioning') calls++
  const answer = await proceed()
  heapMegabytes = Math.max(heapMegabytes, heapLeft())
  return answer
})

// Without an owner the dispatcher does nothing; the bucket was filled as if it had had one.
await claimBucket(aws, undefined, { acceptsLoss: true })
const key = permissionSetKeyOf(0)
const uploads: UploadMemory['uploads'][number][] = []
for (const { body } of steps) {
  if (body) await aws.objects.put(key, JSON.stringify(body(0)))
  else await aws.objects.delete(key)
  calls = 0
  heapMegabytes = heapLeft()
  const message = { v: 1, key, id: crypto.randomUUID(), event: 'benchmark' } as const
  await reconcileInput(message, uploadedPermissionSetController, { ...ports, configuration: defaultConfiguration })
  await dispatch(ports, defaultConfiguration, { sliceMs: 60_000, lingerMs: 0, holder: 'benchmark' })
  const status = await aws.objects.get(`status/${key}.json`)
  const state = status ? String(JSON.parse(new TextDecoder().decode(status.body)).state) : 'gone'
  uploads.push({ calls, heapMegabytes, state })
}
// Kibibytes on Linux. (Node.js documentation, process.resourceUsage.)
const processMegabytes = process.resourceUsage().maxRSS / 1024
process.send?.({ uploads, processMegabytes } satisfies UploadMemory)
process.disconnect()

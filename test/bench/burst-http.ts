import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import pLimit from 'p-limit'
import { queueNameOnTheWire } from '../../shared/aws/queue-name-on-the-wire.ts'
import { pauseKey } from '../../shared/reconcile/dispatcher/pause.ts'
import { type Lane, lanes } from '../../shared/reconcile/records/lanes.ts'
import { atLeast, atMost, type Benchmark, parseNumbers, withoutGoal } from './benchmark.ts'
import { LocalProcess } from './local-process.ts'
import { idOf, manyAccounts } from './many-accounts.ts'
import { withFile } from './with-file.ts'

const accounts = 200
const uploadsAtOnce = 32
const lookEveryMs = 100
/** Six calls for each file, and one process is client, server and model of all of them; `burst` measures the product alone. */
const filesASecondLeast = 100
const deletionSecondsMost = 2

/**
 * The burst over HTTP: uploaded by the SDK to the local system, which parses, checks and queues on the same two cores. Under a
 * pause, so that what is queued stays there.
 */
export const burstHttp: Benchmark = {
  name: 'burst-http',
  usage: 'burst-http [--files 5000]',
  summary: 'a folder of links uploaded at once by the SDK to the local system, until the last is queued',
  clock: 'machine',
  async run(options) {
    const { files } = parseNumbers(options, { files: 5_000 })
    const groups = Array.from({ length: Math.ceil(files / accounts) }, (_, index) => `group ${index}`)
    const organization = manyAccounts({ accounts, groups, permissionSets: ['Wide'] })
    return withFile(JSON.stringify(organization), async (file) => {
      await using local = await LocalProcess.start(['--organization', file])
      // Awaited here: the local system ends with this block.
      return await measure(local, files, groups)
    })
  },
}

async function measure(local: LocalProcess, files: number, groups: readonly string[]) {
  await pause(local)
  const count = openCount(local)
  const link = (index: number, group: string) =>
    `links_data/account%${idOf(1 + (index % accounts))}%Wide%${group}%GROUP%ssofile`
  const deleted = link(0, 'not in the folder')
  await local.put(deleted)
  await until(async () => (await count(lanes)) === 1)
  const [startedMs, begunProcessor] = [performance.now(), process.cpuUsage()]
  const limit = pLimit(uploadsAtOnce)
  const uploads = Array.from({ length: files }, (_, index) =>
    limit(() => local.put(link(index, groups[Math.floor(index / accounts)] ?? ''))),
  )
  await until(async () => (await count(lanes)) > files / 2)
  const deletedMs = performance.now()
  await local.remove(deleted)
  await until(async () => (await count(['work-urgent'])) > 0)
  const deletionSeconds = (performance.now() - deletedMs) / 1000
  await Promise.all(uploads)
  await until(async () => (await count(lanes)) >= files + 2)
  const seconds = (performance.now() - startedMs) / 1000
  const { user, system } = process.cpuUsage(begunProcessor)
  const status = await readFile(`/proc/${local.pid}/status`, 'utf8')
  const megabytes = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024
  return {
    lines: [
      `${files} links queued after ${seconds.toFixed(1)} s`,
      `the program that uploads used ${((user + system) / 1_000_000).toFixed(1)} s of processor time of it`,
    ],
    figures: [
      atLeast(filesASecondLeast, {
        figure: 'files uploaded, parsed, checked and queued',
        value: files / seconds,
        unit: 'a second',
      }),
      atMost(deletionSecondsMost, {
        figure: 'a deletion in the middle, until queued',
        value: deletionSeconds,
        unit: 's',
      }),
      withoutGoal({ figure: 'memory of the local system: bucket, queues and services', value: megabytes, unit: 'MB' }),
    ],
  }
}

/** The dispatcher takes nothing from now on. Operators may write there. */
async function pause({ url }: LocalProcess): Promise<void> {
  const credentials = { accessKeyId: 'operator', secretAccessKey: 'any' }
  const s3 = new S3Client({ endpoint: url, region: 'us-east-1', credentials, forcePathStyle: true })
  const since = new Date().toISOString()
  const Body = JSON.stringify({ v: 1, reason: 'a benchmark of what comes before', by: 'bench', since })
  await s3.send(new PutObjectCommand({ Bucket: 'ssofile', Key: pauseKey, Body }))
  s3.destroy()
}

/** How many hints wait in some lanes. */
function openCount({ url }: LocalProcess): (of: readonly Lane[]) => Promise<number> {
  const credentials = { accessKeyId: 'ssofile', secretAccessKey: 'any' }
  const sqs = new SQSClient({ endpoint: url, region: 'us-east-1', credentials })
  return async (of) => {
    const counts = of.map(async (lane) => {
      const QueueUrl = `${url}/000000000000/${queueNameOnTheWire(lane)}`
      const AttributeNames = ['ApproximateNumberOfMessages' as const]
      const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }))
      return Number(Attributes?.ApproximateNumberOfMessages)
    })
    return (await Promise.all(counts)).reduce((sum, one) => sum + one, 0)
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(lookEveryMs)
}

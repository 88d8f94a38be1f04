import { lanes } from '../../shared/ports/queues.ts'
import type { World } from '../world.ts'
import { idOf, manyAccounts } from './many-accounts.ts'
import { openSlowWorld } from './slow-world.ts'

const accounts = 200
/** S3 takes more, but a machine that syncs a folder sends about so many. */
const uploadsASecond = 500

export type BurstMeasured = {
  readonly seconds: number
  readonly processorSeconds: number
  readonly deletionSeconds: number
  readonly calls: readonly (readonly [call: string, count: number])[]
  readonly megabytes: number
}

/** A process of its own: all of ssofile and the models, until so many uploaded links are queued. */
const files = Number(process.argv[2])
const groups = Array.from({ length: Math.ceil(files / accounts) }, (_, index) => `group ${index}`)
const { world, calls } = openSlowWorld({ organization: manyAccounts({ accounts, groups, permissionSets: ['Wide'] }) })
world.start({ dispatcher: false })
const deleted = `links_data/account%${idOf(1)}%Wide%not in the folder%GROUP%ssofile`
await world.objects.put(deleted, '')
await world.until(() => countHints(world) === 1, 'the hint of the first link')
calls.clear()
const [begunMs, begun] = [world.clock.monotonicMs(), process.cpuUsage()]
const uploading = upload()
await world.until(() => countHints(world) > files / 2, 'half of the hints', 30)
const deletedMs = world.clock.monotonicMs()
await world.objects.delete(deleted)
await world.until(() => world.queues.queue('work-urgent').counts().visible > 0, 'the hint of the deletion', 30)
const deletionSeconds = (world.clock.monotonicMs() - deletedMs) / 1000
await world.until(() => countHints(world) >= files + 2, 'all hints', 30)
await uploading
const { user, system } = process.cpuUsage(begun)
const measured: BurstMeasured = {
  seconds: (world.clock.monotonicMs() - begunMs) / 1000,
  processorSeconds: (user + system) / 1_000_000,
  deletionSeconds,
  calls: [...calls],
  // Kibibytes on Linux. (Node.js documentation, process.resourceUsage.)
  megabytes: process.resourceUsage().maxRSS / 1024,
}
process.send?.(measured)
process.disconnect()

async function upload(): Promise<void> {
  for (let index = 0; index < files; index++) {
    if (index % (uploadsASecond / 10) === 0) await world.clock.sleep(100)
    const group = groups[Math.floor(index / accounts)]
    await world.objects.put(`links_data/account%${idOf(1 + (index % accounts))}%Wide%${group}%GROUP%ssofile`, '')
  }
}

function countHints({ queues }: World): number {
  return lanes.reduce((sum, lane) => sum + queues.queue(lane).counts().visible, 0)
}

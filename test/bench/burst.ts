import { lanes } from '../../shared/reconcile/records/lanes.ts'
import type { World } from '../world.ts'
import { atLeast, atMost, type Benchmark, parseNumbers, withoutGoal } from './benchmark.ts'
import { idOf, manyAccounts } from './many-accounts.ts'
import { openSlowWorld } from './slow-world.ts'

const accounts = 200
/** S3 takes more, but a machine that syncs a folder sends about so many. */
const uploadsASecond = 500

/** A folder of links is uploaded at once; when half of them are queued, one that is in force is deleted. */
export const burst: Benchmark = {
  name: 'burst',
  usage: 'burst [--files 10000]',
  summary: "a folder of links uploaded at once, until the last is parsed, checked and queued, at AWS's answer times",
  clock: 'virtual',
  async run(options) {
    const { files } = parseNumbers(options, { files: 10_000 })
    const groups = Array.from({ length: Math.ceil(files / accounts) }, (_, index) => `group ${index}`)
    const { world, calls } = openSlowWorld({
      organization: manyAccounts({ accounts, groups, permissionSets: ['Wide'] }),
    })
    world.start({ dispatcher: false })
    const deleted = `links_data/account%${idOf(1)}%Wide%not in the folder%GROUP%ssofile`
    await world.objects.put(deleted, '')
    await world.until(() => countHints(world) === 1, 'the hint of the first link')
    calls.clear()
    const [begunMs, begun] = [world.clock.monotonicMs(), process.cpuUsage()]
    const uploading = upload(world, files, groups)
    await world.until(() => countHints(world) > files / 2, 'half of the hints', 30)
    const deletedMs = world.clock.monotonicMs()
    await world.objects.delete(deleted)
    await world.until(() => world.queues.queue('work-urgent').counts().visible > 0, 'the hint of the deletion', 30)
    const deletionSeconds = (world.clock.monotonicMs() - deletedMs) / 1000
    await world.until(() => countHints(world) >= files + 2, 'all hints', 30)
    await uploading
    const seconds = (world.clock.monotonicMs() - begunMs) / 1000
    const { user, system } = process.cpuUsage(begun)
    const processorSeconds = (user + system) / 1_000_000
    const total = [...calls.values()].reduce((sum, count) => sum + count, 0)
    return {
      lines: [
        `${files} links queued after ${seconds.toFixed(1)} s`,
        ...[...calls].toSorted(([, a], [, b]) => b - a).map(([call, count]) => `  ${count} ${call}`),
      ],
      figures: [
        atLeast(200, { figure: 'files parsed, checked and queued', value: files / seconds, unit: 'a second' }),
        atLeast(200, {
          figure: 'the same in a second of one processor, models included',
          value: files / processorSeconds,
          unit: '',
        }),
        atMost(2, { figure: 'a deletion in the middle, until queued', value: deletionSeconds, unit: 's' }),
        withoutGoal({ figure: 'calls to S3 and SQS for each file', value: total / files, unit: 'calls' }),
        atMost(300, { figure: 'memory, models included', value: process.resourceUsage().maxRSS / 1024, unit: 'MB' }),
      ],
    }
  },
}

async function upload(world: World, files: number, groups: readonly string[]): Promise<void> {
  for (let index = 0; index < files; index++) {
    if (index % (uploadsASecond / 10) === 0) await world.clock.sleep(100)
    const group = groups[Math.floor(index / accounts)]
    await world.objects.put(`links_data/account%${idOf(1 + (index % accounts))}%Wide%${group}%GROUP%ssofile`, '')
  }
}

function countHints(world: World): number {
  return lanes.reduce((sum, lane) => sum + world.queues.queue(lane).counts().visible, 0)
}

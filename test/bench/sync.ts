import { atMost, type Benchmark, exactly, parseNumbers } from './benchmark.ts'
import { idOf, manyAccounts } from './many-accounts.ts'
import { putInForce } from './put-in-force.ts'
import { openSlowWorld } from './slow-world.ts'

const accounts = 200
const uploadsASecond = 500

/** A pipeline uploads all files again, as from a fresh checkout: each has a new time, and the same content. */
export const sync: Benchmark = {
  name: 'sync',
  usage: 'sync [--files 3000]',
  summary: 'unchanged links uploaded again, until each has been looked at, at the answer times of AWS',
  clock: 'virtual',
  async run(options) {
    const { files } = parseNumbers(options, { files: 3_000 })
    const groups = Array.from({ length: Math.ceil(files / accounts) }, (_, index) => `group ${index}`)
    const organization = manyAccounts({ accounts, groups, permissionSets: ['Wide'] })
    const { world, calls } = openSlowWorld({ organization })
    const links = Array.from(
      { length: files },
      (_, index) =>
        `links_data/account%${idOf(1 + (index % accounts))}%Wide%${groups[Math.floor(index / accounts)]}%GROUP%ssofile`,
    )
    for (const link of links) await putInForce(world, link, [1 + (links.indexOf(link) % accounts)])
    world.start()
    await world.clock.advance(60_000)
    calls.clear()
    const [startedMs, callsBefore] = [world.clock.monotonicMs(), world.calls.length]
    for (const [index, link] of links.entries()) {
      if (index % (uploadsASecond / 10) === 0) await world.clock.advance(100)
      await world.objects.put(link, '')
    }
    const isQuiet = () =>
      (['uploads', 'links', 'work', 'work-bulk', 'work-urgent'] as const).every(
        (queue) => world.queues.queue(queue).messages().length === 0,
      )
    await world.until(isQuiet, 'quiet', 30)
    const seconds = (world.clock.monotonicMs() - startedMs) / 1000
    await world.clock.advance(60_000)
    return {
      lines: [
        `${files} files after ${seconds.toFixed(1)} s`,
        ...[...calls].toSorted(([, a], [, b]) => b - a).map(([call, count]) => `  ${count} ${call}`),
      ],
      figures: [
        exactly(0, { figure: 'calls to Identity Center', value: world.calls.length - callsBefore, unit: 'calls' }),
        atMost(30, { figure: `${files} unchanged files uploaded again, all looked at`, value: seconds, unit: 's' }),
      ],
    }
  },
}

import { type Benchmark, type Figure, nearBound, parseNumbers } from './benchmark.ts'
import { type Applied, applyLinks, quotaFigures } from './ceiling-world.ts'

const linkCount = 10
/** What a run ends with (the last requests, with slots that nothing is left for) weighs less the longer it is. */
const mostRatio = 1.08
const mostRatioOfLong = 1.05

/** Ten links on one organizational unit; the bound is what AWS's quotas leave for the requests that the model served. */
export const throughput: Benchmark = {
  name: 'throughput',
  usage: 'throughput [--accounts 120] [--long-accounts 1200]',
  summary: 'links on all accounts of a unit, applied and deleted, beside the least time that AWS’s quotas allow',
  clock: 'virtual',
  async run(options) {
    const sizes = parseNumbers(options, { accounts: 120, 'long-accounts': 1200 })
    const lines: string[] = []
    const figures: Figure[] = []
    const measure = async (accounts: number, ratio: number, directions: readonly ('grants' | 'revocations')[]) => {
      await applyLinks(
        { accounts, sets: linkCount },
        (what, applied) => {
          const name = `${accounts * linkCount} ${what}`
          lines.push(render(name, applied))
          figures.push(
            nearBound(ratio, { figure: name, value: applied.seconds, unit: 's', bound: applied.bound.seconds }),
            ...quotaFigures(applied.world, name),
          )
        },
        directions,
      )
    }
    await measure(sizes.accounts, mostRatio, ['grants', 'revocations'])
    if (sizes['long-accounts'] > 0) await measure(sizes['long-accounts'], mostRatioOfLong, ['grants'])
    return { lines, figures }
  },
}

function render(name: string, { seconds, bound, world }: Applied): string {
  const rate = (world.served.length / seconds).toFixed(2)
  const ratio = (seconds / bound.seconds).toFixed(3)
  return `${name} in ${seconds.toFixed(1)} s: ${rate} a second; bound ${bound.seconds.toFixed(1)} s (${bound.by}), ratio ${ratio}`
}

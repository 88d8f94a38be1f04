import { atMost, type Benchmark, type Figure, parseNumbers } from './benchmark.ts'
import { applyLinks, type CeilingWorld, quotaFigures, requestMs } from './ceiling-world.ts'

const linkCount = 10
const most = { grants: 2.3, revocations: 2.2 } as const
/** With the names under `access/` in it. */
const s3Most = { grants: 11, revocations: 16 } as const
/** So fast that AWS's 20 calls a second are the bound, and not its 15 requests at a time. */
const fastMs = 300

/** What each assignment costs: calls to SSO Admin, requests to S3. What that costs: `cost`. */
export const calls: Benchmark = {
  name: 'calls',
  usage: 'calls [--accounts 120]',
  summary: 'calls and requests for each grant and each revocation, where calls are the bound and where requests are',
  clock: 'virtual',
  async run(options) {
    const { accounts } = parseNumbers(options, { accounts: 120 })
    const lines: string[] = []
    const figures: Figure[] = []
    for (const medianMs of [fastMs, requestMs.median])
      await applyLinks({ accounts, sets: linkCount, medianMs }, (what, { world }) => {
        const name = `${what}, requests of ${medianMs} ms`
        const count = world.served.length
        const polls = world.arrivals.filter(({ operation }) => /^List.*Status$/.test(operation)).length
        const all = world.arrivals.length
        lines.push(...render(name, world))
        const figure = (told: string, value: number) => ({ figure: `${name}: ${told}`, value, unit: 'calls' })
        figures.push(
          atMost(most[what], figure('calls to SSO Admin for each', all / count)),
          atMost(most[what], figure('of them no polls', (all - polls) / count)),
          ...quotaFigures(world, name),
        )
        if (medianMs === requestMs.median) figures.push(requests(what, world))
      })
    return { lines, figures }
  },
}

function render(name: string, { arrivals, others, served }: CeilingWorld): readonly string[] {
  const counts = new Map(
    [...Map.groupBy(arrivals, ({ operation }) => operation)].map(([key, all]) => [key, all.length]),
  )
  const byCount = [...counts, ...others].toSorted(([, a], [, b]) => b - a)
  return [`${name}:`, ...byCount.map(([key, count]) => `  ${(count / served.length).toFixed(2)} ${key}`)]
}

function requests(what: keyof typeof s3Most, { others, served }: CeilingWorld): Figure {
  const toObjects = [...others].filter(([key]) => key.startsWith('objects.'))
  const each = toObjects.reduce((sum, [, times]) => sum + times, 0) / served.length
  return atMost(s3Most[what], { figure: `${what}: requests to S3 for each`, value: each, unit: 'requests' })
}

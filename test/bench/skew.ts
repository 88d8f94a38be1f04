import { type Benchmark, nearBound, parseNumbers } from './benchmark.ts'
import { accountOf, CeilingWorld, linkOf, lowerBound, quotaFigures } from './ceiling-world.ts'

const busyAccounts = 3
const shareOfBusy = 0.4
const lightAccounts = 300
const groups = 90

/** Links of single accounts, many of them of three accounts, where AWS takes one request at a time. */
export const skew: Benchmark = {
  name: 'skew',
  usage: 'skew [--assignments 5000]',
  summary: 'assignments of which 40 % are in three accounts, beside the least time that AWS’s quotas allow',
  clock: 'virtual',
  async run(options) {
    const { assignments } = parseNumbers(options, { assignments: 5_000 })
    const ofBusy = Math.floor((assignments * shareOfBusy) / busyAccounts)
    const sets = Math.ceil(Math.max(ofBusy, assignments / lightAccounts) / groups)
    const world = CeilingWorld.open({ accounts: busyAccounts + lightAccounts, sets }).work()
    const busy = Array.from({ length: busyAccounts * ofBusy }, (_, index) => {
      const number = Math.floor(index / busyAccounts)
      return linkOf(`account%${accountOf(index % busyAccounts)}`, Math.floor(number / groups), number % groups)
    })
    const light = Array.from({ length: assignments - busy.length }, (_, index) => {
      const number = Math.floor(index / lightAccounts)
      return linkOf(`account%${accountOf(busyAccounts + (index % lightAccounts))}`, 0, number)
    })
    const beganMs = world.begin()
    // Spread evenly over the whole.
    const mixed = [
      ...busy.map((link, index) => ({ link, at: index / busy.length })),
      ...light.map((link, index) => ({ link, at: index / light.length })),
    ]
    for (const { link } of mixed.toSorted((a, b) => a.at - b.at)) await world.objects.put(link, '')
    const seconds = ((await world.untilServed(assignments, 24 * 60)) - beganMs) / 1000
    const bound = lowerBound(world.served, world.arrivals.length)
    return {
      lines: [
        `${assignments} assignments in ${seconds.toFixed(1)} s; bound ${bound.seconds.toFixed(1)} s (${bound.by})`,
      ],
      figures: [
        nearBound(1.05, { figure: `${assignments} assignments`, value: seconds, unit: 's', bound: bound.seconds }),
        ...quotaFigures(world, 'all of them'),
      ],
    }
  },
}

import { atLeast, atMost, type Benchmark, parseNumbers } from './benchmark.ts'
import { accountOf, CeilingWorld, linkOf, quotaFigures, requestMs, unitOfAll } from './ceiling-world.ts'

const betweenMs = 10_000

/** One link of 7,000 accounts, and then single accounts of other teams. */
export const fairness: Benchmark = {
  name: 'fairness',
  usage: 'fairness [--accounts 7000] [--others 60]',
  summary: 'how soon single accounts of other teams begin while one link on all accounts goes on',
  clock: 'virtual',
  async run(options) {
    const { accounts, others } = parseNumbers(options, { accounts: 7_000, others: 60 })
    const folders = ['large', 'small']
    const world = CeilingWorld.open({ accounts, sets: 2 }, { configuration: { folders } }).work()
    await world.objects.put(linkOf(`ou_id%${unitOfAll}`, 0, 0, 'large/'), '')
    await world.until(() => world.served.length > 100, 'the large one', 60)
    const beganMs = world.begin()
    const putMs = new Map<string, number>()
    for (let index = 0; index < others; index++) {
      const group = 1 + index
      putMs.set(world.principalOf(group), world.clock.now().getTime())
      await world.objects.put(linkOf(`account%${accountOf((index * 97) % accounts)}`, 1, group, 'small/'), '')
      await world.clock.advance(betweenMs)
    }
    const large = world.principalOf(0)
    const creations = () => world.served.flatMap((one) => (one.kind === 'creation' ? [one] : []))
    const small = () => creations().filter(({ target }) => target.principalId !== large)
    await world.until(() => small().length >= others, 'the small ones', 30)
    const waits = small().map(
      ({ target, createdAt }) => createdAt.getTime() - (putMs.get(target.principalId) ?? Number.NaN),
    )
    const seconds = (world.clock.now().getTime() - beganMs) / 1000
    const rate = creations().length / seconds
    const longest = Math.max(...waits)
    return {
      lines: [
        `${others} single accounts beside ${accounts}: at most ${longest} ms; ${rate.toFixed(2)} requests a second together`,
      ],
      figures: [
        atMost(2 * requestMs.median, { figure: 'upload to request, the longest', value: longest, unit: 'ms' }),
        // 15 at a time of 4.78 s on average are 3.14 a second.
        atLeast(2.9, { figure: 'requests a second, the large one included', value: rate, unit: 'requests' }),
        ...quotaFigures(world, 'together'),
      ],
    }
  },
}

import { atMost, type Benchmark, parseNumbers, quantile } from './benchmark.ts'
import { accountOf, CeilingWorld, linkOf, openBrake, quotaFigures, requestMs, unitOfAll } from './ceiling-world.ts'

const betweenMs = 1_000
const others = 1_001
const bulkSets = 10
const ownSet = bulkSets

/** Links of single accounts are deleted, one a second, while tens of thousands of creations wait. */
export const urgent: Benchmark = {
  name: 'urgent',
  usage: 'urgent [--accounts 5000] [--deletions 100]',
  summary: 'from the deletion of a link to the start of its revocation, while 50,000 creations wait',
  clock: 'virtual',
  async run(options) {
    const { accounts, deletions } = parseNumbers(options, { accounts: 5_000, deletions: 100 })
    const world = CeilingWorld.open({ accounts, sets: bulkSets + 1 }, { configuration: openBrake })
    const links = Array.from({ length: others }, (_, index) =>
      linkOf(`account%${accountOf(index % accounts)}`, ownSet, Math.floor(index / accounts)),
    )
    await world.putInForce(links)
    world.work()
    for (let index = 0; index < bulkSets; index++)
      await world.objects.put(linkOf(`ou_id%${unitOfAll}`, index, 50 + index), '')
    await world.until(() => world.waiting >= (accounts * bulkSets) / 2, 'the bulk in its queue', 60)
    await world.clock.advance(30_000)
    world.begin()
    const deletedMs = new Map<string, number>()
    for (const link of links.slice(0, deletions)) {
      deletedMs.set(link.split('%')[1] ?? '', world.clock.now().getTime())
      await world.objects.delete(link)
      await world.clock.advance(betweenMs)
    }
    const revocations = () => world.served.flatMap((one) => (one.kind === 'deletion' ? [one] : []))
    await world.until(() => revocations().length >= deletions, 'the revocations', 3)
    const waits = revocations().map(
      ({ target, createdAt }) => createdAt.getTime() - (deletedMs.get(target.accountId) ?? Number.NaN),
    )
    const [p50, p99] = [quantile(waits, 0.5), quantile(waits, 0.99)]
    return {
      lines: [`${deletions} links deleted while ${world.waiting} hints wait: p50 ${p50} ms, p99 ${p99} ms`],
      figures: [
        atMost(2 * requestMs.median, { figure: 'deletion to revocation, p99', value: p99, unit: 'ms' }),
        ...quotaFigures(world, 'beside the bulk'),
      ],
    }
  },
}

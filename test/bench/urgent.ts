import { atMost, type Benchmark, type Figure, parseNumbers, quantile } from './benchmark.ts'
import { type End, measureDeletion, measureEnd, measureSuspension } from './beside-files.ts'
import { besideOwnFiles } from './beside-own-files.ts'
import { accountOf, CeilingWorld, linkOf, openBrake, quotaFigures, requestMs, unitOfAll } from './ceiling-world.ts'
import { measureSuspensionAmong } from './suspended-among.ts'
import { measureSuspensionBesideLinks } from './suspended-beside-links.ts'

const betweenMs = 1_000
const others = 1_001
const bulkSets = 10
const ownSet = bulkSets

/** Until all access of a suspended person is gone, or what else ends: see beside-files.ts. */
const goneMostMs = 10_000
/** The promise about a suspended person: within a minute. */
const promisedMs = 60_000
/** As many as AWS revokes in a minute at 15 requests at a time. */
const ownMost = 120
const ends = ['expiry', 'finish', 'denial'] as const satisfies readonly End[]

/** Links of 100 accounts fill the urgent lane, links of more accounts the ordinary one. */
async function besideLinks(links: number): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  for (const [accounts, own] of [
    [100, 1],
    [120, ownMost],
  ] as const)
    figures.push(
      atMost(promisedMs, {
        figure: `suspended with ${own} access${own === 1 ? '' : 'es'} beside ${links} deleted links of ${accounts} accounts`,
        value: await measureSuspensionBesideLinks({ links, accounts, own }),
        unit: 'ms',
      }),
    )
  return figures
}

async function besideFiles(count: number): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  const tell = (what: string, value: number) => figures.push(atMost(goneMostMs, { figure: what, value, unit: 'ms' }))
  tell(`suspended beside ${count} memberships`, await measureSuspension({ files: 'valid', count }))
  tell(`suspended beside ${count} files that name nothing`, await measureSuspension({ files: 'junk', count }))
  tell(
    `suspended while ${count} memberships wait and another user changes`,
    await measureSuspension({ files: 'waiting', count, title: true }),
  )
  tell(`membership deleted beside ${count} memberships`, await measureDeletion({ files: 'valid', count }))
  for (const end of ends) tell(`${end} beside ${count} memberships`, await measureEnd(end, { files: 'valid', count }))
  return figures
}

/** Links of single accounts are deleted, one a second, while tens of thousands of creations wait. */
export const urgent: Benchmark = {
  name: 'urgent',
  usage: 'urgent [--accounts 5000] [--deletions 100] [--files 900] [--links 80] [--entries 550000] [--own 200]',
  summary:
    'revocations while 50,000 creations wait; suspensions and ends of access beside 900 other files, 80 deleted links and a flood of one person',
  clock: 'virtual',
  async run(options) {
    const { accounts, deletions, files, links, entries, own } = parseNumbers(options, {
      accounts: 5_000,
      deletions: 100,
      files: 900,
      links: 80,
      entries: 550_000,
      own: 200,
    })
    const world = CeilingWorld.open({ accounts, sets: bulkSets + 1 }, { configuration: openBrake })
    const single = Array.from({ length: others }, (_, index) =>
      linkOf(`account%${accountOf(index % accounts)}`, ownSet, Math.floor(index / accounts)),
    )
    await world.putInForce(single)
    world.work()
    for (let index = 0; index < bulkSets; index++)
      await world.objects.put(linkOf(`ou_id%${unitOfAll}`, index, 50 + index), '')
    await world.until(() => world.waiting >= (accounts * bulkSets) / 2, 'the bulk in its queue', 60)
    await world.clock.advance(30_000)
    world.begin()
    const deletedMs = new Map<string, number>()
    for (const link of single.slice(0, deletions)) {
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
        ...(await besideFiles(files)),
        ...(await besideLinks(links)),
        ...(await besideOwnFiles(own)),
        atMost(goneMostMs, {
          figure: `suspended among ${entries} entries of others`,
          value: await measureSuspensionAmong(entries),
          unit: 'ms',
        }),
      ],
    }
  },
}

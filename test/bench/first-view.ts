import { lanes } from '../../shared/reconcile/records/lanes.ts'
import { atMost, type Benchmark, exactly, nearBound, parseNumbers, withoutGoal } from './benchmark.ts'
import { manyAccounts } from './many-accounts.ts'
import { openSlowWorld } from './slow-world.ts'

const link = 'links_data/account_tag%team^data%Wide%analysts%GROUP%ssofile'
/** Organizations Quotas: ListAccounts 8 a second, twenty accounts a call; ListTagsForResource 10 a second. */
const rates = { listings: 8, accountsOfListing: 20, tags: 10 }
/** The same message must not come more often: it would be given up. */
const receivesMost = 5

/** A tag link in an organization that nobody has looked at yet. */
export const firstView: Benchmark = {
  name: 'first-view',
  usage: 'first-view [--accounts 7000]',
  summary:
    'a tag link where nothing of the organization is stored: until its hints are queued, at the rates of Organizations',
  clock: 'virtual',
  async run(options) {
    const { accounts } = parseNumbers(options, { accounts: 7_000 })
    const organization = manyAccounts({
      accounts,
      groups: ['analysts'],
      permissionSets: ['Wide'],
      tagsOf: () => ({ team: 'data' }),
    })
    let mostReceives = 0
    let invocations = 0
    // The router sends the link to its function once; each further time the function itself does, until it has all tags.
    const { world, calls } = openSlowWorld({ organization }, ({ operation, args, proceed }) => {
      if (operation === 'send' && args[0] === 'links') invocations++
      return proceed()
    })
    world.start({ dispatcher: false })
    await world.objects.put(link, '')
    const queued = () => lanes.reduce((sum, lane) => sum + world.queues.queue(lane).counts().visible, 0)
    const isQueued = () => {
      for (const { receiveCount } of world.queues.queue('links').messages())
        mostReceives = Math.max(mostReceives, receiveCount)
      return queued() >= accounts
    }
    await world.until(isQueued, 'the hints of the link', 60)
    const seconds = world.clock.monotonicMs() / 1000
    const bound = (accounts + 1) / rates.accountsOfListing / rates.listings + (accounts + 1) / rates.tags
    const dead = (['uploads', 'links'] as const).reduce(
      (sum, queue) => sum + world.queues.queue(`${queue}-dead`).counts().visible,
      0,
    )
    const [listings, tags] = ['listAccounts', 'listTags'].map((call) => calls.get(`organizations ${call}`) ?? 0)
    return {
      lines: [
        `${accounts} accounts: hints queued after ${seconds.toFixed(0)} s, ${listings} listings and ${tags} readings of tags`,
        ...[...calls].toSorted(([, a], [, b]) => b - a).map(([call, count]) => `  ${count} ${call}`),
      ],
      figures: [
        nearBound(1.2, {
          figure: 'until the hints are queued; bound: rates of Organizations',
          value: seconds,
          unit: 's',
          bound,
        }),
        withoutGoal({ figure: 'invocations of the function links', value: invocations, unit: '' }),
        exactly(0, { figure: 'messages given up', value: dead, unit: '' }),
        atMost(receivesMost, { figure: 'receives of one message', value: mostReceives, unit: '' }),
      ],
    }
  },
}

import { accountId } from '../../shared/domain/organization/account-id.ts'
import { organizationFile } from '../../shared/memory/organization-file.ts'
import { OrganizationCache } from '../../shared/reconcile/organization/organization-cache.ts'
import { previewChanges } from '../../shared/reconcile/preview/preview.ts'
import { atMost, type Benchmark, exactly, parseNumbers } from './benchmark.ts'
import { openSlowWorld } from './slow-world.ts'

const mostSeconds = 20
const accounts = 10
const sets = 5
/** As the command `plan` has it. */
const looksMost = 300

/** A plan of links that each name another group, on virtual time, at AWS's rates and answer times. */
export const plan: Benchmark = {
  name: 'plan',
  usage: 'plan [--links 2000] [--large 100000]',
  summary: `plan of links with a group each: groups that are there, that are not, and a few in a large directory, ≤ ${mostSeconds} s`,
  clock: 'virtual',
  async run(options) {
    const { links, large } = parseNumbers(options, { links: 2_000, large: 100_000 })
    const all = await measure({ links, groups: links, others: 0 })
    const half = await measure({ links, groups: links / 2, others: links / 2 })
    const none = await measure({ links, groups: 0, others: links })
    const few = await measure({ links: 50, groups: 50, others: large })
    const told = [
      [`${links} links of ${links} groups`, all, links],
      [`${links} links of ${links} groups, half of them missing`, half, links / 2],
      [`${links} links of ${links} groups that are all missing`, none, 0],
      [`50 links of 50 groups among ${large} others`, few, 50],
    ] as const
    return {
      lines: told.map(([what, { seconds, calls }]) => `${what}: ${seconds.toFixed(1)} s; ${calls.join(', ')}`),
      figures: told.flatMap(([what, { seconds, grants, throttled }, granted]) => [
        atMost(mostSeconds, { figure: what, value: seconds, unit: 's' }),
        exactly(granted, { figure: `${what}: grants`, value: grants, unit: '' }),
        exactly(0, { figure: `${what}: calls turned away`, value: throttled, unit: 'calls' }),
      ]),
    }
  },
}

/** `groups`: of the links, that are there. `others`: that no link names. */
async function measure({ links, groups, others }: { links: number; groups: number; others: number }) {
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)
  const ids = numbers(accounts + 1).map((index) => accountId.parse(String(300_000_000_000 + index)))
  const setOf = (index: number) => `Set-${index % sets}`
  const placeOf = (index: number) => `${ids[1 + (index % accounts)]}%${setOf(Math.floor(index / accounts))}`
  const organization = organizationFile.parse({
    managementAccountId: ids[0],
    root: {
      id: 'r-bench',
      accounts: ids.map((id) => ({ id, name: `account-${id}`, email: `aws+${id}@bench.example`, tags: {} })),
      organizationalUnits: [],
    },
    groups: [...numbers(groups).map((index) => `team ${index}`), ...numbers(others).map((index) => `other ${index}`)],
    permissionSets: numbers(sets).map((index) => ({ permissionSetName: setOf(index) })),
  })
  let throttled = 0
  const { world, calls } = openSlowWorld({ organization }, async ({ proceed }) => {
    try {
      return await proceed()
    } catch (error) {
      throttled++
      throw error
    }
  })
  await world.finish(new OrganizationCache(world.ports, []).rebuild(), 1_000)
  for (const index of numbers(links))
    await world.objects.put(`links_data/account%${placeOf(index)}%team ${index}%GROUP%ssofile`, '')
  calls.clear()
  const startedMs = world.clock.monotonicMs()
  const preview = await world.finish(previewChanges(world.ports, world.configuration, { looksMost }), 100)
  const seconds = (world.clock.monotonicMs() - startedMs) / 1000
  const most = [...calls].toSorted(([, a], [, b]) => b - a).slice(0, 5)
  return { seconds, throttled, grants: preview.grants.length, calls: most.map(([call, count]) => `${count} ${call}`) }
}

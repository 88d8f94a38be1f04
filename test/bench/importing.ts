import { slowPortions } from '../../handlers/cli/take-over/under-lease.ts'
import { organizationFile } from '../../shared/memory/organization-file.ts'
import { prepareImport } from '../../shared/modules/take-over/import-assignments.ts'
import { atMost, type Benchmark, exactly, nearBound, parseNumbers } from './benchmark.ts'
import { idOf, manyAccounts } from './many-accounts.ts'
import { openSlowWorld } from './slow-world.ts'

const secondsMost = 30
const callsPerSecond = 20

/** What somebody waits for who looks at what an import would take over. Each account has each permission set. */
export const importing: Benchmark = {
  name: 'import',
  usage: 'import [--accounts 200] [--sets 12]',
  summary: 'import --assignments --dry-run: time and calls, after a drift check and before any deployment',
  clock: 'virtual',
  async run(options) {
    const { accounts, sets } = parseNumbers(options, { accounts: 200, sets: 12 })
    const places = accounts * sets
    const isOfSets = ([call]: readonly [string, number]) => call.startsWith('ssoAdmin ')
    const { world, calls } = openSlowWorld({ organization: organizationOf(accounts, sets) })
    const look = async (how: { readonly isRecorded: boolean }) => {
      calls.clear()
      const startedMs = world.clock.monotonicMs()
      const { listed } = await world.finish(prepare(world, how))
      const made = [...calls].filter(isOfSets).reduce((sum, [, times]) => sum + times, 0)
      return { listed, made, seconds: (world.clock.monotonicMs() - startedMs) / 1000 }
    }
    const asked = await look({ isRecorded: false })
    await world.finish(world.everyNight(), 1_000)
    const checkIsOver = async () => (await world.json('state/drift.json'))?.open?.toString() === ''
    for (let minute = 0; minute < 60 && !(await checkIsOver()); minute++) {
      await world.finish(world.everyMinute(), 1_000)
      await world.clock.advance(60_000)
    }
    const recorded = await look({ isRecorded: true })
    const name = `dry run of ${accounts} accounts`
    return {
      lines: [],
      figures: [
        atMost(secondsMost, { figure: `${name}, after a drift check`, value: recorded.seconds, unit: 's' }),
        atMost(sets + 5, {
          figure: `${name}, after a drift check: calls to SSO Admin`,
          value: recorded.made,
          unit: 'calls',
        }),
        nearBound(1.1, {
          figure: `${name}, before any deployment`,
          value: asked.seconds,
          unit: 's',
          bound: places / callsPerSecond,
        }),
        exactly(2 * places, {
          figure: `${name}: assignments found by both`,
          value: asked.listed + recorded.listed,
          unit: '',
        }),
      ],
    }
  },
}

function prepare(
  { ports, configuration }: ReturnType<typeof openSlowWorld>['world'],
  { isRecorded }: { readonly isRecorded: boolean },
) {
  const ignore = () => {}
  const filter = { accounts: [], permissionSets: [], principals: [] }
  const inPortions = slowPortions(ports, ignore, isRecorded)
  return prepareImport(
    { ...ports, configuration },
    { filter, isCompact: false, tagKeys: [], isRecorded, inPortions, onStep: ignore },
  )
}

function organizationOf(accounts: number, sets: number) {
  const permissionSets = Array.from({ length: sets }, (_, nth) => `Set-${nth}`)
  const groups = permissionSets.map((name) => `team-${name}`)
  const assignments = Array.from({ length: accounts }, (_, nth) => idOf(nth + 1)).flatMap((account) =>
    permissionSets.map((permissionSet) => ({
      account,
      permissionSet,
      principal: `team-${permissionSet}`,
      type: 'GROUP',
    })),
  )
  return organizationFile.parse({ ...manyAccounts({ accounts, groups, permissionSets }), assignments })
}

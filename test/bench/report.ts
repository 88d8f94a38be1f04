import { reportsPrefix, summaryRecord } from '../../shared/modules/reports/report-summary.ts'
import { functionSettings } from '../../shared/ports/deployment-settings.ts'
import { atMost, type Benchmark, exactly, parseNumbers, withoutGoal } from './benchmark.ts'
import { watchMemory } from './held-bytes.ts'
import { openInForce } from './organization.ts'

const megabytesMost = 512
const groups = 100
const callsPerSecond = 20

/** The nightly report of a large organization, as one run of its function writes it. */
export const report: Benchmark = {
  name: 'report',
  usage: 'report [--accounts 7000] [--links 2000] [--roots 10] [--people 200]',
  summary: 'the nightly report: who has access, in one run of its function',
  clock: 'virtual',
  async run(options) {
    const size = parseNumbers(options, { accounts: 7_000, links: 2_000, roots: 10, people: 200 })
    const { world, calls } = await openInForce(size)
    const { clock, identityStore, objects } = world
    for (let nth = 0; nth < size.people; nth++) {
      await clock.advance(2_000 / callsPerSecond)
      const user = await identityStore.createUser({ userName: `user-${nth}@bench.example` })
      const group = identityStore.idOf('GROUP', `group ${nth % groups}`)
      if (group === undefined) throw new Error('there is no such group')
      await identityStore.createGroupMembership(group, user)
    }
    calls.clear()
    const memory = watchMemory(clock)
    const beganMs = clock.monotonicMs()
    const made = { isOver: false }
    const making = world.everyMorning().finally(() => {
      made.isOver = true
    })
    const written = async () => {
      const keys = await Array.fromAsync(objects.list(reportsPrefix))
      return keys.reduce((sum, { size: bytes }) => sum + bytes, 0)
    }
    await world.until(
      async () => {
        memory.measure()
        return made.isOver
      },
      'the report',
      120,
    )
    await making
    const seconds = (clock.monotonicMs() - beganMs) / 1_000
    const date = clock.now().toISOString().slice(0, 10)
    const { rows, assignments } = (await summaryRecord(objects, date).read())?.value.counts ?? {
      rows: 0,
      assignments: 0,
    }
    const name = `${size.accounts} accounts, ${assignments} assignments, ${rows} rows`
    return {
      lines: [...calls]
        .toSorted(([, a], [, b]) => b - a)
        .map(([call, count]) => `  ${String(count).padStart(7)} ${call}`),
      figures: [
        atMost(functionSettings.report.timeoutSeconds, { figure: `${name}: written`, value: seconds, unit: 's' }),
        exactly(world.ssoAdmin.assignments().length, { figure: `${name}: assignments`, value: assignments, unit: '' }),
        atMost(megabytesMost, { figure: `${name}: memory in use`, value: memory.mebibytes(), unit: 'MiB' }),
        withoutGoal({ figure: `${name}: its objects`, value: (await written()) / 1e6, unit: 'MB' }),
      ],
    }
  },
}

import { MemoryIam } from '../../shared/memory/iam/memory-iam.ts'
import { SeededRandomness } from '../../shared/memory/seeded-randomness.ts'
import type { Auditor } from '../../shared/ports/auditor.ts'
import { wrapPort } from '../../shared/reconcile/calls/wrap-port.ts'
import { writeReport } from '../../shared/reconcile/reports/write-report.ts'
import { intercept } from '../intercept.ts'
import type { World } from '../world.ts'
import { atMost, type Benchmark, exactly, parseNumbers } from './benchmark.ts'
import { answerMs, expectedRows, fillAccess } from './fill-access.ts'

const mostSeconds = 60
/** IAM is in one Region, and a session begins with a call to STS. */
const auditorAnswerMs = 100
const auditorRole = 'ssofile-auditor'
const mebibyte = 1024 * 1024

/**
 * How long the nightly report takes: its calls at AWS's rates and with answers as slow as AWS's, on virtual time; what this
 * machine computes; and how much of an object is in memory at most. `--job-ms 4000`: with an auditor's role in each account,
 * where IAM's jobs take so long.
 */
export const report: Benchmark = {
  name: 'report',
  usage: 'report --accounts 500 --assignments 20 --users 3000 --job-ms 0',
  summary: `the nightly report of 500 accounts with 20 assignments each and 3,000 users in less than ${mostSeconds} s of processing`,
  clock: 'machine',
  run: async (options) => {
    const size = parseNumbers(options, { accounts: 500, assignments: 20, users: 3000, 'job-ms': 0 })
    const jobMs = size['job-ms']
    const world = await fillAccess(size)
    const calls = new Map<string, number>()
    let largest = 0
    const slow = intercept(world.ports, async ({ port, operation, args, proceed }) => {
      const name = `${port} ${operation}`
      calls.set(name, (calls.get(name) ?? 0) + 1)
      for (const arg of args) if (arg instanceof Uint8Array) largest = Math.max(largest, arg.byteLength)
      await world.clock.sleep(answerMs[port])
      return proceed()
    })
    const ports = { ...slow, auditor: slowAuditor(world, jobMs) }
    const configuration = { ...world.configuration, auditorRole: jobMs === 0 ? '' : auditorRole }
    const [begunMs, begun] = [world.clock.monotonicMs(), performance.now()]
    const { counts, date } = await world.finish(writeReport(ports, configuration), 5)
    const waited = (world.clock.monotonicMs() - begunMs) / 1000
    const computed = (performance.now() - begun) / 1000
    const sizes = await Promise.all(
      ['access.csv', 'groups.csv', 'index.html'].map(async (name) => {
        const head = await world.objects.head(`reports/${date}/${name}`)
        return `${name} ${((head?.size ?? 0) / mebibyte).toFixed(1)} MiB`
      }),
    )
    return {
      lines: [
        `${counts.rows} rows: ${waited.toFixed(1)} s for calls, ${computed.toFixed(1)} s computed`,
        sizes.join(', '),
        `at most ${(largest / mebibyte).toFixed(1)} MiB of an object in memory`,
        ...(jobMs === 0 ? [] : [`use of roles not known: ${counts.useNotKnown} of ${counts.assignments} assignments`]),
        [...calls].map(([name, count]) => `${name} ${count}`).join(', '),
      ],
      figures: [
        exactly(expectedRows(size), {
          figure: 'rows, one for each member of each assignment',
          value: counts.rows,
          unit: '',
        }),
        atMost(mostSeconds, { figure: 'computed', value: computed, unit: 's' }),
      ],
    }
  },
}

function slowAuditor({ clock, organizations, ssoAdmin }: World, jobMs: number): Auditor {
  const randomness = new SeededRandomness(1)
  const iam = new MemoryIam({ clock, randomness, organizations, ssoAdmin, auditorRole, jobMs })
  const slowly = async (_: string, call: () => Promise<unknown>) => {
    await clock.sleep(auditorAnswerMs)
    return call()
  }
  return {
    async enter(account, roleName) {
      await clock.sleep(auditorAnswerMs)
      return wrapPort(await iam.enter(account, roleName), slowly)
    },
  }
}

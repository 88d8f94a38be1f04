import type { ChildProcess } from 'node:child_process'
import type { ReconcileReport } from '../../shared/reconcile/differences/reconcile.ts'
import { atLeast, atMost, type Benchmark, exactly, type Figure, parseNumbers } from './benchmark.ts'
import { nextMessage, startChild } from './child-process.ts'

const megabytesMost = 300
const accountsPerCall = 20
/** So much faster than AWS's are the rates of the services and the clock of the product. */
const speed = 10
/** V8 takes what memory there is before it collects; a function's limit makes it collect earlier, and so does this. */
const heapMegabytes = 128

type Run = {
  readonly report: ReconcileReport
  readonly seconds: number
  readonly megabytes: number
  readonly calls: ReadonlyMap<string, number>
  readonly throttled: number
}

/** An organization in which everything is in force: a reconcile with no state at all, one as every hour, and a sweep. */
export const reconcileBenchmark: Benchmark = {
  name: 'reconcile',
  usage: 'reconcile [--accounts 5000] [--links 1000] [--roots 1]',
  summary: 'a reconcile and a sweep that find nothing to do: calls to each service, time and memory of its process',
  clock: 'machine',
  async run(options) {
    const { accounts, links, roots } = parseNumbers(options, { accounts: 5000, links: 1000, roots: 1 })
    const services = startChild('organization-process.ts', [accounts, links, speed, roots].map(String))
    try {
      const { url, entries } = await nextMessage<{ url: string; entries: number }>(services)
      const lines = [`${accounts} accounts, ${links} links, ${entries} assignments in force`]
      const figures: Figure[] = []
      for (const what of ['with no state at all', 'as every hour', 'a sweep'] as const) {
        const run = await runOnce(services, url, what === 'a sweep' ? 'sweep' : 'reconcile')
        lines.push(...render(what, run))
        figures.push(...(what === 'a sweep' ? judgeSweep(run) : judge(what, accounts, run)))
      }
      return { lines, figures }
    } finally {
      services.kill()
    }
  },
}

async function runOnce(services: ChildProcess, url: string, work: 'reconcile' | 'sweep'): Promise<Run> {
  services.send('forget')
  await nextMessage(services)
  const child = startChild(
    'reconcile-process.ts',
    [url, String(speed), work],
    [`--max-old-space-size=${heapMegabytes}`],
  )
  const told = await nextMessage<Pick<Run, 'report' | 'seconds' | 'megabytes'>>(child)
  services.send('tell')
  const { calls, throttled } = await nextMessage<{ calls: [string, number][]; throttled: number }>(services)
  return { ...told, calls: new Map(calls), throttled }
}

function render(what: string, { seconds, megabytes, calls, throttled }: Run): readonly string[] {
  const byCount = [...calls].toSorted(([, a], [, b]) => b - a)
  return [
    `${what}: ${seconds.toFixed(0)} s at AWS's rates (run ${speed} times as fast), ${megabytes.toFixed(0)} MB at most (heap limited to ${heapMegabytes})`,
    ...byCount.map(([call, count]) => `  ${count} ${call}`),
    `  (${throttled} of them turned away for the rate, and repeated)`,
  ]
}

/** It lists, and reads only what it keeps for itself. */
function judgeSweep({ report, megabytes, calls }: Run): readonly Figure[] {
  const others = [...calls.keys()].filter((call) => !call.startsWith('S3 ') && !/ListInstances$/.test(call))
  const reads = [...calls].filter(([call]) => call.startsWith('S3 GET')).reduce((sum, [, count]) => sum + count, 0)
  const found = report.grants + report.revocations + report.inputs + report.unfinished
  return [
    exactly(0, { figure: 'a sweep: differences found', value: found, unit: '' }),
    atMost(megabytesMost, { figure: 'a sweep: memory of its process', value: megabytes, unit: 'MB' }),
    exactly(0, { figure: 'a sweep: calls to other services than S3', value: others.length, unit: 'kinds' }),
    atMost(10, { figure: 'a sweep: objects read', value: reads, unit: '' }),
  ]
}

function judge(what: string, accounts: number, { report, megabytes, calls, throttled }: Run): readonly Figure[] {
  const count = (pattern: RegExp) =>
    [...calls].filter(([call]) => pattern.test(call)).reduce((sum, [, calls]) => sum + calls, 0)
  const organizations = count(/^AWSOrganizations/)
  const tags = count(/ListTagsForResource$/)
  const listings = Math.ceil(accounts / accountsPerCall)
  const found = report.grants + report.revocations + report.inputs + report.unfinished
  const asked = organizations - throttled
  const inIdentityCenter = count(/^SWBExternalService/) - count(/ListInstances$/)
  return [
    exactly(0, { figure: `${what}: differences found`, value: found, unit: '' }),
    atMost(megabytesMost, { figure: `${what}: memory of its process`, value: megabytes, unit: 'MB' }),
    // One for the management account, and one for each account's tags.
    atMost(listings + 1 + accounts, {
      figure: `${what}: answered calls to Organizations`,
      value: asked,
      unit: 'calls',
    }),
    atLeast(1, { figure: `${what}: calls for tags`, value: tags, unit: 'calls' }),
    // Beside the one that tells a process its identity store.
    exactly(0, { figure: `${what}: calls to SSO Admin`, value: inIdentityCenter, unit: 'calls' }),
  ]
}

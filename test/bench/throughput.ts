import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { atMost, type Benchmark, exactly, parseNumbers, type Result } from './benchmark.ts'
import { LocalProcess, uploadPermissionSet } from './local-process.ts'
import type { Observation } from './observe-sso-admin.ts'

const permissionSet = 'BenchThroughput'
const group = 'everybody'
const callsPerSecondMost = 20
const outstandingMost = 15

/** One link on the root of an organization grants one permission set on all its accounts. */
export const throughput: Benchmark = {
  name: 'throughput',
  usage: 'throughput [--accounts 300]',
  summary: 'how fast one root link is applied, with how many calls to SSO Admin, and whether the quotas hold',
  clock: 'machine',
  async run(options) {
    const { accounts } = parseNumbers(options, { accounts: 300 })
    const folder = await mkdtemp(join(tmpdir(), 'ssofile-bench-'))
    try {
      const file = join(folder, 'organization.json')
      await writeFile(file, JSON.stringify(organizationOf(accounts)))
      return await measure(accounts, file)
    } finally {
      await rm(folder, { recursive: true })
    }
  },
}

async function measure(accounts: number, organization: string): Promise<Result> {
  await using local = await LocalProcess.start(['--organization', organization])
  await uploadPermissionSet(local, permissionSet)
  const before = local.observations.length
  const link = `links_data/root%all%${permissionSet}%${group}%GROUP%ssofile`
  const startedMs = performance.now()
  await local.put(link)
  const { accounts: counts } = await local.untilApplied(link)
  const seconds = (performance.now() - startedMs) / 1000
  if (counts?.applied !== accounts) throw new Error(`expected ${accounts} assignments, received ${counts?.applied}`)
  return render(accounts, seconds, local.observations.slice(before))
}

function render(accounts: number, seconds: number, observations: readonly Observation[]): Result {
  const calls = observations.filter((observation) => observation.seen === 'call')
  const most = mostInOneSecond(calls.map(({ atMs }) => atMs))
  const throttled = observations.filter(({ seen }) => seen === 'throttled').length
  const outstanding = Math.max(
    ...observations.map((observation) => (observation.seen === 'accepted' ? observation.outstanding : 0)),
  )
  const byOperation = Map.groupBy(calls, ({ operation }) => operation)
  const operations = [...byOperation].map(([operation, { length }]) => `${length} ${operation}`)
  return {
    lines: [
      `${accounts} assignments by one root link in ${seconds.toFixed(1)} s: ${(accounts / seconds).toFixed(1)} a second`,
      `${calls.length} calls to SSO Admin, ${(calls.length / accounts).toFixed(2)} per assignment, ${(calls.length / seconds).toFixed(1)} a second`,
      ...operations.toSorted((a, b) => Number.parseInt(b, 10) - Number.parseInt(a, 10)).map((line) => `  ${line}`),
    ],
    figures: [
      atMost(callsPerSecondMost, { figure: 'calls in any rolling second', value: most, unit: 'calls' }),
      atMost(outstandingMost, { figure: 'assignment requests outstanding', value: outstanding, unit: 'requests' }),
      exactly(0, { figure: 'calls turned away', value: throttled, unit: 'calls' }),
    ],
  }
}

/** `instants` ascending, in ms. */
function mostInOneSecond(instants: readonly number[]): number {
  let first = 0
  let most = 0
  for (const [index, instant] of instants.entries()) {
    while ((instants[first] ?? instant) <= instant - 1000) first++
    most = Math.max(most, index - first + 1)
  }
  return most
}

/** That many accounts at the root, besides the management account. */
function organizationOf(accounts: number) {
  const account = (number: number) => {
    const id = String(300_000_000_000 + number)
    return { id, name: `account-${number}`, email: `account-${number}@bench.example`, tags: {} }
  }
  return {
    managementAccountId: account(0).id,
    root: {
      id: 'r-bench',
      accounts: Array.from({ length: accounts + 1 }, (_, number) => account(number)),
      organizationalUnits: [],
    },
    groups: [group],
    users: [],
  }
}

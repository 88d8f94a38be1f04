import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { ledgerEntry } from '../../shared/domain/assignments/ledger-entry.ts'
import { status } from '../../shared/domain/statuses/status.ts'
import { type OrganizationFile, organizationFile, type UnitInFile } from '../../shared/memory/organization-file.ts'
import { atMost, type Benchmark, parseNumbers, quantile } from './benchmark.ts'
import { LocalProcess, uploadPermissionSet } from './local-process.ts'

const acme = new URL('../../fixtures/organizations/acme.json', import.meta.url)
const permissionSet = 'BenchLatency'
const medianMostMs = 60
const mostMs = 250
/** Longer than a dispatcher that has nothing left to do stays. */
const restMs = 6_500

/** Uploads links one after another, each for an assignment that is not there yet, on an otherwise idle local system. */
export const latency: Benchmark = {
  name: 'latency',
  usage: 'latency [--links 100] [--rested 1]',
  summary: 'from the upload of a link to the request at Identity Center, and to its status `applied`',
  clock: 'machine',
  async run(options) {
    const { links, rested } = parseNumbers(options, { links: 100, rested: 1 })
    const pairs = listPairs(organizationFile.parse(JSON.parse(await readFile(acme, 'utf8'))))
    await using local = await LocalProcess.start()
    await uploadPermissionSet(local, permissionSet)
    const awake = await measureAll(local, pairs.slice(0, links), 0)
    const asleep = await measureAll(local, pairs.slice(links, links + rested), restMs)
    const accepted = awake.map(({ acceptedMs }) => acceptedMs)
    return {
      lines: [
        'from the start of PutObject, in ms, with the default options   median    p90    max',
        render(`${awake.length} links, request accepted`, accepted),
        render(
          `${awake.length} links, status applied (looked at every 20 ms)`,
          awake.map(({ appliedMs }) => appliedMs),
        ),
        ...(asleep.length === 0
          ? []
          : [
              render(
                `${asleep.length} after a rest of ${restMs / 1000} s each, request accepted`,
                asleep.map(({ acceptedMs }) => acceptedMs),
              ),
            ]),
      ],
      figures: [
        atMost(medianMostMs, { figure: 'upload to request, median', value: quantile(accepted, 0.5), unit: 'ms' }),
        atMost(mostMs, { figure: 'upload to request, p99', value: quantile(accepted, 0.99), unit: 'ms' }),
      ],
    }
  },
}

type Pair = { readonly account: string; readonly group: string }

/** Every pair of active account and group once, account and group changing each time. */
function listPairs({ root, groups, managementAccountId }: OrganizationFile): readonly Pair[] {
  const accounts = activeAccountsOf(root).filter((id) => id !== managementAccountId)
  const seen = new Set<string>()
  return accounts.flatMap((_, round) =>
    accounts.flatMap((account, index) => {
      const group = groups[(index + round) % groups.length] ?? ''
      const isNew = !seen.has(`${account} ${group}`)
      seen.add(`${account} ${group}`)
      return isNew ? [{ account, group }] : []
    }),
  )
}

function activeAccountsOf({
  accounts,
  organizationalUnits,
}: Pick<UnitInFile, 'accounts' | 'organizationalUnits'>): string[] {
  const active = accounts.filter(({ state }) => state === 'ACTIVE').map(({ id }) => id)
  return [...active, ...organizationalUnits.flatMap(activeAccountsOf)]
}

type Measured = { readonly acceptedMs: number; readonly appliedMs: number }

async function measureAll(local: LocalProcess, pairs: readonly Pair[], pauseMs: number): Promise<readonly Measured[]> {
  const measured: Measured[] = []
  for (const pair of pairs) {
    await sleep(pauseMs)
    measured.push(await measure(local, pair))
  }
  return measured
}

/** Wall clock throughout: the instant in the ledger is the local system's, on the same machine. */
async function measure(local: LocalProcess, { account, group }: Pair): Promise<Measured> {
  const name = `account%${account}%${permissionSet}%${group}%GROUP%ssofile`
  const startedMs = Date.now()
  await local.put(`links_data/${name}`)
  await local.untilApplied(`links_data/${name}`)
  const appliedMs = Date.now() - startedMs
  const { principalId } = status.parse(await local.read(`status/links_data/${name}.json`))
  const { call } = ledgerEntry.parse(
    await local.read(`assignments/account%${account}%${permissionSet}%${principalId}%GROUP`),
  )
  if (call?.answeredAt === undefined) throw new Error(`${name} was applied, but its ledger entry has no answered call`)
  return { acceptedMs: Date.parse(call.answeredAt) - startedMs, appliedMs }
}

function render(what: string, values: readonly number[]): string {
  const figures = [0.5, 0.9, 1].map((share) => String(quantile(values, share)).padStart(7))
  return `  ${what.padEnd(60)}${figures.join('')}`
}
